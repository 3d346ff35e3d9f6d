import { z } from "zod";
import { filledLines, readJsonLine } from "./json-lines.ts";
import type { ReadLine } from "./json-lines.ts";
import { redact } from "./personal.ts";
import { secretIn } from "./secrets.ts";
import type { ToolDefinition } from "../model/run.ts";
import type { Subject } from "./subject.ts";
import { toolSchemaHash } from "./tool-schema.ts";

/** Any value, null too, that is there. */
const present = z
  .unknown()
  .refine((value): boolean => value !== undefined, "expected any JSON value");

/** One recorded call of a tool: a line of `cassettes/<case>/<tool>.jsonl`. Source: evals.md 2.2. */
export const RecordedCall = z.strictObject({
  tool: z.string().min(1, "expected the name of a tool"),
  args: present,
  result: present,
  /** The call failed: the replay answers as a server that failed. */
  failed: z.boolean().optional(),
  from: z.strictObject({ trace_id: z.string(), span_id: z.string() }),
  /** Of the tool's definition when it was recorded. */
  schema_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "expected the SHA-256 of the tool's schema in lower-case hex")
    .optional(),
});
export type RecordedCall = Readonly<z.infer<typeof RecordedCall>>;

export type Cassette =
  | { readonly ok: true; readonly calls: readonly RecordedCall[]; readonly redacted: number }
  | { readonly ok: false; readonly why: string };

/** Reads a file of recordings: a call on each line; empty lines are passed over. @param file  the name that errors begin with */
export function readTape(text: string, file: string): ReadLine<readonly RecordedCall[]> {
  const form = { schema: RecordedCall, what: "recorded call" };
  const read = filledLines(text).map(({ line, number }) =>
    readJsonLine(line, `${file}:${number}`, form),
  );
  const errors = read.flatMap((each) => (each.ok ? [] : each.errors));
  if (errors.length > 0) return { ok: false, errors };
  return { ok: true, value: read.flatMap((each) => (each.ok ? [each.value] : [])) };
}

/** A tool call, or a search that is no tool call, as it would be recorded. */
interface Answered {
  readonly tool: string;
  readonly args: unknown;
  readonly result: unknown;
  readonly failed: boolean;
  readonly spanId: string;
}

/** Calls whose result the spans hold, in order. A call that failed is recorded with its message. */
function answeredOf({ run, digest }: Pick<Subject, "run" | "digest">): readonly Answered[] {
  const calls = run.toolCalls
    .filter(({ executed, role }) => executed && role !== "handoff" && role !== "final_answer")
    .filter(({ result, outcome }) => result.value !== null || outcome === "error")
    .map(({ seq, name, args, result, failure, spanIds, id, outcome }) => ({
      seq,
      tool: name,
      args: args.value ?? {},
      result: result.value ?? { error: failure?.message ?? "failed" },
      failed: outcome === "error",
      spanId: spanIds[0] ?? id,
    }));
  const searches = run.retrievals
    .filter(({ toolCallId, from }) => toolCallId === null && from === "retrieval_span")
    .flatMap(({ seq, spanIds, query, documents, dataSource, id }) => {
      if (documents === null) return [];
      const step = digest.steps.find(({ spanId }) => spanIds.some((each) => each === spanId));
      return [
        {
          seq,
          tool: step?.tool ?? step?.name ?? dataSource ?? "retrieval",
          args: query.value === null ? {} : { query: query.value },
          result: {
            documents: documents.map(({ id: key, text, score }) => ({ id: key, text, score })),
          },
          failed: false,
          spanId: spanIds[0] ?? id,
        },
      ];
    });
  return [...calls, ...searches].toSorted((left, right) => left.seq - right.seq);
}

/** The tools whose results the spans of a run do not hold, though they were called: they cannot be replayed. */
export function unrecorded({ run }: Pick<Subject, "run">): readonly string[] {
  const names = run.toolCalls
    .filter(({ executed, role }) => executed && role !== "handoff" && role !== "final_answer")
    .filter(({ result, outcome }) => result.value === null && outcome !== "error")
    .map(({ name }) => name);
  return [...new Set(names)];
}

/**
 * The recorded tool results of a run, in order: the failing run is the recording.
 *
 * @param tools  only these; undefined: all
 * @returns why not, where a result looks like a secret: nothing of it may be written then
 */
export function cassetteOf(
  subject: Pick<Subject, "run" | "digest">,
  tools?: ReadonlySet<string>,
): Cassette {
  const calls: RecordedCall[] = [];
  let redacted = 0;
  const answered = answeredOf(subject).filter(({ tool }) => tools?.has(tool) ?? true);
  const schemas = new Map(subject.run.toolset.tools.map((each) => [each.name, each]));
  for (const { tool, args, result, failed, spanId } of answered) {
    const secret = secretIn(JSON.stringify([args, result]) ?? "");
    if (secret !== null) {
      return {
        ok: false,
        why: `the result or arguments of ${tool} hold what looks like ${secret}`,
      };
    }
    const [cleanArgs, cleanResult] = [redact(args), redact(result)];
    redacted += cleanArgs.count + cleanResult.count;
    calls.push({
      tool,
      args: cleanArgs.value,
      result: cleanResult.value,
      ...(failed && { failed }),
      from: { trace_id: subject.run.traceIds[0] ?? "", span_id: spanId },
      ...schemaOf(schemas.get(tool)),
    });
  }
  return { ok: true, calls, redacted };
}

function schemaOf(tool: ToolDefinition | undefined): Pick<RecordedCall, "schema_sha256"> {
  return tool === undefined ? {} : { schema_sha256: toolSchemaHash(tool) };
}
