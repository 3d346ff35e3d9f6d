import { describe, expect, test } from "vitest";
import type { LogRecord, Span } from "../model/span.ts";
import { receive, UnreadableBody } from "./receive.ts";

/** A message of protobuf from its fields: bytes are written with their length, numbers as varints. */
function message(
  ...fields: readonly (readonly [number: number, value: Uint8Array | bigint])[]
): Buffer {
  return Buffer.concat(
    fields.flatMap(([number, value]) =>
      typeof value === "bigint"
        ? [varint(BigInt(number * 8)), varint(value)]
        : [varint(BigInt(number * 8 + 2)), varint(BigInt(value.length)), value],
    ),
  );
}

function varint(value: bigint): Buffer {
  return value < 128n
    ? Buffer.from([Number(value)])
    : Buffer.concat([Buffer.from([Number(value & 127n) + 128]), varint(value >> 7n)]);
}

const text = (of: string): Buffer => Buffer.from(of);
const ids = [
  [1, Buffer.from("0af7651916cd43dd8448eb211c80319c", "hex")],
  [2, Buffer.from("b7ad6b7169203331", "hex")],
] as const;
const attribute = (key: string, ...values: readonly Buffer[]): Buffer =>
  message([1, text(key)], ...values.map((value) => [2, value] as const));
const stringValue = (of: string): Buffer => message([1, text(of)]);
const listOf = (...values: readonly Buffer[]): Buffer =>
  message([5, message(...values.map((value) => [1, value] as const))]);

function spanIn(
  span: Buffer,
  resource: readonly Buffer[] = [],
  scope: readonly Buffer[] = [],
): Span {
  const named = scope.map((each) => [1, each] as const);
  const bytes = message([
    1,
    message(...resource.map((each) => [1, each] as const), [2, message(...named, [2, span])]),
  ]);
  const { batch, rejections } = receive({ signal: "traces", encoding: "protobuf", bytes });
  expect(rejections).toEqual([]);
  return batch.span(0);
}

describe("a message that comes in pieces is the one that protobuf makes of them", () => {
  test("a resource and a scope", () => {
    const { resource, scope } = spanIn(
      message(...ids),
      [
        message([1, attribute("a", stringValue("1"))]),
        message(),
        message([1, attribute("b", stringValue("2"))]),
      ],
      [message([1, text("lib")]), message([2, text("1.0")])],
    );
    expect(resource.attributes).toEqual(
      new Map([
        ["a", "1"],
        ["b", "2"],
      ]),
    );
    expect(scope).toEqual({ name: "lib", version: "1.0" });
  });

  test("a value: the last kind stays, lists grow, and an empty piece takes nothing away", () => {
    const { attributes } = spanIn(
      message(
        ...ids,
        [9, attribute("kept", stringValue("x"), message())],
        [9, attribute("list", listOf(stringValue("x")), listOf(stringValue("y")))],
        [9, attribute("other kind", listOf(stringValue("x")), stringValue("y"))],
        [9, attribute("in one", Buffer.concat([listOf(stringValue("x")), listOf(message())]))],
      ),
    );
    expect(attributes).toEqual(
      new Map<string, unknown>([
        ["kept", "x"],
        ["list", ["x", "y"]],
        ["other kind", "y"],
        ["in one", ["x", null]],
      ]),
    );
  });
});

test("of an enum that is longer than 32 bits the lower ones count", () => {
  expect(spanIn(message(...ids, [6, 2n ** 32n + 3n])).kind).toBe("client");
  expect(spanIn(message(...ids, [15, message([3, 2n ** 32n + 2n])])).statusCode).toBe("error");
});

const json = (signal: "traces" | "logs", body: unknown) =>
  receive({ signal, encoding: "json", bytes: Buffer.from(JSON.stringify(body)) });

test.each([[{ toString: 1, valueOf: 2 }], [[[]]], [null], [true], ["x"]])(
  "a severity that is no number (%j) is none, and its record is kept",
  (severityNumber) => {
    const { batch } = json("logs", {
      resourceLogs: [{ scopeLogs: [{ logRecords: [{ severityNumber, eventName: "e" }] }] }],
    });
    expect(batch.log(0)).toMatchObject({
      severity: "",
      eventName: "e",
    } satisfies Partial<LogRecord>);
  },
);

test("records under a broken scope are rejected one by one: accepted + rejected = received", () => {
  const span = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };
  const { batch, rejections } = json("traces", {
    resourceSpans: [
      { scopeSpans: [{ scope: { name: 5 }, spans: [span, span] }, { spans: [span] }] },
    ],
  });
  expect(batch.length).toBe(1);
  expect(rejections).toEqual([
    {
      reason: "its scope: name is 5; a text is accepted",
      at: "resourceSpans[0].scopeSpans[0].spans[0]",
    },
    {
      reason: "its scope: name is 5; a text is accepted",
      at: "resourceSpans[0].scopeSpans[0].spans[1]",
    },
  ]);
});

describe("a small body cannot fill the memory", () => {
  test("scopes without records leave nothing behind, in either encoding", () => {
    const empty = Buffer.from("1200".repeat(100_000), "hex");
    const bytes = message([1, empty]);
    const { batch } = receive({ signal: "traces", encoding: "protobuf", bytes });
    expect(batch.columns.contexts).toEqual([]);
    const scopeSpans = Array.from({ length: 1_000 }, () => ({}));
    expect(json("traces", { resourceSpans: [{ scopeSpans }] }).batch.columns.contexts).toEqual([]);
  });

  test("more than a million broken entries in JSON are one refusal", { timeout: 300_000 }, () => {
    const bytes = Buffer.from(`{"resourceSpans":[${"1,".repeat(1_000_001)}1]}`);
    let thrown: unknown;
    try {
      receive({ signal: "traces", encoding: "json", bytes });
    } catch (cause) {
      thrown = cause;
    }
    expect(thrown).toBeInstanceOf(UnreadableBody);
    expect(String(thrown)).toMatch(/holds more than 1000000 records/);
  });
});
