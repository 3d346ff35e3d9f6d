import { readFileSync } from "node:fs";
import fc from "fast-check";
import protobuf from "protobufjs";
import { describe, expect, test } from "vitest";
import { policy } from "../model/policy.ts";
import type { AttributeValue, Span } from "../model/span.ts";
import { receive, signalOfProtobuf, truncatedAttribute, UnreadableBody } from "./receive.ts";

const schema = readFileSync(
  new URL("../../../../fixtures/otlp/otlp.proto", import.meta.url),
  "utf8",
);
const { root } = protobuf.parse(schema);

/** 64 bits as protobufjs takes them without the library `long`. */
const long = (of: bigint) => ({
  low: Number(BigInt.asIntN(32, of)),
  high: Number(BigInt.asIntN(32, of >> 32n)),
  unsigned: true,
});

/** The body as an independent writer of protobuf encodes it. */
function encoded(type: string, content: object): Buffer {
  const message = root.lookupType(`otlp.${type}`);
  return Buffer.from(message.encode(content).finish());
}

const traces = (bytes: Uint8Array) => receive({ signal: "traces", encoding: "protobuf", bytes });
const logs = (bytes: Uint8Array) => receive({ signal: "logs", encoding: "protobuf", bytes });
const json = (signal: "traces" | "logs", body: unknown) =>
  receive({
    signal,
    encoding: "json",
    bytes: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
  });

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";
const span = (more: object = {}) => ({
  traceId,
  spanId,
  name: "s",
  startTimeUnixNano: "1",
  endTimeUnixNano: "2",
  ...more,
});
const spansBody = (...spans: readonly unknown[]) => ({
  resourceSpans: [{ scopeSpans: [{ spans }] }],
});
const attribute = (value: object) => [{ key: "k", value }];
const only = (body: unknown): Span => {
  const { batch, rejections } = json("traces", body);
  expect(rejections).toEqual([]);
  return batch.span(0);
};

/** An AnyValue of the schema, and what it must be read as. */
interface Pair {
  readonly sent: object;
  readonly read: AttributeValue;
}
const leaf: fc.Arbitrary<Pair> = fc.oneof(
  fc.string({ unit: "grapheme" }).map((read) => ({ sent: { stringValue: read }, read })),
  fc.boolean().map((read) => ({ sent: { boolValue: read }, read })),
  fc.maxSafeInteger().map((read) => ({ sent: { intValue: read }, read })),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((read) => ({
    sent: { intValue: long(read) },
    read: Number.isSafeInteger(Number(read)) ? Number(read) : read,
  })),
  fc.double().map((read) => ({ sent: { doubleValue: read }, read })),
  fc.uint8Array().map((read) => ({ sent: { bytesValue: read }, read: new Uint8Array(read) })),
  fc.constant({ sent: {}, read: null }),
);
const key = fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom("__proto__", "constructor", ""));
const { value: anyValue } = fc.letrec<{ value: Pair }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.array(tie("value"), { maxLength: 4 }).map((pairs) => ({
      sent: { arrayValue: { values: pairs.map(({ sent }) => sent) } },
      read: pairs.map(({ read }) => read),
    })),
    entriesOf(tie("value")).map(({ sent, read }) => ({
      sent: { kvlistValue: { values: sent } },
      read,
    })),
  ),
}));

function entriesOf(value: fc.Arbitrary<Pair>) {
  return fc.array(fc.tuple(key, value), { maxLength: 5 }).map((entries) => ({
    sent: entries.map(([each, pair]) => ({ key: each, value: pair.sent })),
    read: new Map(entries.map(([each, pair]) => [each, pair.read])),
  }));
}
const attributes = entriesOf(anyValue);
const idOf = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .filter((id) => id.some((byte) => byte !== 0));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const nanos = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

