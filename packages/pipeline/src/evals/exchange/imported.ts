import { Document } from "yaml";
import { EvalCase, failureClasses, severityFloor } from "../../model/evalcase.ts";
import { severities } from "../../model/evalfields.ts";
import type { Assertion } from "../../model/assertion.ts";
import type { FailureClass } from "../../model/evalcase.ts";
import type { Severity } from "../../model/evalfields.ts";
import type { Day } from "../../model/time.ts";
import { distinctlyNamed } from "../grade.ts";
import { secretIn } from "../secrets.ts";
import type { RecordedCall } from "../cassette.ts";
import { writeRubric } from "../rubric.ts";
import { contentHash } from "./exported.ts";

/** A rubric that comes with an imported case: `evals/rubrics/<id>.md`. */
export interface ImportedRubric {
  readonly id: string;
  readonly text: string;
}

/** A case made of a record of another product: a draft, until a person has looked at it. */
export interface ImportedCase {
  readonly evalCase: EvalCase;
  readonly recordings: readonly RecordedCall[];
  readonly rubric: ImportedRubric | null;
  /** What of the record has no place in a case, each with its text. */
  readonly notes: readonly string[];
  /** `file:line` of the record. */
  readonly place: string;
}

/** What a file gave. `left`: records that no case was made of, each with its place and why. */
export interface Import {
  readonly cases: readonly ImportedCase[];
  readonly left: readonly { readonly place: string; readonly why: string }[];
  /** What concerns the file as a whole and was not mapped. */
  readonly remarks: readonly string[];
}

/** A read file, or everything that is wrong with it, each `file:line[:column]: what`: then nothing of it is taken. */
export type Importing =
  | { readonly ok: true; readonly value: Import }
  | { readonly ok: false; readonly errors: readonly string[] };

export interface ImportSetting {
  /** `promptfoo`, `openai-evals`, `jsonl`. */
  readonly from: string;
  readonly file: string;
  /** For records that name none; null: such a record is an error. */
  readonly workflow: string | null;
  /** The name under `agents:` that the gate runs; null: the workflow's. */
  readonly agent: string | null;
  readonly by: string;
  readonly today: Day;
  readonly version: string;
}

/** A record of another product as far as it is understood. */
export interface SourceRecord {
  readonly place: string;
  readonly title: string;
  readonly input: EvalCase["input"];
  readonly assert: readonly Assertion[];
  /** What a model is to judge by; null: nothing. */
  readonly rubric: { readonly text: string; readonly model: string | null } | null;
  readonly notes: readonly string[];
  /** What it says of itself under the keys of a case file. */
  readonly said: Readonly<{ [key: string]: unknown }>;
  /** Distinguishes records of one title and input; "" where there is but one. */
  readonly twin: string;
}

function slug(text: string): string {
  const words = text
    .toLowerCase()
    .normalize("NFKD")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return words.slice(0, 40).replaceAll(/-+$/g, "") || "case";
}

/**
 * The id of an imported case: the one that it says, else `EC-`, the words of its title and eight characters of a hash of product, title and
 * input. No counter: the same record gives the same id in every branch and in every import.
 */
export function importedId(record: SourceRecord, from: string): string {
  const said = record.said["case_id"];
  if (typeof said === "string" && /^EC-[a-z0-9][a-z0-9-]*$/i.test(said)) return said;
  const { title, input, twin } = record;
  const hash = contentHash({ from, title, input, twin }).slice(0, 8);
  return `EC-${slug(title)}-${hash}`;
}

function titleOf(title: string, from: string): string {
  const flat = title.replaceAll(/\s+/g, " ").trim();
  const long = flat.length >= 10 ? flat : `${flat || "A case"} (imported from ${from})`;
  return long.length <= 140 ? long : `${long.slice(0, 139)}…`;
}

interface Ranked {
  readonly rank: { readonly failure_class: FailureClass; readonly severity: Severity };
  readonly note: string | null;
}

/** Class and severity: as said, where the two fit; a record that says nothing is of class quality. */
function rankOf(said: SourceRecord["said"]): Ranked {
  const failureClass = failureClasses.find((name) => name === said["failure_class"]) ?? "quality";
  const floor = severityFloor(failureClass, false);
  const asked = severities.find((name) => name === said["severity"]) ?? floor;
  const isLower = asked > floor;
  return {
    rank: { failure_class: failureClass, severity: isLower ? floor : asked },
    note: isLower
      ? `severity ${asked}: failure class ${failureClass} is at least ${floor}; if this is about form alone, make it formatting`
      : null,
  };
}

function text(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value : null;
}

/** Several rubrics as one, judged by the first model that one names; null without any. */
export function oneRubric(
  rubrics: readonly NonNullable<SourceRecord["rubric"]>[],
): SourceRecord["rubric"] {
  if (rubrics.length === 0) return null;
  return {
    text: rubrics.map((one) => one.text).join("\n\n"),
    model: rubrics.find(({ model }) => model !== null)?.model ?? null,
  };
}

