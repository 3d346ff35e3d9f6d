import { z } from "zod";
import { Assertion } from "../../model/assertion.ts";
import { EvalCase } from "../../model/evalcase.ts";
import { RecordedCall } from "../cassette.ts";
import { draftsOf, secretOf } from "./imported.ts";
import type { Import, ImportedCase, Importing, ImportSetting, SourceRecord } from "./imported.ts";
import { linesOf } from "./lines.ts";
import type { Line } from "./lines.ts";
import { expectation } from "./texts.ts";

const Recordings = z.array(RecordedCall).default([]);

/** A row of input and expectation, as most products export one. */
const Row = z.looseObject({
  id: z.string().optional(),
  title: z.string().optional(),
  input: z.union([
    z.string(),
    z.record(z.string(), z.unknown()),
    z.array(z.record(z.string(), z.unknown())),
  ]),
  expected: z.unknown().optional(),
  assert: z.array(Assertion).default([]),
  metadata: z.record(z.string(), z.unknown()).default({}),
});

const rowKeys = ["id", "title", "input", "expected", "assert", "metadata"];
const accepted =
  'a case ({"schema":"eval-case/v1",…}, as `cases export --to jsonl` writes it) or a row {"input", "expected"?, "assert"?, "title"?, "id"?, "metadata"?}';

/**
 * Cases from JSON lines: whole cases with their recordings, as the export writes them, or rows of other products. A whole case comes back
 * as it was, as a draft whose origin is `imported`.
 */
export function fromJsonl(text: string, setting: ImportSetting): Importing {
  const { lines, errors } = linesOf(text, setting.file);
  const whole: ImportedCase[] = [];
  const records: SourceRecord[] = [];
  const wrong: string[] = [...errors];
  for (const line of lines) {
    const read = isCase(line.value) ? caseOf(line, setting) : recordOf(line);
    if ("errors" in read) wrong.push(...read.errors);
    else if ("evalCase" in read) whole.push(read);
    else records.push(read);
  }
  if (wrong.length > 0) return { ok: false, errors: wrong };
  const drafts = draftsOf(records, setting);
  const told = whole.map((each) => ({ each, why: secretOf(each) }));
  const safe = told.flatMap(({ each, why }) => (why === null ? [each] : []));
  const left = told.flatMap(({ each: { place }, why }) => (why === null ? [] : [{ place, why }]));
  const others = { ...drafts, left: [...drafts.left, ...left] };
  return { ok: true, value: { ...others, ...firstOfEach([...safe, ...drafts.cases], others) } };
}

/** Of cases with one id the first; the others are left. */
function firstOfEach(
  cases: readonly ImportedCase[],
  { left }: Import,
): Pick<Import, "cases" | "left"> {
  const first = new Map<string, ImportedCase>();
  const more: { place: string; why: string }[] = [];
  for (const each of cases) {
    const earlier = first.get(each.evalCase.id);
    if (earlier === undefined) first.set(each.evalCase.id, each);
    else
      more.push({
        place: each.place,
        why: `its id ${each.evalCase.id} stands at ${earlier.place}`,
      });
  }
  return { cases: [...first.values()], left: [...left, ...more] };
}

function isCase(value: Line["value"]): boolean {
  return value["schema"] === "eval-case/v1";
}

interface Wrong {
  readonly errors: readonly string[];
}

function issues(place: string, error: z.ZodError, start: string): Wrong {
  return {
    errors: error.issues.map(({ path, message }) => {
      const key = [start, ...path.map(String)].filter((part) => part !== "").join(".");
      return `${place}: ${key || "the line"}: ${message}; accepted: ${accepted}`;
    }),
  };
}

function caseOf({ place, value }: Line, setting: ImportSetting): ImportedCase | Wrong {
  const { recordings, ...rest } = value;
  const parsed = EvalCase.safeParse(rest);
  if (!parsed.success) return issues(place, parsed.error, "");
  const calls = Recordings.safeParse(recordings);
  if (!calls.success) return issues(place, calls.error, "recordings");
  const { provenance } = parsed.data;
  return {
    evalCase: {
      ...parsed.data,
      status: "draft",
      provenance: {
        ...provenance,
        origin: "imported",
        source: `${setting.from}: ${setting.file}`,
      },
    },
    recordings: calls.data,
    rubric: null,
    notes:
      parsed.data.judge === undefined
        ? []
        : [`not mapped: the rubric ${parsed.data.judge.rubric} itself: bring the file along`],
    place,
  };
}

function recordOf({ place, value }: Line): SourceRecord | Wrong {
  const parsed = Row.safeParse(value);
  if (!parsed.success) return issues(place, parsed.error, "");
  const { id, title, input, expected, assert, metadata } = parsed.data;
  const expects = expectation(expected);
  const others = Object.keys(value).filter((key) => !rowKeys.includes(key));
  const said = { ...(id === undefined ? {} : { case_id: id }), ...metadata };
  return {
    place,
    title: title ?? (typeof input === "string" ? input : JSON.stringify(input)),
    input: typeof input === "string" ? { message: input } : input,
    assert: [...assert, ...(assert.length > 0 ? [] : expects.assert)],
    rubric: null,
    notes: [
      ...(assert.length > 0 && expected !== undefined
        ? [`expected ${JSON.stringify(expected)}: its assertions decide`]
        : expects.notes),
      ...others.map((key) => `not mapped: ${key} ${JSON.stringify(value[key])}`),
    ],
    said,
    twin: "",
  };
}
