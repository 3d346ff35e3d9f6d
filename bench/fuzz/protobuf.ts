import { anyValue, keyValue } from "./corpus.ts";
import { clocks, hostileText, varints } from "./hostile.ts";
import type { Random } from "../shared/random.ts";
import { schemas } from "./reference.ts";
import type { Signal } from "./reference.ts";
import { copied, encodeTree, field, listsIn, parseTree } from "./tree.ts";
import type { Field } from "./tree.ts";

/** Field numbers that no message of OTLP has. */
const unknownNumbers = [100, 1_000, 16_383, 2 ** 29 - 1] as const;

function unknownField(random: Random): Field {
  const number = random.pick(unknownNumbers);
  const wire = random.pick([0, 1, 2, 5]);
  if (wire === 0) return field(number, 0, random.pick(varints.slice(0, -1)));
  return field(number, wire, random.bytes(wire === 1 ? 8 : wire === 5 ? 4 : random.below(20)));
}

/** A body changed in ways that change nothing: unknown fields, fields in another order, numbers longer than they need be. */
export function harmless(random: Random, bytes: Buffer, signal: Signal): Buffer {
  const tree = copied(parseTree(bytes, schemas[signal]));
  for (let left = 1 + random.below(6); left > 0; left -= 1) {
    const list = random.pick(listsIn(tree));
    const kind = random.below(3);
    if (kind === 0 || list.length === 0) {
      list.splice(random.below(list.length + 1), 0, unknownField(random));
      continue;
    }
    const at = random.below(list.length);
    const each = list[at];
    if (each === undefined) continue;
    // Ten bytes are the longest number that protobuf knows.
    if (kind === 1)
      each.padding =
        typeof each.value === "bigint" && each.value >= 2n ** 49n ? 0 : random.below(4);
    else if (list.filter(({ number }) => number === each.number).length === 1) {
      list.splice(at, 1);
      list.splice(random.below(list.length + 1), 0, each);
    }
  }
  return encodeTree(tree);
}

type Change = (random: Random, list: Field[], at: number, each: Field) => void;

const changes: readonly Change[] = [
  (_random, list, at) => list.splice(at, 1),
  (random, list, at, each) => list.splice(at, 0, ...copied([each, each].slice(random.below(2)))),
  (random, list, at, each) =>
    list.splice(random.below(list.length), 0, ...list.splice(at, 1), each),
  (random, _list, _at, each) => {
    each.number = random.pick([0, 1, 2, 3, 4, 5, 6, 7, 9, 15, 16, 2 ** 29 - 1, 2 ** 29]);
  },
  (random, _list, _at, each) => {
    each.wire = random.below(8);
  },
  (random, _list, _at, each) => {
    each.lie = random.pick([-1, 1, -8, 8, 127, 2 ** 31, 2 ** 32, 2 ** 53]);
  },
  (random, _list, _at, each) => {
    each.padding = 1 + random.below(12);
  },
  (random, _list, _at, each) => {
    if (each.wire === 0) each.value = random.pick(varints);
    else if (each.fields === null && each.wire === 2)
      each.value = hostileText(random, bytesOf(each.value));
    else each.lie = -1;
  },
  (random, list, at) => list.splice(at, 0, unknownField(random)),
  (random, list, at) =>
    list.splice(at, 0, field(7, 3 + random.below(4), random.bytes(random.below(4)))),
  (random, _list, _at, each) => {
    each.fields = null;
    each.wire = 2;
    each.value = random.bytes(random.below(40));
  },
  (random, _list, _at, each) => {
    each.fields = nested(random.pick([2, 40, 64, 70, 200]));
    each.wire = 2;
  },
];

/** A list in a list in a list. */
function nested(depth: number): Field[] {
  let value: Field[] = [field(3, 0, 1n)];
  for (let level = 0; level < depth; level += 1)
    value =
      level % 2 === 0
        ? [field(5, 2, [field(1, 2, value)])]
        : [field(6, 2, [field(1, 2, keyValue("k", value))])];
  return value;
}

/** Changes a message anywhere inside, so that it may be no message of its type any more. */
export function changedRecord(random: Random, tree: Field[]): void {
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const list = random.pick(listsIn(tree).filter(({ length }) => length > 0));
    if (list === undefined) return;
    const at = random.below(list.length);
    const each = list[at];
    if (each !== undefined) random.pick(changes)(random, list, at, each);
    if (tree.length === 0) return;
  }
}

