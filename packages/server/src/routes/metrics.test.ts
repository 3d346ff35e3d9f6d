import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { PortError } from "@rootward/pipeline/errors";
import { policy } from "@rootward/pipeline/model/policy";
import { memoryStore } from "@rootward/pipeline/testing/memory-store";
import { bodyJson, type Door, openDoor, spanIdOf, spanJson, traceIdOf } from "../testing/door.ts";

const root = spanJson(traceIdOf(1), spanIdOf(1));
const child = spanJson(traceIdOf(1), spanIdOf(2), spanIdOf(1));
const zero = spanJson("0".repeat(32), spanIdOf(3));

/** The series of a text, by name and labels; a line that is none fails the test. */
async function scraped(door: Door): Promise<ReadonlyMap<string, number>> {
  const answer = await door.get("/metrics");
  expect([answer.status, answer.headers.get("content-type")]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
  ]);
  const lines = (await answer.text()).trimEnd().split("\n");
  const typed = new Set<string>();
  const found = new Map<string, number>();
  for (const line of lines) {
    const type = /^# TYPE (\S+) (?:counter|gauge)$/.exec(line)?.[1];
    if (type !== undefined) typed.add(type);
    if (line.startsWith("# ")) continue;
    const [, name = "", labels = "", value = ""] = /^(\w+)(\{.*\})? (\S+)$/.exec(line) ?? [];
    expect([line, typed.has(name), found.has(name + labels)]).toEqual([line, true, false]);
    found.set(name + labels, Number(value));
  }
  return found;
}

describe("GET /metrics", () => {
  test("tells what became of every record", async () => {
    const door = await openDoor();
    await door.post("/v1/traces", bodyJson(root, zero));
    await door.post("/v1/traces", bodyJson(root));
    door.nowMs += 1_500;
    const before = await scraped(door);
    expect(before.get("rootward_open_traces")).toBe(1);
    expect(before.get("rootward_oldest_unsettled_seconds")).toBe(1.5);
    expect(before.get("rootward_open_trace_bytes")).toBeGreaterThan(0);
    await door.context.schedule.tick(door.nowMs);
    await door.post("/v1/traces", bodyJson(child));
    await door.post("/v1/metrics", "{}");
    const after = await scraped(door);
    const expected = {
      rootward_requests_total: 4,
      rootward_records_received_total: 4,
      rootward_records_accepted_total: 3,
      rootward_records_duplicate_total: 1,
      rootward_records_late_total: 1,
      rootward_runs_settled_total: 1,
      rootward_metrics_requests_dropped_total: 1,
      'rootward_info{version="0.0.0"}': 1,
    };
    expect(Object.fromEntries(after)).toMatchObject(expected);
    const rejected = [...after].filter(([name]) =>
      name.startsWith("rootward_records_rejected_total"),
    );
    expect(rejected.map(([, value]) => value)).toEqual([1]);
  });

  test("tells each reason why a request was refused, and what the database has not got yet", async () => {
    let code: "overloaded" | "store_full" = "overloaded";
    const store = {
      ...memoryStore(),
      pendingBytes: () => 4_711,
      put: async () => {
        throw new PortError(code, "no", { retryable: true });
      },
    };
    const door = await openDoor({ store });
    await door.post("/v1/traces", bodyJson(root));
    code = "store_full";
    await door.post("/v1/traces", bodyJson(root));
    await door.post("/v1/traces", bodyJson(root));
    await door.post("/v1/traces", "{");
    await door.post("/v1/traces", "x", { "content-type": "text/plain" });
    await door.post("/v1/traces", "x", { "content-length": String(policy("bodyLimitBytes") + 1) });
    const bomb = Uint8Array.from(gzipSync(Buffer.alloc(policy("bodyLimitBytes") + 1)));
    await door.post("/v1/traces", bomb, { "content-encoding": "gzip" });
    const found = await scraped(door);
    const refused = (reason: string) =>
      found.get(`rootward_requests_refused_total{reason="${reason}"}`);
    expect(["overload", "store", "unreadable", "too_large"].map(refused)).toEqual([1, 2, 2, 2]);
    expect(found.get("rootward_requests_total")).toBe(7);
    expect(found.get("rootward_records_received_total")).toBe(0);
    expect(found.get("rootward_in_flight_bytes")).toBe(0);
    expect(found.get("rootward_pending_bytes")).toBe(4_711);
  });

  test("is the same as what the status says", async () => {
    const door = await openDoor();
    await door.post("/v1/traces", bodyJson(root, zero));
    await door.context.schedule.tick(door.nowMs + 1_000);
    await door.post("/v1/traces", bodyJson(child));
    door.nowMs += 250;
    const status = await (await door.get("/api/status")).json();
    expect(status).toMatchObject({
      received: 3,
      accepted: 2,
      late: 1,
      refusedOverload: 0,
      tooLarge: 0,
      unmapped: {},
      openTraces: 1,
      oldestUnsettledAgeMs: 250,
    });
  });

  test.each([
    { host: "rebound.example" },
    { host: "localhost:4318", origin: "https://evil.example" },
    { "sec-fetch-site": "cross-site" },
  ])("is not told to a page of another site: %j", async (headers) => {
    const door = await openDoor();
    expect((await door.get("/metrics", headers)).status).toBe(403);
  });
});
