import type { RunDigest, VersionText } from "../model/digest.ts";
import type { Run } from "../model/run.ts";
import type { FailureReason, Signals } from "../model/signal.ts";
import type { ContractCheck, RootwardConfig, WorkflowSettings } from "../model/workflow.ts";
import type { TraceContent } from "../model/span.ts";
import { assemble } from "./assemble.ts";
import { digestRun } from "./digest.ts";
import type { Fact } from "./facts.ts";
import { failedBy } from "./failure.ts";
import { measure, measureAgents } from "./measure.ts";

/** A run, measured: what the store keeps and `inspect` shows. */
export interface ReadRun {
  readonly run: Run;
  readonly signals: Signals;
  readonly agentSignals: ReadonlyMap<string, Signals>;
  readonly failed: readonly FailureReason[];
  readonly digest: RunDigest;
  readonly texts: readonly VersionText[];
  /** Each fact of the run with its source or its reason: made when asked for. */
  readonly facts: () => readonly Fact[];
}

/** The texts behind the hashes of some runs, each once. */
export function textsOf(runs: readonly Pick<ReadRun, "texts">[]): readonly VersionText[] {
  const byHash = new Map(runs.flatMap(({ texts }) => texts.map((text) => [text.hash, text])));
  return [...byHash.values()];
}

export interface ReadOptions {
  readonly settingsFor: (workflow: string, environment: string) => WorkflowSettings;
  readonly contractFor: (workflow: string) => ContractCheck | null;
  /** `map` of `rootward.yaml`. */
  readonly map: RootwardConfig["map"];
  /** How the traces were closed; null or left out where nobody waited for them. */
  readonly closedBy?: Run["closedBy"];
}

/**
 * The runs in some traces, in order of start: assembled, measured, judged and digested. The same spans in any order, any number of
 * times, give the same.
 */
export function read(content: TraceContent, options: ReadOptions): readonly ReadRun[] {
  const assembled = assemble(content, {
    settingsFor: options.settingsFor,
    map: options.map,
    closedBy: options.closedBy ?? null,
  });
  return assembled.map(({ run, settings, facts }) => {
    const violations = violationsOf(run, options.contractFor(run.workflow));
    const signals = measure(run, settings, violations);
    const failed = failedBy(signals, run.error, settings);
    const { digest, texts } = digestRun(run, signals, failed, {
      settings,
      violations: violations ?? [],
    });
    return {
      run,
      signals,
      agentSignals: measureAgents(run, settings),
      failed,
      digest,
      texts,
      facts,
    };
  });
}

/** Where a run's output breaks the contract; null where there is no contract or no output. */
function violationsOf(run: Run, contract: ContractCheck | null): readonly string[] | null {
  const output = run.output.value;
  return contract === null || output === null ? null : contract(output);
}
