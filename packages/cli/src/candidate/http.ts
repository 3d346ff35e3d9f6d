import { PortError } from "@rootward/pipeline/errors";
import { valuesAt } from "@rootward/pipeline/evals/pointer";
import type { HttpAgent } from "@rootward/pipeline/model/gate-config";
import { policy } from "@rootward/pipeline/model/policy";
import type { TrialEvidence } from "@rootward/pipeline/ports";
import type { Collector } from "../collector.ts";
import { messageOf } from "../output.ts";
import { agentEnvironment, requestOf, timeoutMs, toolVariables } from "./adapter.ts";
import type { Adapter, Asked, Told } from "./adapter.ts";
import { answerFrom, failed } from "./answer.ts";
import { startService } from "./service.ts";
import type { Service } from "./service.ts";
import { filled, filledUrl } from "./template.ts";
import { Turns } from "./turns.ts";

/**
 * An agent as a service: a request a trial, made from a template; its answer read at JSON Pointers. Only headers tell a trial from
 * others (`traceparent`, `baggage: rootward.trial=…`), so its spans are those of its trace. Source: evals.md 2.1.
 *
 * Where a service that was started ends while several trials are under way, nobody knows whose doing it was: each is tried again by
 * itself.
 */
export function newHttpAdapter(
  name: string,
  agent: HttpAgent,
  { folder, collector }: { readonly folder: string; readonly collector: Collector },
): Adapter {
  const door = collector.door(name);
  const environment = {
    ...agentEnvironment(agent, door.otlpEndpoint),
    ...toolVariables(agent, door),
  };
  let service: Service | null = null;
  let listening: Promise<void> | null = null;
  const made = async (): Promise<void> => {
    if (agent.otlp_port !== undefined) {
      listening ??= listened(collector, agent.otlp_port, name);
      await listening;
    }
    const { start, url } = agent;
    if (start === undefined) return;
    if (service?.lives() !== true) service = startService({ start, url }, folder, environment);
    const why = await service.ready;
    if (why !== null) throw unusable(`the agent's service (${start.run.join(" ")}) ${why}`);
  };
  const turns = new Turns();
  const alone = new Set<string>();
  const tryOnce = async (asked: Asked, isBeside: () => boolean): Promise<Told | null> => {
    await made();
    const startedMs = performance.now();
    try {
      const answer = await answered(agent, asked);
      const durationMs = Math.round(performance.now() - startedMs);
      return { answer, durationMs, sending: () => "running", end: () => undefined };
    } catch (error) {
      const { why, isOver } = await explained(error, service);
      if (isOver) alone.add(keyOf(asked));
      if (isOver && isBeside() && !isTimeout(why)) return null;
      throw why;
    }
  };
  return {
    async ask(asked) {
      const { evalCase } = asked;
      if (Object.keys(evalCase.environment?.env ?? {}).length > 0)
        throw unusable(
          `${evalCase.id} sets variables (environment.env), which a service cannot be given for one trial`,
        );
      const how = alone.has(keyOf(asked)) ? "alone" : "together";
      return await turns[how]((turn) => tryOnce(asked, () => turn.beside));
    },
    stop: () => service?.stop(),
  };
}

function keyOf({ evalCase, trial }: Asked): string {
  return `${evalCase.id} ${trial}`;
}

function isTimeout(error: unknown): boolean {
  return error instanceof PortError && error.code === "candidate_timeout";
}

async function listened(collector: Collector, port: number, name: string): Promise<void> {
  try {
    await collector.listen(port, name);
  } catch (error) {
    throw unusable(`otlp_port ${port} of agent ${name} cannot be listened on: ${messageOf(error)}`);
  }
}

function unusable(why: string): PortError {
  return new PortError("candidate_failed", why, { retryable: false });
}

/**
 * What to say of a trial that failed, and whether the service is over: one that ended is what is told; one that no longer answers after a
 * time-out is stopped. It is started again for the next trial.
 */
