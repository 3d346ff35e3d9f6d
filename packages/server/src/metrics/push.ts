import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { policy } from "@rootward/pipeline/model/policy";
import type { MetricsTarget } from "../config.ts";
import type { Context } from "../context.ts";
import { familiesOf } from "./families.ts";
import { otlpMetricsJson } from "./otlp-metrics.ts";

/** Pushes every metric at intervals, and once more at the end. */
export interface MetricsPusher {
  begin(): void;
  /** Pushes the last totals, waiting for no more than the policy's metricsLastPushMs. */
  end(): Promise<void>;
  /** Pushes once, and once again if that failed in a way that may pass. @returns why it failed, or null */
  push(): Promise<string | null>;
}

/** How one attempt ended: null, or why not and whether the same may arrive later. */
type Failure = { readonly why: string; readonly mayPass: boolean } | null;

/** A failure is counted and said once, until a push arrives again; nothing is lost by it, since the totals come with the next. */
export function metricsPusher(target: MetricsTarget, context: Context): MetricsPusher {
  const instance = randomUUID();
  let timer: NodeJS.Timeout | null = null;
  let isFailing = false;
  const send = async (timeoutMs: number): Promise<Failure> => {
    const { version, startedMs } = context;
    const reported = { version, instance, startedMs, nowMs: context.now() };
    const body = otlpMetricsJson(familiesOf(context), reported);
    try {
      return await sent(target, body, timeoutMs);
    } catch (error) {
      return { why: reasonOf(error), mayPass: true };
    }
  };
  const noted = (failure: Failure): string | null => {
    if (failure !== null) context.counters.pushesFailed += 1;
    if ((failure !== null) !== isFailing) say(target, failure);
    isFailing = failure !== null;
    return failure?.why ?? null;
  };
  const push = async (): Promise<string | null> => {
    const timeoutMs = policy("metricsPushTimeoutMs");
    const first = await send(timeoutMs);
    if (first === null || !first.mayPass) return noted(first);
    await pause(policy("metricsPushRetryMs"), undefined, { ref: false });
    return noted(await send(timeoutMs));
  };
  let running: Promise<unknown> = Promise.resolve();
  const later = (): void => {
    timer = setTimeout(() => {
      running = push().finally(() => {
        if (timer !== null) later();
      });
    }, target.everyMs);
    timer.unref();
  };
  return {
    begin: later,
    push,
    end: async () => {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      const limitMs = policy("metricsLastPushMs");
      await Promise.race([running, pause(limitMs)]);
      noted(await send(limitMs));
    },
  };
}

const passing = new Set([429, 502, 503, 504]);

async function sent(target: MetricsTarget, body: string, timeoutMs: number): Promise<Failure> {
  const answer = await fetch(target.url, {
    method: "POST",
    headers: { ...target.headers, "content-type": "application/json" },
    body,
    // A redirect could carry the headers elsewhere.
    redirect: "manual",
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await answer.text();
  if (answer.ok) return refusedPoints(text);
  const why = `it answered ${answer.status} ${text.slice(0, 200)}`.trim();
  return { why, mayPass: passing.has(answer.status) };
}

/** A 200 may still say that points were not taken. */
function refusedPoints(text: string): Failure {
  const said = /"rejectedDataPoints"\s*:\s*"?([1-9]\d*)/.exec(text);
  return said === null
    ? null
    : { why: `it rejected ${said[1]} data points: ${text.slice(0, 200)}`, mayPass: false };
}

/** What `fetch` hides in the cause of its "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

/** Without what an address may hold of keys. */
function say({ url, everyMs }: MetricsTarget, failure: Failure): void {
  const { origin, pathname } = new URL(url);
  const place = `${origin}${pathname}`;
  const seconds = Math.round(everyMs / 1_000);
  process.stderr.write(
    failure === null
      ? `rootward: metrics arrive at ${place} again\n`
      : `rootward: metrics cannot be pushed to ${place}, tried again every ${seconds} s: ${failure.why}\n`,
  );
}
