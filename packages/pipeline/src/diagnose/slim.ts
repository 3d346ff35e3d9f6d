import type { RunDigest, StepDigest } from "../model/digest.ts";
import type { Reading, Signals } from "../model/signal.ts";

/** Makes digests small, without changing what a diagnosis finds. */
export interface Slimmer {
  /** The same digest; texts, lists and errors that other runs have as well are held once. */
  readonly share: (run: RunDigest) => RunDigest;
  /**
   * What is still asked of a run that neither failed nor is in the clean window, once it was held against that window: when it was,
   * its readings without their evidence, its versions, its input. No steps: about 0.7 kB in place of 10.
   */
  readonly slim: (run: RunDigest) => RunDigest;
  /** The same texts, held once. */
  readonly texts: (texts: readonly string[]) => readonly string[];
}

/** More would cost more to look up than it saves. */
const keptMost = 50_000;
const textLengthMost = 4_000;

const none: readonly never[] = [];

function listOf<T>(value: readonly T[]): readonly T[] {
  return value.length === 0 ? none : value;
}

/** Equal texts as one. */
function sharedTexts(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    if (text.length > textLengthMost) return text;
    const found = known.get(text);
    if (found !== undefined) return found;
    if (known.size >= keptMost) known.clear();
    known.set(text, text);
    return text;
  };
}

/** Equal values as one. */
function sharedValues<T>(): (value: T) => T {
  const known = new Map<string, T>();
  return (value) => {
    const key = JSON.stringify(value);
    const found = known.get(key);
    if (found !== undefined) return found;
    if (known.size >= keptMost) known.clear();
    known.set(key, value);
    return value;
  };
}

function bare<T>(reading: Reading<T>): Reading<T> {
  return reading.kind === "measured" ? { ...reading, evidence: none } : reading;
}

/** A slimmer for the runs of one flow. It forgets what it shares when that becomes too much. */
export function slimmer(): Slimmer {
  const text = sharedTexts();
  const textOrNull = (value: string | null): string | null => (value === null ? null : text(value));
  const errors = sharedValues<StepDigest["error"]>();
  const conventions = sharedValues<RunDigest["conventions"]>();
  const reasons = sharedValues<RunDigest["failed"]>();
  const versions = sharedValues<RunDigest["versions"]>();
  const numbers = sharedValues<Reading<number>>();
  const answers = sharedValues<Reading<boolean>>();
  const lists = sharedValues<readonly string[]>();

  const stepOf = (step: StepDigest): StepDigest => ({
    ...step,
    alsoSpanIds: listOf(step.alsoSpanIds),
    name: text(step.name),
    agent: textOrNull(step.agent),
    tool: textOrNull(step.tool),
    error: step.error && errors(step.error),
    argsHash: textOrNull(step.argsHash),
    argsShape: textOrNull(step.argsShape),
    resultShape: textOrNull(step.resultShape),
    resultNulls: listOf(step.resultNulls),
    unsupportedArgs: listOf(step.unsupportedArgs),
    finish: textOrNull(step.finish),
    links: listOf(step.links),
  });
  const shared = (run: RunDigest): RunDigest => ({
    ...run,
    aliases: listOf(run.aliases),
    workflow: text(run.workflow),
    environment: text(run.environment),
    taskType: textOrNull(run.taskType),
    service: text(run.service),
    conventions: conventions(run.conventions),
    failed: reasons(run.failed),
    outputShape: textOrNull(run.outputShape),
    versions: versions(run.versions),
  });
  const signalsOf = ({ grounded, fallback, confidence, downstream_ok }: Signals): Signals => ({
    grounded: numbers(bare(grounded)),
    fallback: answers(bare(fallback)),
    confidence: numbers(bare(confidence)),
    downstream_ok: answers(bare(downstream_ok)),
  });
  return {
    texts: lists,
    share: (run) => ({ ...shared(run), steps: run.steps.map(stepOf) }),
    slim: (run) => ({
      ...shared(run),
      signals: signalsOf(run.signals),
      cited: null,
      ungrounded: none,
      retrieved: null,
      unsupported: none,
      violations: none,
      outputShape: null,
      outputText: null,
      steps: none,
    }),
  };
}
