import { createServer, type IncomingHttpHeaders } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { buildDigest } from "@rootward/pipeline/testing/build-digest";
import { bodyJson, openDoor, spanIdOf, spanJson, traceIdOf } from "../testing/door.ts";
import { metricsPusher } from "./push.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An endpoint that answers these statuses in turn, the last one for ever. */
async function endpoint(...answers: readonly { status: number; body?: string }[]) {
  const got: Got[] = [];
  const waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const answer = answers[Math.min(got.length, answers.length - 1)];
      got.push({ headers: request.headers, body: Buffer.concat(chunks).toString("utf8") });
      response.writeHead(answer?.status ?? 200, { location: "http://127.0.0.1:9/" });
      response.end(answer?.body ?? "{}");
      for (const go of waiting.splice(0)) go();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async () => await new Promise<void>((resolve) => server.close(() => resolve()));
  ends.push(() => void server.close());
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    got,
    close,
    url: `http://127.0.0.1:${port}/v1/metrics`,
    next: async () => await new Promise<void>((resolve) => waiting.push(resolve)),
  };
}

const Point = z.strictObject({
  attributes: z.array(z.object({ key: z.string(), value: z.object({ stringValue: z.string() }) })),
  asInt: z.string().regex(/^\d+$/).optional(),
  asDouble: z.number().optional(),
  startTimeUnixNano: z.string().optional(),
  timeUnixNano: z.string(),
});
const Sum = z.strictObject({
  aggregationTemporality: z.literal(2),
  isMonotonic: z.literal(true),
  dataPoints: z.array(Point).min(1),
});
const Request = z.strictObject({
  resourceMetrics: z.tuple([
    z.strictObject({
      resource: z.object({ attributes: Point.shape.attributes }),
      scopeMetrics: z.tuple([
        z.strictObject({
          scope: z.object({ name: z.literal("rootward"), version: z.string() }),
          metrics: z.array(
            z.strictObject({
              name: z.string(),
              description: z.string(),
              sum: Sum.optional(),
              gauge: z.strictObject({ dataPoints: z.array(Point).min(1) }).optional(),
            }),
          ),
        }),
      ]),
    }),
  ]),
});

/** The metrics of a body, each of which must be well-formed. */
function metricsOf(got: Got | undefined) {
  const request = Request.parse(JSON.parse(got?.body ?? ""));
  return new Map(
    request.resourceMetrics[0].scopeMetrics[0].metrics.map((metric) => [metric.name, metric]),
  );
}

const everyMs = 3_600_000;

describe("metrics are pushed as OTLP/HTTP JSON", () => {
  test("counters as cumulative sums since the start, gauges as they stand, with the headers", async () => {
    const { got, url } = await endpoint({ status: 200 });
    const door = await openDoor();
    door.nowMs += 90_000;
    await door.post("/v1/traces", bodyJson(spanJson(traceIdOf(1), spanIdOf(1))));
    door.context.signals.note([buildDigest(0, { workflow: "claims", environment: "production" })]);
    const pusher = metricsPusher({ url, headers: { "x-key": "secret" }, everyMs }, door.context);
    expect(await pusher.push()).toBeNull();
    expect(got[0]?.headers).toMatchObject({
      "content-type": "application/json",
      "x-key": "secret",
    });
    const metrics = metricsOf(got[0]);
    expect(metrics.get("rootward_records_accepted")?.sum?.dataPoints).toEqual([
      {
        attributes: [],
        asInt: "1",
        startTimeUnixNano: "1000000000000",
        timeUnixNano: "1090000000000",
      },
    ]);
    expect(metrics.get("rootward_open_traces")?.gauge?.dataPoints[0]?.asInt).toBe("1");
    const grounded = metrics.get("rootward_signal_measured")?.sum?.dataPoints[0];
    expect(grounded?.asInt).toBe("1");
    expect(grounded?.attributes.map(({ key, value }) => [key, value.stringValue])).toEqual([
      ["workflow", "claims"],
      ["environment", "production"],
      ["signal", "grounded"],
    ]);
    expect(metrics.has("rootward_records_rejected")).toBe(false);
  });

  test("what may pass is tried once more, and what does not arrive is counted; the next push carries the totals", async () => {
    const { got, url } = await endpoint(
      { status: 503 },
      { status: 200 },
      { status: 503 },
      { status: 503 },
      { status: 200 },
    );
    const door = await openDoor();
    const pusher = metricsPusher({ url, headers: {}, everyMs }, door.context);
    expect(await pusher.push()).toBeNull();
    expect(door.context.counters.pushesFailed).toBe(0);
    await door.post("/v1/traces", bodyJson(spanJson(traceIdOf(1), spanIdOf(1))));
    expect(await pusher.push()).toBe("it answered 503 {}");
    expect([got.length, door.context.counters.pushesFailed]).toEqual([4, 1]);
    expect(await pusher.push()).toBeNull();
    const sums = metricsOf(got[4]);
    expect(sums.get("rootward_records_accepted")?.sum?.dataPoints[0]?.asInt).toBe("1");
    expect(sums.get("rootward_metrics_pushes_failed")?.sum?.dataPoints[0]?.asInt).toBe("1");
  });

  test.each([
    [{ status: 401, body: "no key" }, "it answered 401 no key"],
    [{ status: 302, body: "" }, "it answered 302"],
    [
      { status: 200, body: '{"partialSuccess":{"rejectedDataPoints":"3"}}' },
      'it rejected 3 data points: {"partialSuccess":{"rejectedDataPoints":"3"}}',
    ],
  ])("%j fails for good: it is not sent twice, nor elsewhere", async (answer, why) => {
    const { got, url } = await endpoint(answer);
    const door = await openDoor();
    const pusher = metricsPusher({ url, headers: {}, everyMs }, door.context);
    expect([await pusher.push(), got.length]).toEqual([why, 1]);
  });

  test("nobody there is a failure with its reason", async () => {
    const door = await openDoor();
    const { url, close } = await endpoint({ status: 200 });
    await close();
    const pusher = metricsPusher({ url, headers: {}, everyMs }, door.context);
    expect(await pusher.push()).toMatch(/^fetch failed: .*ECONNREFUSED/);
  });

  test("at intervals, and once more at the end", async () => {
    const { got, url, next } = await endpoint({ status: 200 });
    const door = await openDoor();
    const pusher = metricsPusher({ url, headers: {}, everyMs: 1 }, door.context);
    pusher.begin();
    await next();
    await next();
    await pusher.end();
    const sent = got.length;
    expect(sent).toBeGreaterThan(2);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(got).toHaveLength(sent);
  });
});
