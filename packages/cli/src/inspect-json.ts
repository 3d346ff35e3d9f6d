import type { ReadRun } from "@rootward/pipeline/ingest/read";
import type { ToolCall } from "@rootward/pipeline/model/run";

function toolJson(call: ToolCall): unknown {
  const { id, name, agent, outcome, retryOf, role } = call;
  return { id, name, agent, outcome, retryOf, role };
}

function runJson({ run, signals, agentSignals, failed, facts }: ReadRun): unknown {
  return {
    id: run.id,
    aliases: run.aliases,
    traceIds: run.traceIds,
    workflow: run.workflow,
    environment: run.environment,
    taskType: run.taskType,
    agents: [...agentSignals].map(([name, own]) => ({ name, signals: own })),
    complete: run.complete,
    toolCalls: run.toolCalls.map(toolJson),
    retrievals: run.retrievals.map(({ documents, from }) => ({
      documents: documents?.map(({ id, score }) => ({ id, score })) ?? null,
      from,
    })),
    cited: run.cited ?? [],
    handoffs: run.handoffs.map(({ from, to }) => ({ from, to })),
    output: run.output.value?.text ?? null,
    error: run.error && { type: run.error.type, message: run.error.message },
    contentCaptured: run.contentCaptured,
    conventions: run.conventions,
    signals,
    failed,
    facts: facts(),
  };
}

/** The documented JSON of `rootward inspect`: keys and their order are stable. */
export function inspectJson(runs: readonly ReadRun[], warnings: readonly string[]): unknown {
  return { runs: runs.map(runJson), warnings };
}