const anySpan = fc
  .record({
    traceId: idOf(16),
    spanId: idOf(8),
    parent: fc.option(idOf(8)),
    name: fc.string({ unit: "grapheme" }),
    kind: fc.integer({ min: 0, max: 5 }),
    start: nanos,
    end: nanos,
    attributes,
    event: attributes,
    link: attributes,
    code: fc.integer({ min: 0, max: 2 }),
    message: fc.string(),
  })
  .map((of) => ({
    sent: {
      traceId: of.traceId,
      spanId: of.spanId,
      ...(of.parent === null ? {} : { parentSpanId: of.parent }),
      name: of.name,
      kind: of.kind,
      startTimeUnixNano: long(of.start),
      endTimeUnixNano: long(of.end),
      attributes: of.attributes.sent,
      droppedAttributesCount: 3,
      flags: 257,
      traceState: "a=b",
      events: [{ name: of.name, timeUnixNano: long(of.start), attributes: of.event.sent }],
      links: [{ traceId: of.traceId, spanId: of.spanId, attributes: of.link.sent }],
      status: { code: of.code, message: of.message },
    },
    read: {
      traceId: hex(of.traceId),
      spanId: hex(of.spanId),
      parentSpanId: of.parent === null ? null : hex(of.parent),
      name: of.name,
      kind: ["unspecified", "internal", "server", "client", "producer", "consumer"][of.kind],
      startNanos: of.start,
      endNanos: of.end,
      statusCode: ["unset", "ok", "error"][of.code],
      statusMessage: of.message,
      attributes: of.attributes.read,
      events: [{ name: of.name, timeNanos: of.start, attributes: of.event.read }],
      links: [{ traceId: hex(of.traceId), spanId: hex(of.spanId), attributes: of.link.read }],
    },
  }));

describe("a protobuf body", () => {
  test("is read as an independent writer meant it", () => {
    fc.assert(
      fc.property(fc.array(anySpan, { maxLength: 4 }), attributes, (spans, resource) => {
        const scope = { name: "lib", version: "1.2" };
        const scopeSpans = [{ scope, spans: spans.map(({ sent }) => sent) }];
        const { batch, rejections } = traces(
          encoded("TracesData", {
            resourceSpans: [{ resource: { attributes: resource.sent }, scopeSpans }],
          }),
        );
        expect(rejections).toEqual([]);
        expect(batch.length).toBe(spans.length);
        for (const [row, { read }] of spans.entries())
          expect(batch.span(row)).toStrictEqual({
            ...read,
            resource: { attributes: resource.read },
            scope,
          });
      }),
      { numRuns: 300 },
    );
  });

  test("of logs gives log records, joined to their trace where they name one", () => {
    fc.assert(
      fc.property(attributes, anyValue, fc.option(idOf(16)), nanos, (of, body, trace, time) => {
        const record = {
          ...(trace === null ? {} : { traceId: trace }),
          observedTimeUnixNano: long(time),
          severityNumber: 17,
          eventName: "e",
          body: body.sent,
          attributes: of.sent,
        };
        const { batch } = logs(
          encoded("LogsData", { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] }),
        );
        expect(batch.traceIdAt(0)).toBe(trace === null ? null : hex(trace));
        expect(batch.log(0)).toStrictEqual({
          traceId: trace === null ? null : hex(trace),
          spanId: null,
          timeNanos: time,
          severity: "ERROR",
          eventName: "e",
          body: body.read,
          attributes: of.read,
          resource: { attributes: new Map() },
          scope: { name: "", version: "" },
        });
      }),
    );
  });

  test("that is cut off is unreadable, and so is one that is no protobuf", () => {
    const whole = encoded("TracesData", {
      resourceSpans: [{ scopeSpans: [{ spans: [{ name: "s".repeat(99) }] }] }],
    });
    expect(() => traces(whole.subarray(0, -7))).toThrow(UnreadableBody);
    expect(() => traces(Buffer.from("<html>not here</html>"))).toThrow(
      /no OTLP protobuf of traces, or it is cut off/,
    );
  });

  test("with broken text is read with the broken bytes replaced", () => {
    const bytes = encoded("TracesData", {
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: [
                {
                  traceId: Buffer.from(traceId, "hex"),
                  spanId: Buffer.from(spanId, "hex"),
                  name: "broken-name",
                },
              ],
            },
          ],
        },
      ],
    });
    bytes[bytes.indexOf("broken-name")] = 0xff;
    expect(traces(bytes).batch.span(0).name).toBe("\ufffdroken-name");
  });

  test("tells its signal by its content", () => {
    const at = { timeUnixNano: 5 };
    const ids = { traceId: Buffer.from(traceId, "hex"), spanId: Buffer.from(spanId, "hex") };
    const times = { startTimeUnixNano: 1, endTimeUnixNano: 2 };
    expect(
      signalOfProtobuf(
        encoded("TracesData", {
          resourceSpans: [{ scopeSpans: [{ spans: [{ ...ids, ...times }] }] }],
        }),
      ),
    ).toBe("traces");
    expect(
      signalOfProtobuf(
        encoded("LogsData", {
          resourceLogs: [{ scopeLogs: [{ logRecords: [{ ...at, ...ids }] }] }],
        }),
      ),
    ).toBe("logs");
    expect(
      signalOfProtobuf(
        encoded("MetricsData", {
          resourceMetrics: [
            {
              scopeMetrics: [
                { metrics: [{ name: "m", gauge: { dataPoints: [{ asDouble: 1 }] } }] },
              ],
            },
          ],
        }),
      ),
    ).toBe("metrics");
    expect(signalOfProtobuf(Buffer.from("hello"))).toBeNull();
    expect(signalOfProtobuf(new Uint8Array())).toBeNull();
  });
});