async function explained(
  error: unknown,
  service: Service | null,
): Promise<{ readonly why: unknown; readonly isOver: boolean }> {
  const asIs = { why: error, isOver: false };
  if (service === null || !(error instanceof PortError)) return asIs;
  if (isTimeout(error)) {
    if (await service.answers()) return asIs;
    service.stop();
    return { why: error, isOver: true };
  }
  if (error.cause === undefined) return asIs;
  const ended = await service.ended();
  return ended === null ? asIs : { why: failed(`the agent's service ${ended}`), isOver: true };
}

/** @throws PortError  with one sentence on why there is no answer */
async function answered(agent: HttpAgent, asked: Asked): Promise<TrialEvidence["answer"]> {
  const { url, init } = requestFor(agent, asked);
  const limit = timeoutMs(agent);
  const signal = AbortSignal.timeout(limit);
  let status: number;
  let text: string;
  try {
    const response = await fetch(url, { ...init, signal, redirect: "manual" });
    status = response.status;
    text = await bodyOf(response);
  } catch (error) {
    if (signal.aborted)
      throw new PortError(
        "candidate_timeout",
        `the agent did not answer within ${limit / 1_000} s and was left`,
        { retryable: true },
      );
    if (error instanceof PortError) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw failed(`the agent at ${url} could not be asked: ${messageOf(cause)}`, error);
  }
  if (status < 200 || status > 299)
    throw failed(`the agent answered with status ${status}${said(text)}; expected 200 to 299`);
  return answerIn(text, agent);
}

function said(text: string): string {
  const line = text.trim().split("\n")[0] ?? "";
  return line === "" ? "" : `: ${line.slice(0, 200)}`;
}

function requestFor(agent: HttpAgent, asked: Asked) {
  const request = requestOf(asked);
  const method = agent.method ?? "POST";
  try {
    const own = Object.entries(agent.headers ?? {}).map(([name, value]): [string, string] => [
      name,
      String(filled(value, request)),
    ]);
    const headers = {
      "content-type": "application/json",
      accept: "application/json",
      ...Object.fromEntries([...own, ...secretHeaders(agent)]),
      traceparent: asked.traceparent,
      baggage: `rootward.trial=${encodeURIComponent(asked.post.key)}`,
    };
    const body = agent.request === undefined ? request : filled(agent.request, request);
    return {
      url: filledUrl(agent.url, request),
      init: { method, headers, ...(method !== "GET" && { body: JSON.stringify(body) }) },
    };
  } catch (error) {
    throw unusable(`the request of agent ${asked.post.agent}: ${messageOf(error)}`);
  }
}

function secretHeaders({ headers_env: names }: HttpAgent): readonly [string, string][] {
  return Object.entries(names ?? {}).map(([header, name]): [string, string] => {
    const value = process.env[name];
    if (value === undefined || value === "")
      throw new Error(`headers_env.${header}: the variable ${name} is not set`);
    return [header, value];
  });
}

/** The body as text. @throws PortError  it has more bytes than a program may write */
async function bodyOf(response: Response): Promise<string> {
  const most = policy("candidateStdoutBytes");
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    bytes += part.value.length;
    if (bytes > most) {
      await reader?.cancel();
      throw failed(`the agent answered with more than ${most} bytes and was left`);
    }
    chunks.push(part.value);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function answerIn(text: string, { response }: HttpAgent): TrialEvidence["answer"] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw failed(`the agent answered with no JSON: ${JSON.stringify(text.slice(0, 80))}`, error);
  }
  if (response === undefined) return answerFrom(value, 'expected {"output": …}');
  const at = (pointer: string | undefined) => {
    if (pointer === undefined) return undefined;
    const values = valuesAt(value, pointer);
    const [before = ""] = pointer.split("/*");
    if (before === pointer) return values[0] ?? undefined;
    // Without the list there are no items, and that is no empty list.
    return Array.isArray(valuesAt(value, before)[0]) ? values : undefined;
  };
  const { output, citations, retrieved, tool_calls: calls, usd, tokens } = response;
  const read = {
    output: at(output),
    citations: at(citations),
    retrieved: at(retrieved),
    tool_calls: at(calls),
    usage: { usd: at(usd), tokens: at(tokens) },
  };
  return answerFrom(read, `expected the output at ${output === "" ? "the root" : output}`);
}
