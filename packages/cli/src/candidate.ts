import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { PortError } from "@rootward/pipeline/errors";
import type { RecordedCall } from "@rootward/pipeline/evals/cassette";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import { policy } from "@rootward/pipeline/model/policy";
import type { Span } from "@rootward/pipeline/model/span";
import type { AgentConfig } from "@rootward/pipeline/model/gate-config";
import type { Candidate, TrialEvidence } from "@rootward/pipeline/ports";
import type { Collector, TrialPost } from "./collector.ts";
import { groupLives, killGroup, runProgram } from "./program.ts";
import type { Ended } from "./program.ts";
import { newReplay } from "./replay.ts";

type Agents = Readonly<Record<string, AgentConfig>>;

interface Setting {
  readonly agents: Agents;
  /** The folder of `rootward.yaml`, where agents run. */
  readonly folder: string;
  readonly collector: Collector;
  readonly cassetteOf: (evalCase: EvalCase) => readonly RecordedCall[];
}

const Answer = z.object({
  output: z.unknown().refine((output) => output !== undefined && output !== null, "is missing"),
  citations: z.array(z.string()).optional(),
  retrieved: z.array(z.string()).optional(),
  tool_calls: z.array(z.unknown()).optional(),
  usage: z.object({ usd: z.number().optional(), tokens: z.number().optional() }).optional(),
});

const unitMs = { ms: 1, s: 1_000, m: 60_000 } as const;

/** How long an agent may take. */
export function timeoutMs({ timeout }: AgentConfig): number {
  const [, number = "", unit] = /^(\d+)(ms|s|m)$/.exec(timeout ?? "") ?? [];
  if (unit !== "ms" && unit !== "s" && unit !== "m") return policy("candidateTimeoutMs");
  return Number(number) * unitMs[unit];
}

/** The agent of a case in `rootward.yaml`: by its own name, else by its workflow's; null where neither is there. */
function agentOf(
  agents: Agents,
  { agent, workflow }: Pick<EvalCase, "agent" | "workflow">,
): AgentConfig | null {
  const name = [agent, workflow].find((each) => Object.hasOwn(agents, each));
  return name === undefined ? null : (agents[name] ?? null);
}

/**
 * The agents of `rootward.yaml` as commands: a process a trial, JSON on standard input, JSON on the last line of standard output, spans
 * to an address of the trial's own, tools answered from the case's recordings.
 *
 * `run` throws PortError candidate_timeout or candidate_failed with one sentence: it hung, ended with another code than 0, wrote no
 * answer or too much, or sent no spans.
 */
export function newCandidate({ agents, folder, collector, cassetteOf }: Setting): Candidate {
  let opened = 0;
  return {
    async run(evalCase, trial) {
      const agent = agentOf(agents, evalCase);
      if (!agent) throw unknownAgent(agents, evalCase);
      opened += 1;
      const key = `${evalCase.id}.${trial}.${opened}`;
      const replay = newReplay(cassetteOf(evalCase), evalCase.environment?.match ?? "args");
      const post = collector.open(key, replay);
      try {
        return await oneTrial({ evalCase, trial, agent, folder, post });
      } finally {
        collector.close(key);
      }
    },
  };
}

function unknownAgent(agents: Agents, { agent }: EvalCase): PortError {
  const names = Object.keys(agents).join(", ") || "none";
  const why = `no agent ${agent} under agents: in rootward.yaml (there: ${names})`;
  return new PortError("candidate_failed", why, { retryable: false });
}

interface OneTrial {
  readonly evalCase: EvalCase;
  readonly trial: number;
  readonly agent: AgentConfig;
  readonly folder: string;
  readonly post: TrialPost;
}

async function oneTrial(setting: OneTrial): Promise<TrialEvidence> {
  const { agent, folder, post } = setting;
  const parentSpanId = randomBytes(8).toString("hex");
  const traceparent = `00-${randomBytes(16).toString("hex")}-${parentSpanId}-01`;
  const ended = await runProgram({
    command: agent.run,
    folder,
    environment: environmentOf(setting, traceparent),
    input: requestOf(setting, traceparent),
    timeoutMs: timeoutMs(agent),
  });
  try {
    const answer = answerOf(ended, agent);
    await quiet(post, ended.pid, parentSpanId);
    if (post.spans.length === 0) throw failed(noSpans(post));
    return {
      // The trial's own span is nobody's telemetry: a span below it is a root.
      spans: post.spans.map((span) =>
        span.parentSpanId === parentSpanId ? { ...span, parentSpanId: null } : span,
      ),
      logs: post.logs,
      answer,
      replayed: post.replay.calls,
      durationMs: ended.durationMs,
    };
  } finally {
    killGroup(ended.pid);
  }
}

function requestOf({ evalCase, trial, post }: OneTrial, traceparent: string): string {
  const { otlpEndpoint, toolBaseUrl } = post;
  const { id, task_type = null, input } = evalCase;
  const context = { traceparent, otlp_endpoint: otlpEndpoint, tool_base_url: toolBaseUrl };
  return `${JSON.stringify({ case_id: id, trial, task_type, input, context })}\n`;
}

