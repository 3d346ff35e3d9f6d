import { packedCaptures } from "@rootward/pipeline/testing/captures";
import { receive } from "@rootward/pipeline/wire/receive";
import type { Random } from "../shared/random.ts";
import { referenceRecord } from "./reference.ts";
import type { Signal } from "./reference.ts";
import { encodeTree, field, varint } from "./tree.ts";
import type { Field } from "./tree.ts";

/** A record that a framework sent, in protobuf, with its resource and scope. */
export interface Seed {
  readonly signal: Signal;
  readonly record: Buffer;
  readonly resource: Buffer;
  readonly scope: Buffer;
}

/** Records of one run, in the order in which they came. */
export type Run = readonly Seed[];

const recordBytesMax = 6_000;

/** What real frameworks sent: the captured runs, without their longest records; and every key that their attributes have. */
export function corpus(): { readonly runs: readonly Run[]; readonly keys: readonly string[] } {
  const keys = new Set<string>();
  const runs = packedCaptures().map(({ bodies }) =>
    bodies.flatMap((body) => {
      const { batch } = receive(body);
      const { bytes, starts, ends, contextOf, contexts } = batch.columns;
      const slice = (start: number, end: number): Buffer => Buffer.from(bytes.slice(start, end));
      return Array.from({ length: batch.length }, (_, row): Seed => {
        const context = contexts[contextOf[row] ?? 0];
        if (context === undefined) throw new Error("a row without its context");
        const signal = batch.logCount > 0 ? "logs" : "traces";
        const record = slice(starts[row] ?? 0, ends[row] ?? 0);
        for (const key of referenceRecord(signal, record)?.attributes.keys() ?? []) keys.add(key);
        return {
          signal,
          record,
          resource: slice(context.resourceStart, context.resourceEnd),
          scope: slice(context.scopeStart, context.scopeEnd),
        };
      }).filter(({ record }) => record.length <= recordBytesMax);
    }),
  );
  return {
    runs: runs.filter((run) => run.length > 0),
    keys: [...keys].sort(),
  };
}

/** An AnyValue of any kind, nested or not. */
export function anyValue(random: Random, depth = 0): Field[] {
  const kind = random.below(depth < 4 ? 8 : 6);
  if (kind === 0) return [field(1, 2, Buffer.from(random.pick(words)))];
  if (kind === 1) return [field(2, 0, BigInt(random.below(2)))];
  if (kind === 2) return [field(3, 0, BigInt.asUintN(64, random.pick(integers)))];
  if (kind === 3) return [field(4, 1, double(random.pick(doubles)))];
  if (kind === 4) return [field(7, 2, random.bytes(random.below(9)))];
  if (kind === 5) return [];
  const many = Array.from({ length: random.below(4) }, () => anyValue(random, depth + 1));
  if (kind === 6)
    return [
      field(
        5,
        2,
        many.map((each) => field(1, 2, each)),
      ),
    ];
  return [
    field(
      6,
      2,
      many.map((each) => field(1, 2, keyValue(random.pick(words), each))),
    ),
  ];
}

/** The fields of a KeyValue. */
export function keyValue(key: string, value: Field[]): Field[] {
  return [field(1, 2, Buffer.from(key)), field(2, 2, value)];
}

const words = [
  "",
  "a",
  "refund",
  "résumé",
  "日本",
  "🦜",
  "__proto__",
  "constructor",
  "$int",
  "$map",
  "a.b.c",
  '{"a":1}',
  "\u0000",
] as const;
const integers = [0n, 1n, -1n, 127n, 128n, 2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)];
const doubles = [0, -0, 0.5, 1e308, -1e308, 5e-324, Number.NaN, Infinity, -Infinity, 2 ** 53 + 2];

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

/** A record made up, with values of every kind. */
export function madeUp(random: Random, signal: Signal): Seed {
  const attributes = (number: number): Field[] =>
    Array.from({ length: random.below(6) }, () =>
      field(number, 2, keyValue(random.pick(words), anyValue(random))),
    );
  const id = (number: number, length: number): Field => {
    const bytes = random.bytes(length);
    bytes[0] = 1 + random.below(255);
    return field(number, 2, bytes);
  };
  const time = (number: number): Field => field(number, 1, random.bytes(8));
  const text = (number: number): Field => field(number, 2, Buffer.from(random.pick(words)));
  const record =
    signal === "traces"
      ? [
          id(1, 16),
          id(2, 8),
          ...(random.chance(0.5) ? [id(4, 8)] : []),
          text(5),
          field(6, 0, BigInt(random.below(6))),
          time(7),
          time(8),
          ...attributes(9),
          field(11, 2, [time(1), text(2), ...attributes(3)]),
          field(13, 2, [id(1, 16), id(2, 8), ...attributes(4)]),
          field(15, 2, [text(2), field(3, 0, BigInt(random.below(3)))]),
        ]
      : [
          time(1),
          field(2, 0, BigInt(random.below(25))),
          ...(random.chance(0.5) ? [text(3)] : []),
          field(5, 2, anyValue(random)),
          ...attributes(6),
          ...(random.chance(0.5) ? [id(9, 16), id(10, 8)] : []),
          time(11),
          text(12),
        ];
  return {
    signal,
    record: encodeTree(record),
    resource: encodeTree(attributes(1)),
    scope: encodeTree([text(1), text(2)]),
  };
}

/** A length and the bytes behind it, under a tag. */
export function framed(number: number, content: Buffer): Buffer {
  return Buffer.concat([varint(BigInt(number * 8 + 2)), varint(BigInt(content.length)), content]);
}
