import { Hono } from "hono";
import { policy } from "@rootward/pipeline/model/policy";
import { type Context, pendingBytesOf } from "../context.ts";
import { countsOf } from "../counters.ts";
import { jsonAnswer } from "../json.ts";
import { isShown } from "../standing.ts";

/** Health for machines, counters for people, and the request to diagnose at once. */
export function statusRoutes(context: Context): Hono {
  const routes = new Hono();
  routes.get("/healthz", async (http) => {
    const health = await healthOf(context);
    http.header("Cache-Control", "no-store");
    return http.json(health, health.status === "ok" ? 200 : 503);
  });
  routes.get("/api/status", async () => jsonAnswer(await statusOf(context)));
  routes.post("/api/diagnose", async () => {
    await context.schedule.diagnoseNow(context.now());
    return jsonAnswer(await statusOf(context));
  });
  return routes;
}

async function healthOf(context: Context) {
  const { version } = context;
  try {
    // The cheapest thing that needs the engine: a probe comes every few seconds, and is no reason to count all spans.
    await inTime(context.store.meta("health"));
    return { status: "ok", reason: null, version, store: "ok" } as const;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { status: "refusing", reason, version, store: "failing" } as const;
  }
}

/** What was asked of the store, unless it takes so long that whoever asks for our health would not wait. @throws Error  then */
async function inTime<T>(asked: Promise<T>): Promise<T> {
  const limitMs = policy("healthTimeoutMs");
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`the store has not answered for ${limitMs / 1000} s`);
    timer = setTimeout(() => reject(error), limitMs);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Counters since the start, what is stored, and how many loops are closed. */
export async function statusOf(context: Context) {
  const { counters, open, schedule, forwarder, cases, version } = context;
  const { rejected, unmapped, ...counted } = counters;
  // Before the store is asked: to answer, it first stores what waits.
  const pendingBytes = pendingBytesOf(context.store);
  const stored = await context.store.counts();
  const { diagnosis } = schedule;
  const told = new Set<string>([...cases.guarded(), ...cases.closed().keys()]);
  const shown = (diagnosis?.clusters ?? []).filter(isShown);
  const closed = shown.filter(
    ({ id, state }) =>
      (told.has(id) && state !== "regressed") ||
      state === "guarded" ||
      state === "resolved" ||
      state === "closed_without_eval",
  );
  return {
    version,
    ...counted,
    rejected: Object.fromEntries(rejected),
    unmapped: Object.fromEntries(countsOf(unmapped)),
    late: open.late,
    pendingBytes,
    openTraces: open.size,
    openTraceBytes: open.bytes,
    oldestUnsettledMs: open.oldestMs,
    oldestUnsettledAgeMs: open.oldestMs === null ? null : context.now() - open.oldestMs,
    ...stored,
    workflows: diagnosis?.workflows.length ?? 0,
    clusters: shown.length,
    behind: schedule.behind,
    forward: forwarder.status(),
    loopsClosed: { closed: closed.length, of: shown.length },
    warnings: diagnosis?.warnings ?? [],
  };
}
