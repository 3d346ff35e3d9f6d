import type { Case } from "./whole.ts";
import { framed, keyValue } from "./corpus.ts";
import type { Random } from "../shared/random.ts";
import { encodeTree, field } from "./tree.ts";
import type { Field } from "./tree.ts";

const traceId = Buffer.from("0af7651916cd43dd8448eb211c80319c", "hex");

function spanId(number: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(number + 1, 4);
  return bytes;
}

function span(number: number, parent: number | null, more: readonly Field[] = []): Buffer {
  const time = Buffer.alloc(8);
  time.writeBigUInt64LE(1_700_000_000_000_000_000n + BigInt(number));
  return encodeTree([
    field(1, 2, traceId),
    field(2, 2, spanId(number)),
    ...(parent === null ? [] : [field(4, 2, spanId(parent))]),
    field(5, 2, Buffer.from("chat")),
    field(7, 1, time),
    field(8, 1, time),
    ...more,
  ]);
}

const text = (key: string, value: string): Field =>
  field(9, 2, keyValue(key, [field(1, 2, Buffer.from(value))]));

function many<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** Trees and values of a shape that no application has, but that a sender may send. */
const shapes: Readonly<Record<string, (random: Random) => readonly Buffer[]>> = {
  "a chain of spans": (random) =>
    many(1 + random.below(3_000), (index) => span(index, index === 0 ? null : index - 1)),
  "a chain without a beginning": (random) =>
    many(1 + random.below(3_000), (index) => span(index, index + 1)),
  "a circle of spans": (random) => {
    const count = 1 + random.below(1_000);
    return many(count, (index) => span(index, (index + 1) % count));
  },
  "children of one": (random) =>
    many(1 + random.below(3_000), (index) => span(index, index === 0 ? null : 0)),
  "one id for all": (random) =>
    many(1 + random.below(1_000), () => span(1, random.chance(0.5) ? 1 : null)),
  "parents at random": (random) => {
    const count = 1 + random.below(1_000);
    return many(count, (index) => span(index, random.chance(0.1) ? null : random.below(count)));
  },
  "agents in agents": (random) =>
    many(1 + random.below(400), (index) =>
      span(index, index === 0 ? null : index - 1, [
        text("gen_ai.operation.name", "invoke_agent"),
        text("gen_ai.agent.name", `agent ${random.below(index + 1)}`),
      ]),
    ),
  "tools that call one another": (random) =>
    many(1 + random.below(400), (index) =>
      span(index, index === 0 ? null : random.below(index), [
        text("gen_ai.operation.name", "execute_tool"),
        text("gen_ai.tool.name", "search"),
        text("gen_ai.tool.call.id", `call ${random.below(5)}`),
        text("gen_ai.tool.call.result", '{"id":"doc-1"}'),
      ]),
    ),
  "many attributes": (random) => [
    span(
      0,
      null,
      many(random.below(30_000), (index) => text(`key ${index}`, "v")),
    ),
  ],
  "one attribute many times": (random) => [
    span(
      0,
      null,
      many(random.below(30_000), () => text("gen_ai.prompt", "v")),
    ),
  ],
  "many events and links": (random) => [
    span(0, null, [
      ...many(random.below(10_000), () => field(11, 2, [field(2, 2, Buffer.from("e"))])),
      ...many(random.below(10_000), (index) =>
        field(13, 2, [field(1, 2, traceId), field(2, 2, spanId(index))]),
      ),
    ]),
  ],
  "a text over the limit": (random) => [
    span(0, null, [
      text(
        "gen_ai.input.messages",
        `[{"role":"user","content":"${"é".repeat(300_000 + random.below(400_000))}`,
      ),
      text("k".repeat(random.below(1_200_000)), "v".repeat(random.below(1_200_000))),
    ]),
  ],
  "deep JSON in a text": (random) => [
    span(0, null, [
      text("gen_ai.operation.name", "chat"),
      text(
        random.pick([
          "gen_ai.input.messages",
          "gen_ai.output.messages",
          "input.value",
          "output.value",
          "gen_ai.tool.call.arguments",
          "gen_ai.tool.call.result",
          "gen_ai.retrieval.documents",
        ]),
        random
          .pick(["[", '{"a":', "[1,", '[{"content":', '{"messages":[', "(", "{'a':"])
          .repeat(1 + random.below(40_000)),
      ),
    ]),
  ],
  "a key of many parts": (random) => [
    span(0, null, [
      text("gen_ai.operation.name", "chat"),
      text(
        `${random.pick(["gen_ai.prompt", "llm.input_messages", "llm.output_messages", "gen_ai.completion"])}${random.pick([".0", ".a", "."]).repeat(1 + random.below(20_000))}`,
        "x",
      ),
      text("llm.input_messages.0.message.content", "x"),
    ]),
  ],
  "JSON that was cut, of many commas": (random) => [
    span(0, null, [
      text("gen_ai.operation.name", "chat"),
      text(
        "gen_ai.output.messages",
        random
          .pick(["[1,", "[[],", '{"a":1,"b":', '["\\",'] as const)
          .repeat(1 + random.below(60_000)),
      ),
    ]),
  ],
  "a list of half a million numbers": () => [
    span(0, null, [
      field(
        9,
        2,
        keyValue("gen_ai.embeddings", [
          field(5, 2, Buffer.from("0a021801".repeat(250_000), "hex")),
        ]),
      ),
    ]),
  ],
  "more fields than are accepted": () => [
    span(
      0,
      null,
      many(1_000_001, () => field(500, 0, 1n)),
    ),
  ],
  "empty records": (random) => many(random.below(20_000), () => Buffer.alloc(0)),
  "long runs of one character": (random) => [
    span(0, null, [
      text("gen_ai.operation.name", "chat"),
      text(
        "gen_ai.output.messages",
        random
          .pick([" ", "\n", "a", "(", "[1]", "0", "-", "'", '\\"', "<", "`"])
          .repeat(random.below(60_000)),
      ),
      text(
        "output.value",
        random
          .pick([" ", "\t\n", "source: ", "[doc-", "https://a.b/", "id=", "ID: ", "…", "【", "`"])
          .repeat(random.below(30_000)),
      ),
    ]),
  ],
};

/** How many shapes there are. */
export const shapeCount = Object.keys(shapes).length;

/** A body of an unusual shape: of the one with this number. */
export function shaped(random: Random, number: number): Case {
  const name = Object.keys(shapes)[number % shapeCount] ?? "";
  const records = shapes[name]?.(random) ?? [];
  const scope = Buffer.concat(records.map((record) => framed(2, record)));
  return {
    kind: `shape: ${name}`,
    signal: "traces",
    encoding: "protobuf",
    bytes: framed(1, framed(2, scope)),
    places: records.map((_, index) => `resourceSpans[0].scopeSpans[0].spans[${index}]`),
    isRead: true,
    intact: new Map(),
  };
}