/** What would lead spans past the trial's own address, or switch them off. */
const unset = [
  "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
  "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
  "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
  "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
  "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
  "OTEL_EXPORTER_OTLP_HEADERS",
  "OTEL_SDK_DISABLED",
];

function environmentOf({ agent, evalCase, post }: OneTrial, traceparent: string) {
  const own = Object.entries(process.env).filter(([name]) => !unset.includes(name));
  const tools = Object.values(agent.tools ?? {}).flatMap(({ base_url_env: name }) =>
    name === undefined ? [] : [[name, post.toolBaseUrl] as const],
  );
  return {
    ...Object.fromEntries(own),
    ...agent.env,
    ...evalCase.environment?.env,
    ...Object.fromEntries(tools),
    OTEL_EXPORTER_OTLP_ENDPOINT: post.otlpEndpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_BSP_SCHEDULE_DELAY: "200",
    OTEL_TRACES_SAMPLER: "always_on",
    TRACEPARENT: traceparent,
  };
}

function failed(why: string, cause?: unknown): PortError {
  return new PortError("candidate_failed", why, { retryable: true, cause });
}

/** The candidate's answer. @throws PortError  with one sentence on why there is none */
function answerOf(ended: Ended, agent: AgentConfig): TrialEvidence["answer"] {
  const said = ended.complaint === "" ? "" : `: ${ended.complaint}`;
  switch (ended.how) {
    case "not_started":
      throw failed(`the agent (${agent.run.join(" ")}) could not be started${said}`);
    case "timeout":
      throw new PortError(
        "candidate_timeout",
        `the agent did not end within ${timeoutMs(agent) / 1_000} s and was stopped${said}`,
        { retryable: true },
      );
    case "flood":
      throw failed(
        `the agent wrote more than ${policy("candidateStdoutBytes")} bytes to its standard output and was stopped`,
      );
    case "exit":
      if (ended.code !== 0) {
        const how = ended.code === null ? "by a signal" : `with exit code ${ended.code}`;
        throw failed(`the agent ended ${how}${said}`);
      }
      return parsedAnswer(ended.output);
  }
}

const expected = 'expected one JSON object, {"output": …}, as the last line of its standard output';

function parsedAnswer(output: string): TrialEvidence["answer"] {
  const last = output.trimEnd().split("\n").at(-1) ?? "";
  if (last.trim() === "") throw failed(`the agent wrote nothing; ${expected}`);
  let value: unknown;
  try {
    value = JSON.parse(last);
  } catch (error) {
    const text = JSON.stringify(last.slice(0, 80));
    throw failed(`the agent's last line is no JSON: ${text}; ${expected}`, error);
  }
  const answer = Answer.safeParse(value);
  if (!answer.success) {
    const [issue] = answer.error.issues;
    const key = issue?.path.join(".") ?? "";
    const what = `${key === "" ? "" : ` ${key}`} ${issue?.message ?? "is wrong"}`;
    throw failed(`the agent's answer:${what}; ${expected}`);
  }
  const { output: said, citations, retrieved, tool_calls, usage } = answer.data;
  return {
    output: said,
    ...(citations && { citations }),
    ...(retrieved && { retrieved }),
    ...(tool_calls && { tool_calls }),
    ...(usage && { usage: usageOf(usage) }),
  };
}

function usageOf({ usd, tokens }: { usd?: number | undefined; tokens?: number | undefined }) {
  return { ...(usd !== undefined && { usd }), ...(tokens !== undefined && { tokens }) };
}

function noSpans({ otlpEndpoint, refused }: TrialPost): string {
  const [first] = refused;
  return first === undefined
    ? `the agent sent no spans to OTEL_EXPORTER_OTLP_ENDPOINT (${otlpEndpoint}): is its telemetry on, over OTLP/HTTP, and flushed before it ends?`
    : `the agent's spans could not be read: ${first}`;
}

/**
 * Waits until the root span is there and nothing more comes, at most the policy's candidateSpansWaitMs. Once no process of the trial is
 * left, only a request under way can still bring spans, so the wait is short.
 */
async function quiet(post: TrialPost, pid: number | null, parentSpanId: string): Promise<void> {
  const startedMs = performance.now();
  while (performance.now() - startedMs < policy("candidateSpansWaitMs")) {
    const isAlone = !groupLives(pid);
    const needMs = isAlone ? policy("candidateGoneQuietMs") : policy("settleQuietMs");
    const stillMs = performance.now() - Math.max(startedMs, post.lastMs);
    const isThere = isAlone || hasRoot(post.spans, parentSpanId);
    if (post.underWay === 0 && isThere && stillMs >= needMs) return;
    await pause(20);
  }
}

function hasRoot(spans: readonly Span[], parentSpanId: string): boolean {
  return spans.some((span) => span.parentSpanId === null || span.parentSpanId === parentSpanId);
}
