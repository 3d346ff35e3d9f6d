import type { Random } from "../shared/random.ts";

/** Bytes that are no UTF-8, or hardly. */
const brokenTexts = [
  [0xff],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xe2, 0x82],
  [0x80, 0x80, 0x80],
  [0xef, 0xbb, 0xbf],
  [0x00],
].map((bytes) => Buffer.from(bytes));

const openings = [
  "[",
  '{"a":',
  "[1,",
  "[[],",
  "(",
  "{'a':",
  "{",
  "'",
  '"',
  "\\",
  "<a ",
  "Tool(x=",
  "```",
];
const oddTexts = [
  "",
  " ",
  "null",
  "NaN",
  "1e400",
  "-0",
  "99999999999999999999999",
  "true",
  '"',
  '"\\ud800"',
  "[]",
  "{}",
  "[null]",
  '{"__proto__":{"role":"x"}}',
  '{"constructor":1,"toString":2,"valueOf":3,"length":-1}',
  '{"role":{"toString":1},"content":[[[]]]}',
  '[{"role":"assistant","content":null,"tool_calls":[{"id":null,"function":null}]}]',
  '[{"role":"assistant","tool_calls":[{"function":{"name":{},"arguments":{"toString":1}}}]}]',
  '{"messages":[[{"role":"user","content":{"parts":1e999}}]]}',
  '[{"type":"tool_use","id":[],"name":1,"input":"{"}]',
  '{"documents":[{"document":{"id":{},"score":"NaN","content":[]}}]}',
  "data: {}\n\ndata: [DONE]",
  "[1] [2][3](4) doc#5 <cite>6</cite> 【7†source】",
  "Thought:\nAction: x\nAction Input: {\nObservation:",
  "\u2028\u2029\ufeff\u0000\u001b[0m",
  "__proto__",
  "toString",
  "hasOwnProperty",
] as const;

const depths = [3, 64, 65, 500, 3_000] as const;

/** A text that a reader may stumble over: odd, deep, long, broken, or an expected one with something wrong in it. */
export function hostileText(random: Random, known: Buffer): Buffer {
  const kind = random.below(10);
  if (kind === 0) return random.pick(brokenTexts);
  if (kind === 1) return Buffer.from(random.pick(oddTexts));
  if (kind === 2) {
    const depth = random.pick(depths);
    const [open, close] = random.pick([
      ["[", "]"],
      ['{"a":', "}"],
      ['[{"content":', "}]"],
      ['{"kwargs":', "}"],
    ] as const);
    return Buffer.from(open.repeat(depth) + "1" + close.repeat(random.chance(0.7) ? depth : 0));
  }
  if (kind === 3) return Buffer.from(random.pick(openings).repeat(random.pick(depths)));
  if (kind === 4) return Buffer.from(JSON.stringify(known.toString("utf8")));
  return changedText(random, known);
}

/** A text with a few changes: what it holds is cut, doubled, dropped, or something odd is put into it. */
export function changedText(random: Random, known: Buffer): Buffer {
  let bytes = known;
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const at = random.below(bytes.length + 1);
    const to = Math.min(bytes.length, at + random.below(random.chance(0.8) ? 8 : 400));
    const [before, part, after] = [
      bytes.subarray(0, at),
      bytes.subarray(at, to),
      bytes.subarray(to),
    ];
    const kind = random.below(5);
    if (kind === 0) bytes = Buffer.concat([before, after]);
    else if (kind === 1) bytes = Buffer.concat([before, part, part, after]);
    else if (kind === 2) bytes = before;
    else if (kind === 3) bytes = Buffer.concat([before, random.pick(brokenTexts), after]);
    else bytes = Buffer.concat([before, Buffer.from(random.pick(oddTexts)), after]);
  }
  return bytes;
}

/** Clocks: none, the first, the last that fits, 2262 and what lies beyond int64. */
export const clocks = [
  0n,
  1n,
  999_999_999n,
  4_102_444_800_000_000_000n,
  9_223_372_036_854_775_807n,
  9_223_372_036_854_775_808n,
  9_223_372_037_000_000_000n,
  2n ** 64n - 1n,
] as const;

/** Varints that a reader may stumble over: long, longer than 64 bits, negative. */
export const varints = [
  0n,
  1n,
  127n,
  128n,
  2n ** 31n,
  2n ** 32n,
  2n ** 32n + 3n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
  2n ** 69n,
] as const;

/** Bytes changed anywhere: flipped, dropped, doubled, put in, cut off, moved. */
export function changedBytes(random: Random, of: Buffer): Buffer {
  let bytes = Buffer.from(of);
  for (let left = 1 + random.below(4); left > 0; left -= 1) {
    const at = random.below(bytes.length);
    const to = Math.min(bytes.length, at + 1 + random.below(random.chance(0.8) ? 4 : 64));
    const kind = random.below(8);
    if (kind <= 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    else if (kind === 2) bytes[at] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)]);
    else if (kind === 3) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
    else if (kind === 4)
      bytes = Buffer.concat([bytes.subarray(0, to), bytes.subarray(at, to), bytes.subarray(to)]);
    else if (kind === 5)
      bytes = Buffer.concat([
        bytes.subarray(0, at),
        random.bytes(1 + random.below(8)),
        bytes.subarray(at),
      ]);
    else if (kind === 6)
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(11, 0xff), bytes.subarray(at)]);
    else if (random.chance(0.5)) bytes = Buffer.from(bytes.subarray(0, at));
    else bytes = Buffer.concat([bytes, random.bytes(1 + random.below(16))]);
    if (bytes.length === 0) return bytes;
  }
  return bytes;
}