/**
 * The draft that a record makes.
 *
 * @returns why not: it names no workflow, nothing of it can be asked, or it holds what looks like a secret
 */
export function draftOf(
  record: SourceRecord,
  setting: ImportSetting,
): { readonly made: ImportedCase } | { readonly why: string } {
  const { said, notes, place, rubric } = record;
  const workflow = text(said["workflow"]) ?? setting.workflow;
  if (workflow === null) return { why: "it names no workflow; give one with --workflow" };
  if (record.assert.length === 0 && rubric === null) {
    const what = notes.length === 0 ? "it asserts nothing" : notes.join("; ");
    return { why: `nothing of it can be asked here (${what})` };
  }
  const id = importedId(record, setting.from);
  const { rank, note } = rankOf(said);
  const parsed = EvalCase.safeParse({ ...fields(record, setting, workflow), id, ...rank });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { why: `${issue?.path.join(".") ?? "the case"}: ${issue?.message ?? "is wrong"}` };
  }
  const made = {
    evalCase: parsed.data,
    recordings: [],
    rubric: rubric === null ? null : { id, text: writeRubric({ id, ...rubric }) },
    notes: note === null ? notes : [...notes, note],
    place,
  };
  const why = secretOf(made);
  return why === null ? { made } : { why };
}

/** What in an import looks like a secret, as a reason to leave it; null where nothing does. Notes and recordings are written too. */
export function secretOf({
  evalCase,
  recordings,
  rubric,
  notes,
}: Omit<ImportedCase, "place">): string | null {
  const written = [JSON.stringify([evalCase, recordings]), rubric?.text ?? "", ...notes];
  const secret = secretIn(written.join("\n"));
  return secret === null ? null : `it holds what looks like ${secret}`;
}

/** Of what a record says of itself, the keys of a case that are taken as they are. */
const taken = ["task_type", "recognize", "trials", "run_on", "known_bad"] as const;

/** The case's fields beside id, class and severity; not checked yet. */
function fields(record: SourceRecord, setting: ImportSetting, workflow: string) {
  const { said, rubric } = record;
  const { from, file, by, today, version } = setting;
  const own = taken.flatMap((key) => (said[key] === undefined ? [] : [[key, said[key]] as const]));
  return {
    schema: "eval-case/v1",
    title: titleOf(record.title, from),
    grader: rubric === null ? "assertion" : "judge",
    status: "draft",
    owner: by,
    provenance: {
      origin: "imported",
      source: `${from}: ${file}`,
      created: { at: today, by, tool: `rootward/${version}` },
    },
    agent: setting.agent ?? text(said["agent"]) ?? workflow,
    workflow,
    ...Object.fromEntries(own),
    input: record.input,
    assert: distinctlyNamed(record.assert),
    ...(rubric === null ? {} : { judge: { rubric: `../rubrics/${importedId(record, from)}.md` } }),
  };
}

/** Drafts of all records; two that would get one id are told apart by everything in them, two that are equal are one. */
export function draftsOf(records: readonly SourceRecord[], setting: ImportSetting): Import {
  const told = toldApart(records, setting);
  const drafts = told.map((record) => ({ record, draft: draftOf(record, setting) }));
  const cases = new Map<string, ImportedCase>();
  const left: { place: string; why: string }[] = [];
  for (const { record, draft } of drafts) {
    if ("why" in draft) left.push({ place: record.place, why: draft.why });
    else if (cases.has(draft.made.evalCase.id)) {
      const first = cases.get(draft.made.evalCase.id)?.place ?? "";
      left.push({ place: record.place, why: `it is the same as the one at ${first}` });
    } else cases.set(draft.made.evalCase.id, draft.made);
  }
  return { cases: [...cases.values()], left, remarks: [] };
}

function toldApart(
  records: readonly SourceRecord[],
  { from }: ImportSetting,
): readonly SourceRecord[] {
  const counts = new Map<string, number>();
  for (const record of records) {
    const id = importedId(record, from);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return records.map((record) =>
    (counts.get(importedId(record, from)) ?? 0) > 1
      ? { ...record, twin: contentHash([record.assert, record.rubric, record.notes]) }
      : record,
  );
}

/** The text of an imported case's file: what was not mapped stands above it as comments. */
export function writeImported({ evalCase, notes, place }: ImportedCase): string {
  const document = new Document(evalCase, { version: "1.2", aliasDuplicateObjects: false });
  document.commentBefore = [
    " yaml-language-server: $schema=../schemas/eval-case.v1.schema.json",
    ` Imported from ${place}: a draft until somebody has looked at it.`,
    ...notes.map((each) => ` ${each.replaceAll(/\s+/g, " ")}`),
  ].join("\n");
  return document.toString({ lineWidth: 120 });
}
