import { expect, test } from "vitest";
import type { OtlpBody, SpanBatch } from "../model/batch.ts";
import { rowsOf } from "../model/batch.ts";
import { spanWithOriginal } from "./original.ts";
import { recordsAt, recordsOf, requestBodies } from "./otlp-request.ts";
import type { RequestBody } from "./otlp-request.ts";
import { receive } from "./receive.ts";

const traceId = "0123456789abcdef0123456789abcdef";

function attribute(key: string, value: object): object {
  return { key, value };
}

function spanJson(index: number): object {
  return {
    traceId,
    spanId: String(index + 1).padStart(16, "0"),
    name: `step ${index}`,
    startTimeUnixNano: "1000000000",
    endTimeUnixNano: "2000000000",
    attributes: [
      attribute("index", { intValue: String(index) }),
      attribute("share", { doubleValue: 1 }),
    ],
  };
}

/** Spans of two services; the first has two scopes. */
const json = {
  resourceSpans: [
    {
      resource: { attributes: [attribute("service.name", { stringValue: "one" })] },
      scopeSpans: [
        { scope: { name: "a" }, spans: [spanJson(0), spanJson(1)] },
        { scope: { name: "b", version: "2" }, spans: [spanJson(2)] },
      ],
    },
    {
      resource: { attributes: [attribute("service.name", { stringValue: "two" })] },
      scopeSpans: [{ spans: [spanJson(3)] }],
    },
  ],
};

function batchOf(body: OtlpBody): SpanBatch {
  const { batch, rejections } = receive(body);
  expect(rejections).toEqual([]);
  return batch;
}

function batchOfJson(of: object): SpanBatch {
  const bytes = Buffer.from(JSON.stringify(of));
  return batchOf({ signal: "traces", encoding: "json", bytes });
}

function back(bodies: readonly RequestBody[]): SpanBatch {
  const bytes = Buffer.concat(bodies.map((body) => body.bytes));
  return batchOf({ signal: "traces", encoding: "protobuf", bytes });
}

function allRows(batch: SpanBatch): readonly number[] {
  return Array.from({ length: batch.length }, (_, row) => row);
}

const none = () => new Map();

test("records become one body with their resources and scopes, and come out of it as they went in", () => {
  const batch = batchOfJson(json);
  const bodies = requestBodies(recordsAt(batch.columns, allRows(batch)), 1_000_000);
  expect(bodies.map(({ records }) => records)).toEqual([4]);
  expect(rowsOf(back(bodies))).toEqual(rowsOf(batch));
});

test("rows that are left out are left out, and nothing else", () => {
  const batch = batchOfJson(json);
  const bodies = requestBodies(recordsAt(batch.columns, [1, 3]), 1_000_000);
  expect(rowsOf(back(bodies)).spans).toEqual([batch.span(1), batch.span(3)]);
});

test("bodies keep to the limit, a record larger than it stands alone, and put together they are one body", () => {
  const batch = batchOfJson(json);
  const records = recordsAt(batch.columns, allRows(batch));
  const limit = 200;
  const bodies = requestBodies(records, limit);
  expect(bodies.length).toBeGreaterThan(1);
  for (const { bytes } of bodies) expect(bytes.length).toBeLessThanOrEqual(limit);
  expect(rowsOf(back(bodies))).toEqual(rowsOf(batch));
  expect(requestBodies(records, 1).map(({ records: count }) => count)).toEqual([1, 1, 1, 1]);
});

test("log records go the same way", () => {
  const logs = {
    resourceLogs: [
      {
        resource: { attributes: [attribute("service.name", { stringValue: "one" })] },
        scopeLogs: [
          { logRecords: [{ timeUnixNano: "5", body: { stringValue: "hello" }, traceId }] },
        ],
      },
    ],
  };
  const bytes = Buffer.from(JSON.stringify(logs));
  const batch = batchOf({ signal: "logs", encoding: "json", bytes });
  const [body] = requestBodies(recordsAt(batch.columns, [0]), 1_000);
  const again = batchOf({
    signal: "logs",
    encoding: "protobuf",
    bytes: body?.bytes ?? Buffer.alloc(0),
  });
  expect(rowsOf(again)).toEqual(rowsOf(batch));
});

test("a span that remembers its bytes keeps what is not decoded, and gets attributes behind its own", () => {
  // A span with trace_state (field 3) and flags (field 16), which no `Span` holds.
  const span = Buffer.concat([
    Buffer.from([0x0a, 16]),
    Buffer.from(traceId, "hex"),
    Buffer.from([0x12, 8, 0, 0, 0, 0, 0, 0, 0, 9]),
    Buffer.from([0x1a, 3]),
    Buffer.from("a=b"),
    Buffer.from([0x85, 0x01, 1, 1, 0, 0]),
  ]);
  const within = (tag: number, content: Buffer): Buffer =>
    Buffer.concat([Buffer.from([tag, content.length]), content]);
  const bytes = within(0x0a, within(0x12, within(0x12, span)));
  const batch = batchOf({ signal: "traces", encoding: "protobuf", bytes });
  const original = spanWithOriginal(batch, 0);
  const added = new Map([["agent.behavioral.grounded", 1]]);
  const bodies = requestBodies(
    recordsOf([original], () => added),
    1_000,
  );
  expect(bodies[0]?.bytes.includes(span)).toBe(true);
  const [found] = rowsOf(back(bodies)).spans;
  expect(found).toEqual({ ...original, attributes: added });
  // Without them the body is the one that came.
  expect(requestBodies(recordsOf([original], none), 1_000)[0]?.bytes).toEqual(bytes);
});

test("a span without its bytes is encoded anew, with the same resource and scope as its siblings", () => {
  const batch = batchOfJson(json);
  const { spans } = rowsOf(batch);
  const bodies = requestBodies(recordsOf(spans, none), 1_000_000);
  expect(rowsOf(back(bodies)).spans).toEqual(spans);
});

test("added values are a double whether whole or not, a truth value, a text and a list of texts", () => {
  const batch = batchOfJson({ resourceSpans: [{ scopeSpans: [{ spans: [spanJson(0)] }] }] });
  const span = spanWithOriginal(batch, 0);
  const added = new Map<string, number | boolean | string | readonly string[]>([
    ["whole", 1],
    ["half", 0.5],
    ["flag", false],
    ["text", "größer"],
    ["list", ["a", ""]],
  ]);
  const [body] = requestBodies(
    recordsOf([span], () => added),
    1_000,
  );
  const [found] = rowsOf(back(body === undefined ? [] : [body])).spans;
  expect(found?.attributes).toEqual(new Map([...span.attributes, ...added]));
  // AnyValue's double_value (tag 0x21), 1.0: no int64, which a backend would take for another type.
  const double = Buffer.from([0x21, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
  expect(
    body?.bytes.includes(Buffer.concat([Buffer.from("whole"), Buffer.from([0x12, 9]), double])),
  ).toBe(true);
});
