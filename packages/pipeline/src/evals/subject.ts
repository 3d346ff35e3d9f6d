import type { RunDigest } from "../model/digest.ts";
import type { Run } from "../model/run.ts";
import type { Signals } from "../model/signal.ts";

/** What an assertion is asked of: one run, measured by the rules of production, and what only a trial knows. */
export interface Subject {
  readonly run: Run;
  readonly signals: Signals;
  readonly digest: RunDigest;
  /** From the candidate's own answer, where it gave any; null for a run of production. */
  readonly answer: {
    readonly output: unknown;
    readonly citations?: readonly string[];
    readonly retrieved?: readonly string[];
    readonly usage?: { readonly usd?: number; readonly tokens?: number };
  } | null;
  readonly durationMs: number;
}

/** Runs what is slow or the repository's own on an output. The same shape as the port. */
export interface OutputChecker {
  schema(schema: unknown, value: unknown, caseFile: string): Promise<readonly string[]>;
  validator(
    command: readonly string[],
    output: string,
    caseFile: string,
  ): Promise<{ readonly accepted: boolean; readonly why: string }>;
  matches(pattern: string, text: string): Promise<boolean | null>;
}

/** The output as text; null where neither the answer nor the spans hold it. */
export function outputText({ run, answer }: Subject): string | null {
  if (answer !== null && answer.output !== undefined && answer.output !== null) {
    return typeof answer.output === "string" ? answer.output : JSON.stringify(answer.output);
  }
  return run.output.value?.text ?? null;
}

/** The output as a JSON value (its text parsed where that is JSON); undefined where it is not visible. */
export function outputJson(subject: Subject): unknown {
  const { run, answer } = subject;
  if (answer !== null && typeof answer.output === "object" && answer.output !== null)
    return answer.output;
  if (answer === null && run.output.value?.json !== undefined) return run.output.value.json;
  const text = outputText(subject);
  if (text === null) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    return text;
  }
}