interface Numbers {
  readonly attribute: number;
  readonly times: readonly number[];
  readonly ids: readonly number[];
  readonly texts: readonly number[];
}

const numbersOf: Readonly<Record<Signal, Numbers>> = {
  traces: { attribute: 9, times: [7, 8], ids: [1, 2, 4], texts: [5] },
  logs: { attribute: 6, times: [1, 11], ids: [9, 10], texts: [3, 12] },
};

/** A record that is well formed and holds what a reader may stumble over: clocks, ids, keys, values. */
export function hostileRecord(
  random: Random,
  record: Buffer,
  signal: Signal,
  source: { readonly keys: readonly string[] },
): Buffer {
  const tree = copied(parseTree(record, signal === "traces" ? schemas.span : schemas.log));
  const known = numbersOf[signal];
  for (let left = 1 + random.below(4); left > 0; left -= 1) {
    const kind = random.below(12);
    if (kind === 0) setBytes(tree, random.pick(known.times), clock(random.pick(clocks)), 1);
    else if (kind === 1) setBytes(tree, random.pick(known.ids), idOf(random, tree, known), 2);
    else if (kind === 2) changeText(random, tree, known);
    else if (kind === 3)
      tree.push(
        field(known.attribute, 2, keyValue(random.pick(source.keys), nested(random.below(66)))),
      );
    else if (kind === 4) tree.push(...twice(random, tree, known));
    else if (kind <= 7) changeAttribute(random, tree, known);
    else {
      const value = random.chance(0.7)
        ? [field(1, 2, hostileText(random, textsIn(random, tree)))]
        : anyValue(random);
      tree.push(field(known.attribute, 2, keyValue(random.pick(source.keys), value)));
    }
  }
  return encodeTree(tree);
}

function clock(nanos: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(nanos);
  return bytes;
}

function setBytes(tree: Field[], number: number, value: Buffer, wire: number): void {
  const found = tree.find((each) => each.number === number);
  if (found === undefined) tree.push(field(number, wire, value));
  else found.value = value;
}

/** Zeroes, another length, or another id of the record: a span that is its own parent. */
function idOf(random: Random, tree: readonly Field[], known: Numbers): Buffer {
  const kind = random.below(4);
  if (kind === 0) return Buffer.alloc(random.pick([8, 16]));
  if (kind === 1) return random.bytes(random.pick([0, 1, 7, 8, 9, 15, 16, 17, 64]));
  const other = tree.find(({ number }) => number === random.pick(known.ids));
  return other === undefined ? Buffer.alloc(8, 1) : bytesOf(other.value);
}

function attributesIn(tree: readonly Field[], known: Numbers): readonly Field[] {
  return tree.filter(({ number, fields }) => number === known.attribute && fields !== null);
}

function changeText(random: Random, tree: Field[], known: Numbers): void {
  setBytes(tree, random.pick(known.texts), hostileText(random, textsIn(random, tree)), 2);
}

/** The bytes of a field; none of a number. */
function bytesOf(value: Field["value"]): Buffer {
  return typeof value === "bigint" ? Buffer.alloc(0) : Buffer.from(value);
}

/** Some text of the record. */
function textsIn(random: Random, tree: Field[]): Buffer {
  const texts = listsIn(tree).flatMap((list) =>
    list.flatMap(({ value, fields, wire }) =>
      wire === 2 && fields === null && bytesOf(value).length > 0 ? [bytesOf(value)] : [],
    ),
  );
  return texts.length === 0 ? Buffer.from("[]") : random.pick(texts);
}

/** An attribute once more, with another value: the last one stays. */
function twice(random: Random, tree: readonly Field[], known: Numbers): Field[] {
  const found = attributesIn(tree, known);
  if (found.length === 0) return [];
  const key = random.pick(found).fields?.find(({ number }) => number === 1)?.value;
  return [field(known.attribute, 2, keyValue(bytesOf(key ?? 0n).toString(), anyValue(random)))];
}

function changeAttribute(random: Random, tree: Field[], known: Numbers): void {
  const found = attributesIn(tree, known);
  if (found.length === 0) return;
  const value = random.pick(found).fields?.find(({ number }) => number === 2);
  if (value?.fields === null || value === undefined) return;
  const [text] = value.fields;
  if (
    text !== undefined &&
    typeof text.value !== "bigint" &&
    text.fields === null &&
    random.chance(0.8)
  )
    text.value = hostileText(random, bytesOf(text.value));
  else value.fields = anyValue(random);
}
