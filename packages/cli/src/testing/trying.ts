import type { RecordedCall } from "@rootward/pipeline/evals/cassette";
import { EvalCase } from "@rootward/pipeline/model/evalcase";
import type { AgentConfig } from "@rootward/pipeline/model/gate-config";
import type { Candidate } from "@rootward/pipeline/ports";
import { newCandidate } from "../candidate.ts";
import { startCollector } from "../collector.ts";

/** A written case for the agent `desk`; what a test is about replaces the rest. */
export function deskCase(more: object = {}): EvalCase {
  return EvalCase.parse({
    schema: "eval-case/v1",
    id: "EC-gift",
    title: "Cites a rule that retrieval did not return",
    severity: "P0",
    failure_class: "compliance",
    grader: "assertion",
    status: "active",
    owner: "@mira",
    provenance: {
      origin: "written",
      created: { at: "2026-10-06", by: "@mira", tool: "rootward/0.1.0" },
    },
    agent: "desk",
    workflow: "desk",
    input: { message: "What is the limit for gifts?" },
    assert: [{ type: "behavior:no-error" }],
    unproven: true,
    ...more,
  });
}

/** Tries cases on one agent with what is recorded, and stops everything when done. */
export async function withAgent<T>(
  agent: AgentConfig,
  folder: string,
  body: (candidate: Candidate) => Promise<T>,
  recorded: readonly RecordedCall[] = [],
): Promise<T> {
  const collector = await startCollector();
  const candidate = newCandidate({
    agents: { desk: agent },
    folder,
    collector,
    cassetteOf: () => recorded,
  });
  try {
    return await body(candidate);
  } finally {
    candidate.stop();
    await collector.stop();
  }
}
