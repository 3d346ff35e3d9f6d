import { changedBytes } from "./hostile.ts";
import { jsonCase } from "./json.ts";
import { changedRecord, harmless, hostileRecord } from "./protobuf.ts";
import { randomOf } from "../shared/random.ts";
import type { Random } from "../shared/random.ts";
import { schemas } from "./reference.ts";
import type { Signal } from "./reference.ts";
import { shaped } from "./shapes.ts";
import { encodeTree, field, parseTree } from "./tree.ts";
import { bodyOf, intactOf, layoutOf, wholeOf } from "./whole.ts";
import type { Case, Made, Source, Whole } from "./whole.ts";

type Make = (random: Random, whole: Whole, source: Source) => Made;

/** A body in which some records are replaced; the others must live. */
function recordsReplaced(
  kind: string,
  change: (random: Random, record: Buffer, signal: Signal, source: Source) => Buffer,
): Make {
  return (random, whole, source) => {
    const { layout, places, expected } = whole;
    const broken = new Set([random.below(places.length)]);
    if (random.chance(0.3)) broken.add(random.below(places.length));
    const records = whole.records.map((record, index) =>
      broken.has(index) ? change(random, record, layout.signal, source) : record,
    );
    return {
      kind,
      signal: layout.signal,
      encoding: "protobuf",
      bytes: bodyOf(layout, records),
      places,
      intact: intactOf(places, expected, broken),
    };
  };
}

function bodyChanged(kind: string, change: (random: Random, whole: Whole) => Buffer): Make {
  return (random, whole) => ({
    kind,
    signal: whole.layout.signal,
    encoding: "protobuf",
    bytes: change(random, whole),
    places: null,
    intact: new Map(),
  });
}

function bodyTree(random: Random, whole: Whole): Buffer {
  const tree = parseTree(whole.bytes, schemas[whole.layout.signal]);
  changedRecord(random, tree);
  return encodeTree(tree);
}

const makers: readonly (readonly [weight: number, make: Make])[] = [
  [
    8,
    (random, whole) => ({
      kind: "harmless",
      signal: whole.layout.signal,
      encoding: "protobuf",
      bytes: harmless(random, whole.bytes, whole.layout.signal),
      places: whole.places,
      intact: intactOf(whole.places, whole.expected, new Set()),
    }),
  ],
  [14, recordsReplaced("record bytes", (random, record) => changedBytes(random, record))],
  [
    16,
    recordsReplaced("record fields", (random, record, signal) => {
      const tree = parseTree(record, signal === "traces" ? schemas.span : schemas.log);
      changedRecord(random, tree);
      return encodeTree(tree);
    }),
  ],
  [22, recordsReplaced("record values", hostileRecord)],
  [8, bodyChanged("body bytes", (random, whole) => changedBytes(random, whole.bytes))],
  [8, bodyChanged("body fields", bodyTree)],
  [
    2,
    bodyChanged("cut off", (random, whole) =>
      whole.bytes.subarray(0, random.below(whole.bytes.length + 1)),
    ),
  ],
  [
    2,
    bodyChanged("garbage behind", (random, whole) =>
      Buffer.concat([whole.bytes, random.bytes(1 + random.below(40))]),
    ),
  ],
  [1, bodyChanged("garbage", (random) => random.bytes(random.below(200)))],
  [
    1,
    bodyChanged("group", (random, whole) => {
      const tree = parseTree(whole.bytes, schemas[whole.layout.signal]);
      tree.splice(random.below(tree.length + 1), 0, field(9, 3 + random.below(2), Buffer.alloc(0)));
      return encodeTree(tree);
    }),
  ],
  [26, jsonCase],
];

/** One in so many bodies has an unusual shape: thousands of spans, a million fields, texts over a megabyte. */
export const shapedEvery = 1_000;

/** What a reader has not met in the captures themselves. */
const alwaysRead = new Set(["record values", "JSON, records", "JSON, body"]);
const readEvery = 4;

/** Bodies one after the other that are made of the same records. */
const bodiesOfOne = 4;
let last: { readonly key: string; readonly whole: Whole } | null = null;

function wholeFor(seed: number, round: number, source: Source): Whole {
  const group = Math.floor(round / bodiesOfOne);
  const key = `${seed} ${group}`;
  if (last?.key !== key)
    last = { key, whole: wholeOf(layoutOf(randomOf(seed, -1 - group), source)) };
  return last.whole;
}

/** The body of one round of a seed: always the same. */
export function caseAt(source: Source, seed: number, round: number): Case {
  const random = randomOf(seed, round);
  if (round % shapedEvery === shapedEvery - 1)
    return shaped(random, Math.floor(round / shapedEvery));
  const make = random.weighted(makers);
  const made = make(random, wholeFor(seed, round, source), source);
  return { ...made, isRead: alwaysRead.has(made.kind) || round % readEvery === 0 };
}
