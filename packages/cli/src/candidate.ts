import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { PortError } from "@rootward/pipeline/errors";
import type { RecordedCall } from "@rootward/pipeline/evals/cassette";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import { policy } from "@rootward/pipeline/model/policy";
import type { AgentConfig } from "@rootward/pipeline/model/workflow";
import type { Candidate, TrialEvidence } from "@rootward/pipeline/ports";
import type { Collector, TrialPost } from "./collector.ts";
import { newReplay } from "./replay.ts";

interface Setting {
  readonly agents: Readonly<Record<string, AgentConfig>>;
  readonly folder: string;
  readonly collector: Collector;
  readonly cassetteOf: (evalCase: EvalCase) => readonly RecordedCall[];
}

const Answer = z.looseObject({
  output: z.unknown(),
  citations: z.array(z.string()).optional(),
  retrieved: z.array(z.string()).optional(),
  usage: z.looseObject({ usd: z.number().optional(), tokens: z.number().optional() }).optional(),
});

const defaultTimeoutMs = 60_000;
const spansWaitMs = 10_000;
const outputLimit = 8 * 1024 * 1024;
const unitMs = { ms: 1, s: 1000, m: 60_000 } as const;

/** `30s` in milliseconds. */
export function durationMs(text: string | undefined): number {
  const [, number, unit] = /^(\d+)(ms|s|m)$/.exec(text ?? "") ?? [];
  if (number === undefined) return defaultTimeoutMs;
  return Number(number) * (unit === "ms" || unit === "s" || unit === "m" ? unitMs[unit] : 1);
}

/** Runs the agents of `rootward.yaml` as commands: a process a trial, JSON on standard input, JSON on the last line of its output. */
export function newCandidate({ agents, folder, collector, cassetteOf }: Setting): Candidate {
  return {
    async run(evalCase, trial) {
      const agent = agents[evalCase.agent];
      if (!agent) {
        const names = Object.keys(agents).join(", ") || "none";
        throw new PortError(
          "candidate_failed",
          `no agent ${evalCase.agent} under agents: in rootward.yaml (there: ${names})`,
          { retryable: false },
        );
      }
      const key = `${evalCase.id}.${trial}.${randomBytes(3).toString("hex")}`;
      const post = collector.open(
        key,
        newReplay(cassetteOf(evalCase), evalCase.environment?.match ?? "args"),
      );
      const startedMs = Date.now();
      try {
        const text = await runCommand(
          agent,
          folder,
          environmentOf(agent, evalCase, collector.url, key),
          requestOf(evalCase, trial, collector.url, key),
        );
        const answer = answerOf(text);
        await quiet(post);
        return {
          spans: post.spans,
          logs: post.logs,
          answer: answer,
          replayed: post.replay.calls,
          durationMs: Date.now() - startedMs,
        };
      } finally {
        collector.close(key);
      }
    },
  };
}

function requestOf(evalCase: EvalCase, trial: number, url: string, key: string): string {
  const context = { otlp_endpoint: `${url}/t/${key}`, tool_base_url: `${url}/tool/${key}` };
  const { id, task_type = null, input } = evalCase;
  return JSON.stringify({ case_id: id, trial, task_type, input, context });
}

function environmentOf(
  agent: AgentConfig,
  evalCase: EvalCase,
  url: string,
  key: string,
): NodeJS.ProcessEnv {
  const bases = Object.values(agent.tools ?? {}).flatMap(({ base_url_env }) => base_url_env ?? []);
  return {
    ...process.env,
    ...agent.env,
    ...evalCase.environment?.env,
    ...Object.fromEntries(bases.map((name) => [name, `${url}/tool/${key}`])),
    OTEL_EXPORTER_OTLP_ENDPOINT: `${url}/t/${key}`,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/t/${key}/v1/traces`,
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${url}/t/${key}/v1/logs`,
    OTEL_BSP_SCHEDULE_DELAY: "200",
    OTEL_TRACES_SAMPLER: "always_on",
    TRACEPARENT: `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-01`,
  };
}

function failed(message: string): PortError {
  return new PortError("candidate_failed", message, { retryable: true });
}

function runCommand(
  agent: AgentConfig,
  folder: string,
  env: NodeJS.ProcessEnv,
  request: string,
): Promise<string> {
  const [program = "", ...args] = agent.run;
  const limitMs = durationMs(agent.timeout);
  return new Promise((done, refuse) => {
    const child = spawn(program, args, { cwd: folder, env, detached: true });
    let out = "";
    let heard = "";
    let over: PortError | null = null;
    const end = (error: PortError) => {
      over ??= error;
      killGroup(child);
    };
    const timer = setTimeout(
      () =>
        end(
          new PortError(
            "candidate_timeout",
            `the agent did not answer within ${agent.timeout ?? "60s"}`,
            { retryable: true },
          ),
        ),
      limitMs,
    );
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString();
      if (out.length > outputLimit)
        end(failed(`the agent wrote more than ${outputLimit} bytes to its standard output`));
    });
    child.stderr.on("data", (chunk: Buffer) => {
      heard = (heard + chunk.toString()).slice(-2000);
    });
    child.stdin.on("error", () => undefined);
    child.on("error", (error) => {
      clearTimeout(timer);
      refuse(failed(`the agent could not be started: ${error.message}`));
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (over) refuse(over);
      else if (code !== 0)
        refuse(failed(`the agent ended with ${signal ?? `exit ${code}`}${lastWords(heard)}`));
      else done(out);
    });
    child.stdin.end(request);
  });
}

function lastWords(text: string): string {
  const line =
    text
      .trim()
      .split("\n")
      .find((words) => /error/i.test(words)) ?? text.trim().split("\n").at(-1);
  return line ? `: ${line.trim().slice(0, 200)}` : "";
}

/** The whole process group: an agent that hangs may have started others. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL");
  }
}

function answerOf(text: string): TrialEvidence["answer"] {
  const line = text.trim().split("\n").at(-1) ?? "";
  if (line === "")
    throw failed("the agent wrote nothing to its standard output; expected one line of JSON");
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    throw failed(`the agent's last line is no JSON: ${line.slice(0, 120)}`);
  }
  const answer = Answer.safeParse(parsed);
  if (!answer.success || answer.data.output === undefined) {
    throw failed(`the agent's answer has no "output": ${line.slice(0, 120)}`);
  }
  const { output, citations, retrieved, usage } = answer.data;
  return {
    output,
    ...(citations ? { citations } : {}),
    ...(retrieved ? { retrieved } : {}),
    ...(usage
      ? {
          usage: {
            ...(usage.usd === undefined ? {} : { usd: usage.usd }),
            ...(usage.tokens === undefined ? {} : { tokens: usage.tokens }),
          },
        }
      : {}),
  };
}

function rootEnded({ spans }: TrialPost): boolean {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  return spans.some(({ parentSpanId }) => parentSpanId === null || !ids.has(parentSpanId));
}

/** Waits until the root span has come and nothing more does. The process has ended, so what it flushed is on its way. */
async function quiet(post: TrialPost): Promise<void> {
  const startMs = Date.now();
  const quietMs = policy("settleQuietMs");
  while (Date.now() - startMs < spansWaitMs) {
    const sinceMs = Date.now() - Math.max(post.lastSpanMs, startMs);
    if (rootEnded(post) && Date.now() - post.lastSpanMs > policy("trialQuietMs")) return;
    if (post.spans.length === 0 && sinceMs > quietMs) return;
    await new Promise((done) => setTimeout(done, 25));
  }
}
