import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { RecordedCall } from "@rootward/pipeline/evals/cassette";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import { policy } from "@rootward/pipeline/model/policy";
import type { Span } from "@rootward/pipeline/model/span";
import type { AgentConfig } from "@rootward/pipeline/model/gate-config";
import type { GateInput } from "@rootward/pipeline/pipeline";
import type { Candidate, TrialEvidence } from "@rootward/pipeline/ports";
import type { Adapter, Told } from "./candidate/adapter.ts";
import { failed } from "./candidate/answer.ts";
import { newCommandAdapter } from "./candidate/command.ts";
import { newHttpAdapter } from "./candidate/http.ts";
import { newModuleAdapter } from "./candidate/module.ts";
import { agentName } from "./agents.ts";
import type { Agents } from "./agents.ts";
import type { Collector, TrialPost } from "./collector.ts";
import { openServers } from "./mcp/definitions.ts";
import { newTrialTools } from "./tools.ts";

interface Setting {
  readonly agents: Agents;
  /** The folder of `rootward.yaml`, where agents run. */
  readonly folder: string;
  readonly collector: Collector;
  readonly cassetteOf: (evalCase: EvalCase) => readonly RecordedCall[];
}

/** The agents of `rootward.yaml`, until they are stopped. */
interface Candidates extends Candidate {
  /** Ends every process that was started. */
  stop(): void;
}

/** From a case to its agent, of which at most `concurrency` cases are tried at once (2 without it). */
export function laneOf(agents: Agents): GateInput["laneOf"] {
  return (evalCase) => {
    const name = agentName(agents, evalCase);
    const agent = name === null ? undefined : agents[name];
    return { name: name ?? evalCase.agent, atOnce: agent?.concurrency ?? defaultConcurrency };
  };
}

const defaultConcurrency = 2;

/**
 * The agents of `rootward.yaml`, each by its adapter; spans come to an address of the trial's own, tools are answered from the case's
 * recordings.
 *
 * Throws OperatorError where a file of tools cannot be read. `run` throws PortError candidate_timeout or candidate_failed with one sentence:
 * it hung, ended with another code than 0, gave no answer or too much, or sent spans of which none could be taken.
 */
export function newCandidate({ agents, folder, collector, cassetteOf }: Setting): Candidates {
  const adapters = new Map<string, Adapter>();
  const servers = new Map(
    Object.entries(agents).map(([name, agent]) => [name, openServers(name, agent, folder)]),
  );
  const reach = (evalCase: EvalCase) => {
    const name = agentName(agents, evalCase) ?? "";
    const [agent, ownServers] = [agents[name], servers.get(name)];
    if (agent === undefined || ownServers === undefined)
      throw new Error(`${evalCase.id} has no agent`);
    const adapter = adapters.get(name) ?? newAdapter(name, agent, { folder, collector });
    adapters.set(name, adapter);
    return { name, agent, adapter, servers: ownServers };
  };
  let opened = 0;
  const tryOnce = async (evalCase: EvalCase, trial: number): Promise<TrialEvidence | null> => {
    const { name, agent, adapter, servers: ownServers } = reach(evalCase);
    opened += 1;
    const key = `${evalCase.id}.${trial}.${opened}`;
    const cassette = cassetteOf(evalCase);
    const tools = newTrialTools({ evalCase, agent, servers: ownServers, cassette });
    const trace = { traceId: hex(16), parentSpanId: hex(8) };
    const post = collector.open(key, { ...trace, tools, agent: name });
    try {
      const traceparent = `00-${trace.traceId}-${trace.parentSpanId}-01`;
      const startedMs = Date.now();
      const told = await adapter.ask({ evalCase, agent, trial, post, traceparent });
      const begun = { ...trace, startedMs, replayedTools: replayedToolsOf(agents, evalCase) };
      return told && (await evidenceOf(told, post, begun));
    } finally {
      collector.close(key);
    }
  };
  return {
    async run(evalCase, trial) {
      for (;;) {
        const evidence = await tryOnce(evalCase, trial);
        if (evidence !== null) return evidence;
      }
    },
    stop() {
      for (const started of [...adapters.values(), ...servers.values()]) started.stop();
    },
  };
}