describe("a record that cannot be accepted", () => {
  test.each([
    [
      "no trace id",
      span({ traceId: undefined }),
      "traceId is absent; 16 bytes, not all zero, are accepted",
    ],
    [
      "a trace id of zeroes",
      span({ traceId: "0".repeat(32) }),
      "traceId is all zero; 16 bytes, not all zero, are accepted",
    ],
    [
      "a short span id",
      span({ spanId: "b7ad" }),
      "spanId has 2 bytes; 8 bytes, not all zero, are accepted",
    ],
    ["an id that is no hex", span({ spanId: "zz" }), 'spanId is "zz"; hex characters are accepted'],
    [
      "a parent of another length",
      span({ parentSpanId: traceId }),
      "parentSpanId has 16 bytes; 8 bytes, not all zero, are accepted",
    ],
    [
      "a time before 1970",
      span({ endTimeUnixNano: "-1" }),
      'endTimeUnixNano is "-1"; whole nanoseconds since 1970, not negative, are accepted',
    ],
    ["no object", "span", 'it is "span"; an object is accepted'],
    [
      "attributes that are no list",
      span({ attributes: {} }),
      "attributes is an object; a list is accepted",
    ],
  ])("for %s is rejected with reason and place, and its siblings live", (_what, bad, reason) => {
    const { batch, rejections } = json(
      "traces",
      spansBody(span(), bad, span({ spanId: "b7ad6b7169203332" })),
    );
    expect(rejections).toEqual([{ reason, at: "resourceSpans[0].scopeSpans[0].spans[1]" }]);
    expect([batch.span(0).spanId, batch.span(1).spanId]).toEqual([spanId, "b7ad6b7169203332"]);
  });

  test("takes nothing else with it: a resource or scope that is broken costs its own records only", () => {
    const { batch, rejections } = json("traces", {
      resourceSpans: [
        { resource: { attributes: 1 }, scopeSpans: [{ spans: [span(), span()] }] },
        { scopeSpans: ["no scope", { spans: [span()] }] },
        7,
      ],
    });
    expect(batch.length).toBe(1);
    expect(rejections.map(({ at }) => at)).toEqual([
      "resourceSpans[0].scopeSpans[0].spans[0]",
      "resourceSpans[0].scopeSpans[0].spans[1]",
      "resourceSpans[1].scopeSpans[0]",
      "resourceSpans[2]",
    ]);
  });

  test("is one that nests too deep, in either encoding", () => {
    const [open, close] = ['{"arrayValue":{"values":[', "]}}"].map((text) => text.repeat(5000));
    const sent = JSON.stringify(spansBody(span({ attributes: attribute({}) }), span()));
    const nested = json("traces", sent.replace("{}", `${open}{}${close}`));
    expect(nested.batch.length).toBe(1);
    expect(nested.rejections[0]?.reason).toMatch(/nests deeper than 64 levels/);

    let bytes = Buffer.from([0x0a, 0x00]);
    for (let level = 0; level < 200; level++) {
      const list = Buffer.concat([Buffer.from([0x0a, ...varint(bytes.length)]), bytes]);
      bytes = Buffer.concat([Buffer.from([0x2a, ...varint(list.length)]), list]);
    }
    const keyValue = Buffer.concat([Buffer.from([0x12, ...varint(bytes.length)]), bytes]);
    const spanBytes = Buffer.concat([
      Buffer.from(`0a10${traceId}1208${spanId}`, "hex"),
      Buffer.from([0x4a, ...varint(keyValue.length)]),
      keyValue,
    ]);
    const framed = [0x12, 0x12, 0x0a].reduce<Buffer>(
      (inner, tag) => Buffer.concat([Buffer.from([tag, ...varint(inner.length)]), inner]),
      spanBytes,
    );
    expect(traces(framed).rejections[0]?.reason).toMatch(/nests deeper than 64 levels/);
  });
});

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

