import { z } from "zod";
import type { JudgeConfig } from "@rootward/pipeline/model/judge-config";
import { policy } from "@rootward/pipeline/model/policy";
import type { JudgeModel } from "@rootward/pipeline/model/judge-model";
import { timeoutMs } from "./candidate/adapter.ts";
import { patiently } from "./import/patient.ts";
import { wires } from "./judge-wire.ts";
import { messageOf } from "./output.ts";

type Question = Parameters<JudgeModel["ask"]>[0];
type Answer = Awaited<ReturnType<JudgeModel["ask"]>>;

/** Statuses of an endpoint that may answer later; 529: overloaded, of Anthropic. */
const later = [429, 500, 502, 503, 504, 529];

/**
 * The model under `judge:` in `rootward.yaml`, asked by plain HTTP. Whatever goes wrong is an answer with a reason; a key never stands in
 * one, whatever the endpoint says of it.
 */
export function newJudge(
  config: JudgeConfig | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): JudgeModel {
  const turn = inTurns(config?.concurrency ?? policy("judgeConcurrency"));
  return {
    ask: async (question) => {
      if (config === undefined) return { ok: false, why: "there is no judge: in rootward.yaml" };
      const reach = reachOf(config, environment);
      return "why" in reach
        ? { ok: false, why: reach.why }
        : await turn(async () => await asked(question, config, reach));
    },
  };
}

interface Reach {
  readonly base: string;
  readonly host: string;
  readonly key: string | null;
}

/** Address and key, from the variables that are named; or what is wrong with them, without their values. */
function reachOf(
  { base_url, base_url_env, key_env }: JudgeConfig,
  environment: NodeJS.ProcessEnv,
): Reach | { readonly why: string } {
  const from = base_url === undefined ? `the variable ${base_url_env}` : "judge.base_url";
  const address = base_url ?? environment[base_url_env ?? ""]?.trim() ?? "";
  if (address === "") return { why: `${from} is not set: it holds the judge's address` };
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    return { why: `${from} holds no address that begins with http:// or https://` };
  if (url.username !== "" || url.password !== "")
    return { why: `${from} holds a user or password; give a key by judge.key_env` };
  const key = key_env === undefined ? null : (environment[key_env]?.trim() ?? "");
  if (key === "") return { why: `the variable ${key_env} is not set: it holds the judge's key` };
  if (key !== null && !/^[\x21-\x7e]+$/.test(key))
    return { why: `the variable ${key_env} holds characters that no key has` };
  return { base: address.replace(/\/+$/, ""), host: url.host, key };
}

async function asked(question: Question, config: JudgeConfig, reach: Reach): Promise<Answer> {
  const wire = wires[config.kind];
  const who = `the judge at ${reach.host}`;
  const refused = (why: string): Answer => ({ ok: false, why: withoutKey(why, reach.key) });
  try {
    const response = await patiently(
      {
        url: wire.url(reach.base),
        init: {
          method: "POST",
          headers: { "content-type": "application/json", ...wire.headers(reach.key) },
          body: JSON.stringify(wire.body(question, config)),
        },
        again: later,
        who,
        limits: {
          timeoutMs: timeoutMs({ timeout: config.timeout }),
          retries: policy("judgeRetries"),
          waitMostMs: policy("judgeRetryMaxMs"),
          afterTimeout: "never",
        },
      },
      { stop: new AbortController().signal, onWait: () => undefined },
    );
    if (response === null) return refused(`${who} was not waited for`);
    const text = await bodyOf(response);
    if (text === null) return refused(`${who} answered more than a verdict could be`);
    const body = jsonOf(text);
    if (!response.ok) return refused(`${who} answered ${response.status}${complaintOf(body)}`);
    const answer = wire.read(body);
    return answer.ok ? answer : refused(`${who}: ${answer.why}`);
  } catch (error) {
    const said = messageOf(error);
    return refused(said.startsWith(who) ? said : `${who} did not answer (${said})`);
  }
}

/** null: it is too long to be read on. */
async function bodyOf(response: Response): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    // Leaving the loop ends the connection.
    if (length > policy("judgeAnswerBytes")) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const Complaint = z.object({ error: z.union([z.string(), z.object({ message: z.string() })]) });

function complaintOf(body: unknown): string {
  const parsed = Complaint.safeParse(body);
  if (!parsed.success) return "";
  const { error } = parsed.data;
  return `: ${(typeof error === "string" ? error : error.message).replaceAll(/\s+/g, " ").slice(0, 200)}`;
}

/** Endpoints repeat keys in their complaints, some of them in part. */
function withoutKey(text: string, key: string | null): string {
  const whole = key === null ? text : text.replaceAll(key, "[key]");
  return whole.replaceAll(/\bsk-[\w*.…-]+/g, "[key]");
}

/** Lets at most `most` of the works run at the same time, the others in the order in which they came. */
function inTurns(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= most) await new Promise<void>((next) => waiting.push(next));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
