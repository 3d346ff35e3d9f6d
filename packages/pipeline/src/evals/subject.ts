import type { CandidateAnswer } from "../model/candidate-answer.ts";
import type { RunDigest } from "../model/digest.ts";
import type { Run } from "../model/run.ts";
import type { Signals } from "../model/signal.ts";

/** What an assertion is asked of: one run, measured by the rules of production, and what only a trial knows. */
export interface Subject {
  readonly run: Run;
  readonly signals: Signals;
  readonly digest: RunDigest;
  /** From the candidate's own answer, where it gave any; null for a run of production. */
  readonly answer: CandidateAnswer | null;
  readonly durationMs: number;
  /** Set where no span shows the run: it is made of the answer and of the calls that the replay saw. */
  readonly unseen?: Unseen;
}

/** What is known of a trial without spans. */
export interface Unseen {
  /** Why there are none, for what cannot be decided without them. */
  readonly why: string;
  /** Whether the answer lists the tool calls, so that one that is not in it was not made. */
  readonly listsCalls: boolean;
  /** Tools whose calls go through the replay: one that it did not see was not made. */
  readonly tools: ReadonlySet<string>;
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

/** Whether no step of a run is visible: then nothing follows from what is not there. */
export function isBlank({ toolCalls, llmCalls, agents }: Run): boolean {
  return toolCalls.length === 0 && llmCalls.length === 0 && agents.length === 0;
}
