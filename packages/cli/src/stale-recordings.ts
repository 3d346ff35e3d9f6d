import { staleRecordings } from "@rootward/pipeline/evals/recordings";
import type { AgentLock } from "@rootward/pipeline/model/agent-lock";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import type { GateCase } from "@rootward/pipeline/pipeline";
import { readCassette } from "./case-store.ts";
import { today } from "./today.ts";

/**
 * What speaks against trusting the recordings of active cases: their age, and definitions of tools that are others now.
 *
 * @param lock  what the agents are made of, with what the spans of their trials told
 */
export function recordingRemarks(
  cases: readonly GateCase[],
  lock: AgentLock,
  agentFor: (evalCase: EvalCase) => string | null,
): readonly string[] {
  return cases
    .filter(({ evalCase }) => evalCase.status === "active")
    .flatMap(({ evalCase, file }) => {
      const schemas = lock[agentFor(evalCase) ?? ""]?.observed?.tool_schemas ?? {};
      return staleRecordings(evalCase, readCassette(evalCase, file), schemas, today());
    });
}