describe("an OTLP/JSON body", () => {
  test("is read in every form that exporters write", () => {
    const read = only(
      spansBody({
        trace_id: traceId.toUpperCase(),
        spanId: Buffer.from(spanId, "hex").toString("base64"),
        kind: "SPAN_KIND_CLIENT",
        startTimeUnixNano: 17,
        end_time_unix_nano: "18",
        status: { code: "STATUS_CODE_ERROR" },
        unknown: { ignored: [1] },
        attributes: [
          { key: "number", value: { intValue: 5 } },
          { key: "text", value: { intValue: "9007199254740993" } },
          { key: "nothing", value: {} },
          { key: "unknown", value: { futureValue: 1 } },
          { key: "none" },
          { key: "double", value: { doubleValue: "Infinity" } },
          { key: "lone", value: { stringValue: "\ud800!" } },
        ],
      }),
    );
    expect(read).toMatchObject({
      traceId,
      spanId,
      kind: "client",
      statusCode: "error",
      startNanos: 17n,
      endNanos: 18n,
    });
    expect(read.attributes).toEqual(
      new Map<string, unknown>([
        ["number", 5],
        ["text", 9007199254740993n],
        ["nothing", null],
        ["unknown", null],
        ["none", null],
        ["double", Infinity],
        ["lone", "\ufffd!"],
      ]),
    );
  });

  test("gives the spans that the same body in protobuf gives", () => {
    fc.assert(
      fc.property(anySpan, ({ read }) => {
        const value = (of: AttributeValue): object => {
          if (of === null) return {};
          if (typeof of === "string") return { stringValue: of };
          if (typeof of === "boolean") return { boolValue: of };
          if (typeof of === "bigint") return { intValue: of.toString() };
          if (typeof of === "number")
            return Number.isSafeInteger(of) && !Object.is(of, -0)
              ? { intValue: String(of) }
              : {
                  doubleValue:
                    Number.isFinite(of) && !Object.is(of, -0)
                      ? of
                      : Object.is(of, -0)
                        ? "-0"
                        : String(of),
                };
          if (of instanceof Uint8Array) return { bytesValue: Buffer.from(of).toString("base64") };
          if (of instanceof Map) return { kvlistValue: { values: list(of) } };
          return { arrayValue: { values: (of as readonly AttributeValue[]).map(value) } };
        };
        const list = (of: ReadonlyMap<string, AttributeValue>) =>
          [...of].map(([each, held]) => ({ key: each, value: value(held) }));
        const sent = {
          ...read,
          kind: `SPAN_KIND_${read.kind?.toUpperCase()}`,
          startTimeUnixNano: read.startNanos.toString(),
          endTimeUnixNano: read.endNanos.toString(),
          startNanos: undefined,
          endNanos: undefined,
          status: {
            code: `STATUS_CODE_${read.statusCode?.toUpperCase()}`,
            message: read.statusMessage,
          },
          attributes: list(read.attributes),
          events: read.events.map((event) => ({
            ...event,
            timeNanos: undefined,
            timeUnixNano: event.timeNanos.toString(),
            attributes: list(event.attributes),
          })),
          links: read.links.map((link) => ({ ...link, attributes: list(link.attributes) })),
        };
        const back = only(spansBody(sent));
        expect(back).toStrictEqual({
          ...read,
          resource: { attributes: new Map() },
          scope: { name: "", version: "" },
        });
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    ["{", /no JSON/],
    ["[]", /the body is a list; an object is accepted/],
    ['{"resourceLogs":[]}', /has no resourceSpans; it has "resourceLogs"/],
    ['{"resourceSpans":{}}', /resourceSpans is an object; a list is accepted/],
  ])("%s is unreadable, and the message says why", (body, message) => {
    expect(() => json("traces", body)).toThrow(UnreadableBody);
    expect(() => json("traces", body)).toThrow(message);
  });

  test("without anything in it is an empty batch", () => {
    expect(json("traces", {}).batch.length).toBe(0);
    expect(traces(new Uint8Array()).batch.length).toBe(0);
  });
});

test("a body of metrics is refused: nothing of it would be kept", () => {
  expect(() => receive({ signal: "metrics", encoding: "json", bytes: Buffer.from("{}") })).toThrow(
    UnreadableBody,
  );
});

test("an attribute over the limit is cut between characters, named beside itself, and counted", () => {
  const limit = policy("attributeLimitBytes");
  const tooLong = "é".repeat(limit);
  const { batch, rejections } = json("traces", {
    resourceSpans: [
      {
        resource: { attributes: [{ key: "argv", value: { stringValue: tooLong } }] },
        scopeSpans: [
          {
            spans: [
              span({
                attributes: [
                  { key: "prompt", value: { stringValue: tooLong } },
                  { key: "fits", value: { stringValue: "x".repeat(limit) } },
                ],
                events: [
                  {
                    name: "e",
                    attributes: [
                      {
                        key: "list",
                        value: {
                          arrayValue: {
                            values: [{ stringValue: tooLong }, { stringValue: "gone" }],
                          },
                        },
                      },
                    ],
                  },
                ],
              }),
            ],
          },
          { spans: [span()] },
        ],
      },
    ],
  });
  expect(rejections).toEqual([]);
  expect(batch.truncated).toBe(3);
  const read = batch.span(0);
  expect(read.attributes.get("prompt")).toBe("é".repeat(limit / 2));
  expect(read.attributes.get("fits")).toHaveLength(limit);
  expect(read.attributes.get(truncatedAttribute)).toEqual(["prompt", "events[0].list"]);
  expect(read.events[0]?.attributes.get("list")).toEqual(["é".repeat(limit / 2)]);
  expect(batch.span(1).resource.attributes.get(truncatedAttribute)).toEqual(["argv"]);
});

test("20,000 broken bodies: each is read or refused, what is accepted can be read, and siblings of a broken span live", () => {
  const seed = Date.now() % 2 ** 31;
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const bodies = fc.sample(fc.array(anySpan, { minLength: 3, maxLength: 3 }), {
    numRuns: 20,
    seed,
  });
  const wholes = bodies.map((spans) => {
    const scopeSpans = [{ spans: spans.map(({ sent }) => sent) }];
    const bytes = encoded("TracesData", { resourceSpans: [{ scopeSpans }] });
    return { bytes, batch: traces(bytes).batch };
  });
  console.info(`seed ${seed}`);
  for (let round = 0; round < 20_000; round++) {
    const { bytes: whole, batch: original } = wholes.at(round % wholes.length)!;
    const bytes = Buffer.from(whole);
    const inSpan = round % 2 === 0;
    const from = inSpan ? original.columns.starts.at(1)! : 0;
    const to = inSpan ? original.columns.ends.at(1)! : bytes.length;
    for (let change = 0; change <= random(3); change++)
      bytes[from + random(to - from)] = random(256);
    const cut = !inSpan && round % 5 === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
    try {
      const { batch, rejections } = traces(cut);
      for (let row = 0; row < batch.length; row++) batch.span(row);
      if (!inSpan) continue;
      expect(batch.length + rejections.length, `seed ${seed}`).toBe(3);
      expect(batch.span(0), `seed ${seed}`).toEqual(original.span(0));
      expect(batch.span(batch.length - 1), `seed ${seed}`).toEqual(original.span(2));
    } catch (cause) {
      if (!(cause instanceof UnreadableBody) || inSpan)
        throw new Error(`seed ${seed}, round ${round}`, { cause });
    }
  }
});

test("20,000 broken JSON bodies: each is read or refused, and nothing else happens", () => {
  const seed = Date.now() % 2 ** 31;
  const whole = JSON.stringify(
    spansBody(
      span({
        attributes: attribute({ arrayValue: { values: [{ intValue: "1" }] } }),
        events: [{ name: "e" }],
      }),
      span(),
    ),
  );
  const junk = fc.sample(
    fc.record({
      at: fc.nat(whole.length),
      drop: fc.nat(6),
      put: fc.constantFrom("", "null", "1", '"', "{}", "[]", "-", "true", '"x"'),
    }),
    { numRuns: 20_000, seed },
  );
  for (const { at, drop, put } of junk) {
    try {
      const { batch } = json("traces", whole.slice(0, at) + put + whole.slice(at + drop));
      for (let row = 0; row < batch.length; row++) batch.span(row);
    } catch (cause) {
      if (!(cause instanceof UnreadableBody)) throw new Error(`seed ${seed}, at ${at}`, { cause });
    }
  }
});
