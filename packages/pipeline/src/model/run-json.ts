import type { LlmCall, Run } from "./run.ts";

/** A run as JSON text: nanoseconds become decimal strings, nothing else changes. */
export function encodeRun(run: Run): string {
  const known = {
    ...run,
    startNanos: run.startNanos.toString(),
    endNanos: run.endNanos.toString(),
    llmCalls: run.llmCalls.map((call) => ({
      ...call,
      startNanos: call.startNanos.toString(),
      endNanos: call.endNanos.toString(),
    })),
  };
  try {
    // Asking a function about every value makes a large run's text take twice as long.
    return JSON.stringify(known);
  } catch (error) {
    // A big integer in what a tool was given or gave.
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(known, (_key, value: unknown) =>
      typeof value === "bigint" ? value.toString() : value,
    );
  }
}

/**
 * The run that `encodeRun` wrote.
 *
 * @throws SyntaxError  if the text is not JSON, or not that of a run
 */
export function decodeRun(text: string): Run {
  const value: unknown = JSON.parse(text);
  if (!isEncodedRun(value)) throw new SyntaxError("not the JSON of a run");
  return {
    ...value,
    startNanos: BigInt(value.startNanos),
    endNanos: BigInt(value.endNanos),
    llmCalls: value.llmCalls.map((call) => ({
      ...call,
      startNanos: BigInt(call.startNanos),
      endNanos: BigInt(call.endNanos),
    })),
  };
}

type Encoded<T> = Omit<T, "startNanos" | "endNanos"> & {
  readonly startNanos: string;
  readonly endNanos: string;
};
type EncodedRun = Encoded<Omit<Run, "llmCalls">> & {
  readonly llmCalls: readonly Encoded<LlmCall>[];
};

function isEncodedRun(value: unknown): value is EncodedRun {
  return (
    typeof value === "object" &&
    value !== null &&
    "startNanos" in value &&
    typeof value.startNanos === "string" &&
    "llmCalls" in value &&
    Array.isArray(value.llmCalls)
  );
}
