import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import type { Override } from "@rootward/pipeline/model/override";
import type { GateVerdict } from "@rootward/pipeline/model/verdict";
import { gate } from "@rootward/pipeline/pipeline";
import type { GateCase, GateInput } from "@rootward/pipeline/pipeline";
import { requireAgents, requireLiveTools } from "./agents.ts";
import { laneOf, newCandidate } from "./candidate.ts";
import { readCassette } from "./case-store.ts";
import { newChecker } from "./checker.ts";
import { startCollector } from "./collector.ts";
import { configFolder } from "./config.ts";
import type { LoadedConfig } from "./config.ts";
import { contractsOf } from "./contracts.ts";
import { newJudge } from "./judge.ts";
import { today } from "./today.ts";

/** What is tried, beside what `rootward.yaml` says of agents, trials and contracts. */
interface Trying extends Pick<
  GateInput,
  "known" | "problems" | "onProgress" | "skipped" | "changes" | "identityFor" | "tryCase"
> {
  readonly cases: readonly GateCase[];
  readonly overrides: readonly Override[];
}

/**
 * Tries cases on the agents of `rootward.yaml`, with their recordings, and decides as of today.
 *
 * @throws OperatorError  a case that is to be tried has no agent under `agents:`
 */
export async function tryCases(tried: Trying, loaded: LoadedConfig): Promise<GateVerdict> {
  const { config } = loaded;
  if (tried.problems.length === 0) {
    requireAgents(tried.cases, loaded);
    requireLiveTools(tried.cases, loaded);
  }
  const tapes = new Map<string, ReturnType<typeof readCassette>>();
  const files = new Map(tried.cases.map(({ evalCase, file }) => [evalCase.id, file]));
  const cassetteOf = (evalCase: EvalCase) => {
    const tape = tapes.get(evalCase.id) ?? readCassette(evalCase, files.get(evalCase.id) ?? "");
    tapes.set(evalCase.id, tape);
    return tape;
  };
  const collector = await startCollector();
  let candidate: ReturnType<typeof newCandidate> | null = null;
  try {
    candidate = newCandidate({
      agents: config.agents ?? {},
      folder: configFolder(loaded),
      collector,
      cassetteOf,
    });
    return await gate(
      {
        ...tried,
        today: today(),
        breakGlass: config.overrides?.p0_break_glass ?? false,
        trials: config.trials ?? {},
        contractFor: contractsOf(loaded),
        map: config.map ?? [],
        prices: config.prices ?? {},
        laneOf: laneOf(config.agents ?? {}),
        judge: config.judge,
      },
      { checker: newChecker(), candidate, judge: newJudge(config.judge) },
    );
  } finally {
    candidate?.stop();
    await collector.stop();
  }
}
