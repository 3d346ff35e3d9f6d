import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { PortError } from "@rootward/pipeline/errors";
import { memoryStore } from "@rootward/pipeline/testing/memory-store";
import { bodyJson, openDoor, spanIdOf, spanJson, traceIdOf } from "../testing/door.ts";

const good = spanJson(traceIdOf(1), spanIdOf(1));
const zero = spanJson("0".repeat(32), spanIdOf(2));
const protobuf = { "content-type": "application/x-protobuf" };

/** ExportTraceServiceRequest with one span that has ids of the given bytes. */
function protobufBody(traceId: number, spanId: number): Uint8Array<ArrayBuffer> {
  const span = [0x0a, 16, ...Array(16).fill(traceId), 0x12, 8, ...Array(8).fill(spanId)];
  const scoped = [0x12, span.length, ...span];
  const resource = [0x12, scoped.length, ...scoped];
  return Uint8Array.from([0x0a, resource.length, ...resource]);
}

describe("what is sent is taken in", () => {
  test("a JSON body is acknowledged with an empty object, and its spans are stored", async () => {
    const door = await openDoor();
    const answer = await door.post("/v1/traces", bodyJson(good));
    expect([answer.status, await answer.text()]).toEqual([200, "{}"]);
    expect((await door.store.counts()).spans).toBe(1);
  });

  test("a protobuf body is acknowledged with an empty message", async () => {
    const door = await openDoor();
    const answer = await door.post("/v1/traces", protobufBody(7, 7), protobuf);
    expect([
      answer.status,
      answer.headers.get("content-type"),
      (await answer.arrayBuffer()).byteLength,
    ]).toEqual([200, "application/x-protobuf", 0]);
    expect((await door.store.counts()).spans).toBe(1);
  });

  test.each(["/v1/traces", "/otel/v1/traces", "/api/public/otel/v1/traces"])(
    "%s takes traces",
    async (path) => {
      const door = await openDoor();
      expect((await door.post(path, bodyJson(good))).status).toBe(200);
    },
  );

  test("log records are taken on their own path", async () => {
    const door = await openDoor();
    const logRecords = [{ traceId: traceIdOf(1), timeUnixNano: "1", body: { stringValue: "x" } }];
    const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
    expect((await door.post("/v1/logs", body)).status).toBe(200);
    expect((await door.store.counts()).logs).toBe(1);
  });

  test("gzip is unpacked", async () => {
    const door = await openDoor();
    const packed = Uint8Array.from(gzipSync(bodyJson(good)));
    expect((await door.post("/v1/traces", packed, { "content-encoding": "gzip" })).status).toBe(
      200,
    );
    expect((await door.store.counts()).spans).toBe(1);
  });

  test("a body without a length is read to its end", async () => {
    const door = await openDoor();
    const body = new Blob([bodyJson(good)]).stream();
    const request = new Request("http://localhost/v1/traces", {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
      duplex: "half",
    } as RequestInit);
    expect((await door.app.request(request)).status).toBe(200);
    expect((await door.store.counts()).spans).toBe(1);
  });

  test("metrics are answered, dropped and counted", async () => {
    const door = await openDoor();
    expect((await door.post("/v1/metrics", "{}")).status).toBe(200);
    expect(door.context.counters.metricsDropped).toBe(1);
  });

  test("a record that comes again while its trace is open is counted as a duplicate", async () => {
    const door = await openDoor();
    await door.post("/v1/traces", bodyJson(good));
    await door.post("/v1/traces", bodyJson(good));
    expect(door.context.counters.duplicates).toBe(1);
    expect((await door.store.counts()).spans).toBe(1);
  });
});

describe("a bad span is rejected and its siblings live", () => {
  test("in JSON, with the count and the reason", async () => {
    const door = await openDoor();
    const answer = await door.post("/v1/traces", bodyJson(good, zero));
    const { partialSuccess } = (await answer.json()) as {
      partialSuccess: { rejectedSpans: string; errorMessage: string };
    };
    expect([answer.status, partialSuccess.rejectedSpans]).toEqual([200, "1"]);
    expect(partialSuccess.errorMessage).toMatch(
      /resourceSpans\[0\]\.scopeSpans\[0\]\.spans\[1\]: .*trace/i,
    );
    const { received, accepted, rejected } = door.context.counters;
    expect([received, accepted, [...rejected.values()]]).toEqual([2, 1, [1]]);
  });

  test("in protobuf, with the count and the reason", async () => {
    const door = await openDoor();
    const answer = await door.post("/v1/traces", protobufBody(0, 7), protobuf);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(answer.status).toBe(200);
    // partial_success (1, message) holding rejected_spans (1, varint) = 1 and error_message (2, text).
    expect([bytes[0], bytes[2], bytes[3], bytes[4]]).toEqual([0x0a, 0x08, 1, 0x12]);
    expect(bytes.subarray(6).toString("utf8")).toMatch(/^resourceSpans\[0\]/);
  });
});

describe("what cannot be taken in is said in the encoding of the request", () => {
  test("another content type is 415", async () => {
    const door = await openDoor();
    const answer = await door.post("/v1/traces", "x", { "content-type": "text/plain" });
    expect(answer.status).toBe(415);
    expect(await answer.json()).toEqual({
      code: 3,
      message:
        'content-type is "text/plain"; accepted are application/x-protobuf and application/json',
    });
  });

  test("another method is 405", async () => {
    const door = await openDoor();
    expect((await door.get("/v1/traces")).status).toBe(405);
  });

  test("another content encoding is 415", async () => {
    const door = await openDoor();
    const answer = await door.post("/v1/traces", "x", { "content-encoding": "br" });
    expect([answer.status, await answer.text()]).toEqual([415, expect.stringContaining("gzip")]);
  });

  test.each([
    ["truncated JSON", "{", {}],
    ["broken gzip", "x", { "content-encoding": "gzip" }],
    ["truncated protobuf", Uint8Array.from([0x0a, 200]), protobuf],
  ])("%s is 400 and stores nothing", async (_name, body, headers) => {
    const door = await openDoor();
    const answer = await door.post("/v1/traces", body, headers);
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toBe(
      "content-type" in headers ? headers["content-type"] : "application/json",
    );
    expect((await door.store.counts()).spans).toBe(0);
  });

  test("a body over the limit is 413, by its announced length and by what it unpacks to", async () => {
    const door = await openDoor();
    const announced = await door.post("/v1/traces", "x", { "content-length": "99999999" });
    const bomb = Uint8Array.from(gzipSync(Buffer.alloc(65 * 1024 * 1024)));
    const unpacked = await door.post("/v1/traces", bomb, { "content-encoding": "gzip" });
    expect([announced.status, unpacked.status]).toEqual([413, 413]);
  });

  test.each([
    ["overloaded", true, 429],
    ["store_full", false, 503],
    ["store_down", true, 503],
  ] as const)(
    "a store that is %s is %s retryable: %i with Retry-After",
    async (code, retryable, status) => {
      const store = {
        ...memoryStore(),
        put: async () => {
          throw new PortError(code, `the store is ${code}`, { retryable });
        },
      };
      const door = await openDoor({ store });
      const answer = await door.post("/v1/traces", bodyJson(good));
      expect([answer.status, Number(answer.headers.get("retry-after")) > 0]).toEqual([
        status,
        true,
      ]);
      expect(door.context.counters.accepted).toBe(0);
    },
  );
});