/** The tools that the agent's configuration leads to the replay. */
function replayedToolsOf(agents: Agents, evalCase: EvalCase): readonly string[] {
  const name = agentName(agents, evalCase);
  const tools = (name === null ? undefined : agents[name]?.tools) ?? {};
  // Behind another name than a tool's stands a server, of which it is not known here which tools it has.
  return Object.keys(tools).filter((tool) => tools[tool]?.via === "http");
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}

function newAdapter(
  name: string,
  agent: AgentConfig,
  { folder, collector }: Pick<Setting, "folder" | "collector">,
): Adapter {
  switch (agent.adapter) {
    case "command":
      return newCommandAdapter(agent, folder);
    case "module":
      return newModuleAdapter(agent, folder, collector.door(name));
    case "http":
      return newHttpAdapter(name, agent, { folder, collector });
  }
}

interface Begun {
  readonly traceId: string;
  readonly parentSpanId: string;
  readonly startedMs: number;
  readonly replayedTools: readonly string[];
}

async function evidenceOf(
  { answer, durationMs, sending, end }: Told,
  post: TrialPost,
  { traceId, parentSpanId, startedMs, replayedTools }: Begun,
): Promise<TrialEvidence> {
  try {
    await quiet(post, parentSpanId, sending);
    const [refused] = post.refused;
    if (refused !== undefined) {
      const some = post.spans.length === 0 ? "" : "some of ";
      throw failed(`${some}the agent's spans could not be read: ${refused}`);
    }
    return {
      noSpans: post.spans.length === 0 ? noSpans(post) : null,
      // The trial's own span is nobody's telemetry: a span below it is a root.
      spans: post.spans.map((span) =>
        span.parentSpanId === parentSpanId ? { ...span, parentSpanId: null } : span,
      ),
      logs: post.logs,
      traceId,
      startedMs,
      answer,
      replayed: post.tools.calls,
      replayedTools,
      durationMs,
    };
  } finally {
    end();
  }
}

function noSpans({ otlpEndpoint }: TrialPost): string {
  return `the agent sent no spans to OTEL_EXPORTER_OTLP_ENDPOINT (${otlpEndpoint}): is its telemetry on, over OTLP/HTTP, and flushed before it ends?`;
}

/** How long nothing more must come, in milliseconds. */
const quietMs = {
  gone: policy("candidateGoneQuietMs"),
  flushed: 0,
  sent: 0,
  running: policy("settleQuietMs"),
} as const;

/**
 * Waits until the root span is there and nothing more comes, at most the policy's candidateSpansWaitMs. Once no process of the trial is
 * left, or its telemetry is flushed, only a request under way can still bring spans, so the wait is short and no root is waited for; nor
 * is it where spans should have come before the answer.
 */
async function quiet(
  post: TrialPost,
  parentSpanId: string,
  sending: Told["sending"],
): Promise<void> {
  const startedMs = performance.now();
  while (performance.now() - startedMs < policy("candidateSpansWaitMs")) {
    const state = sending();
    const isOver = state === "gone" || state === "flushed" || isWhole(post.spans, parentSpanId);
    const needMs = isOver ? quietMs[state] : policy("settleQuietMs");
    const isThere = isOver || state === "sent" || hasRoot(post.spans, parentSpanId);
    const stillMs = performance.now() - Math.max(startedMs, post.lastMs);
    if (post.underWay === 0 && isThere && stillMs >= needMs) return;
    await pause(20);
  }
}

function isRoot({ parentSpanId: parent }: Span, parentSpanId: string): boolean {
  return parent === null || parent === parentSpanId;
}

function hasRoot(spans: readonly Span[], parentSpanId: string): boolean {
  return spans.some((span) => isRoot(span, parentSpanId));
}

/** Whether a root is there, and of every other span the one that it stands below. */
function isWhole(spans: readonly Span[], parentSpanId: string): boolean {
  const ids = new Set(spans.map(({ spanId }) => String(spanId)));
  const isBelow = (span: Span) => ids.has(String(span.parentSpanId));
  return (
    hasRoot(spans, parentSpanId) &&
    spans.every((span) => isRoot(span, parentSpanId) || isBelow(span))
  );
}
