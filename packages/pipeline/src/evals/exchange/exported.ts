import { createHash } from "node:crypto";
import type { EvalCase } from "../../model/evalcase.ts";
import type { RecordedCall } from "../cassette.ts";
import { isObject } from "../pointer.ts";

/** A case as it leaves: with its file and its recordings. */
export interface ExportedCase {
  readonly evalCase: EvalCase;
  /** Relative to the repository, as reports name it. */
  readonly file: string;
  readonly cassette: readonly RecordedCall[];
  /** The text of its judge's rubric, without the front matter; null where it has none, or it cannot be read. */
  readonly rubric: string | null;
}

/** A part of a case that another product has no place for, and what became of it. */
export interface Loss {
  readonly caseId: string;
  /** `assert`, `environment.cassette`: a path in the case file. */
  readonly part: string;
  readonly why: string;
}

/** The keys of every object in order, at every depth, so that a hash does not depend on how a file was written. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, entry]) => [key, ordered(entry)]));
}

/** SHA-256 of a value's JSON with ordered keys, 64 characters of hex: the same content gives the same hash. */
export function contentHash(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(ordered(value)) ?? "")
    .digest("hex");
}

/** The namespace of the UUIDs below; any fixed UUID would do. */
const namespace = Buffer.from("6f7d4c1b0d2e5f3a9b8c7e6d5a4b3c2d", "hex");

/**
 * A UUID of version 5 for a name: the same name gives the same id, on every machine.
 *
 * @source RFC 9562, 5.5
 */
export function uuidOf(name: string): string {
  const hash = createHash("sha1").update(namespace).update(name).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString("hex").slice(0, 32);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-");
}

/** The failing run that a case was made of: its trace, and the span where it broke. */
export function failingTrace({
  provenance,
}: EvalCase): { readonly traceId: string; readonly spanId: string | null } | null {
  const failing = provenance.traces.find(({ role }) => role === "failing");
  return failing ? { traceId: failing.trace_id, spanId: failing.span_id ?? null } : null;
}

/** What the answer should have been, where the case says so (a judge's reference); null elsewhere. */
export function expectedOf({ judge }: EvalCase): unknown {
  return judge?.reference ?? null;
}

/** Input as an object, for products that take nothing else: a list becomes `{messages: […]}`. */
export function inputObject({ input }: EvalCase): Readonly<Record<string, unknown>> {
  return Array.isArray(input) ? { messages: input } : input;
}

/** What a case is, for the metadata of a row: everything but its input. Keys are those of the case file where it has them. */
export function metadataOf({ evalCase, file }: ExportedCase): Readonly<Record<string, unknown>> {
  const { provenance, judge, trials, task_type, known_bad, recognize } = evalCase;
  return {
    case_id: evalCase.id,
    title: evalCase.title,
    severity: evalCase.severity,
    failure_class: evalCase.failure_class,
    grader: evalCase.grader,
    status: evalCase.status,
    owner: evalCase.owner,
    agent: evalCase.agent,
    workflow: evalCase.workflow,
    ...(task_type === undefined ? {} : { task_type }),
    origin: provenance.origin,
    ...(provenance.cluster === undefined ? {} : { cluster: provenance.cluster }),
    ...(provenance.cause === undefined ? {} : { cause: provenance.cause.class }),
    ...(provenance.incident === undefined ? {} : { incident: provenance.incident }),
    assert: evalCase.assert,
    ...(judge === undefined ? {} : { judge }),
    ...(trials === undefined ? {} : { trials }),
    ...(recognize === undefined ? {} : { recognize }),
    ...(known_bad === undefined ? {} : { known_bad }),
    run_on: evalCase.run_on,
    file,
    case_sha256: contentHash(evalCase),
  };
}

/** What every product that keeps rows of inputs loses of a case. */
export function rowLosses({ evalCase, cassette }: ExportedCase, product: string): readonly Loss[] {
  const loss = (part: string, why: string): Loss => ({ caseId: evalCase.id, part, why });
  return [
    ...(evalCase.assert.length === 0
      ? []
      : [
          loss(
            "assert",
            `kept as metadata.assert; ${product} does not run it, the gate stays the judge`,
          ),
        ]),
    ...(evalCase.judge === undefined
      ? []
      : [loss("judge", `kept as metadata.judge; the text of its rubric is not sent`)]),
    ...(cassette.length === 0
      ? []
      : [
          loss(
            "environment.cassette",
            `not sent: ${product} has no recorded tools, they would run live`,
          ),
        ]),
    ...(evalCase.environment?.env === undefined
      ? []
      : [loss("environment.env", "not sent: it may be private")]),
  ];
}

/** That a list was wrapped, for products that take only objects as input. */
export function wrappedInput({ evalCase }: ExportedCase): readonly Loss[] {
  return Array.isArray(evalCase.input)
    ? [{ caseId: evalCase.id, part: "input", why: "a list, sent as {messages: […]}" }]
    : [];
}
