import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { openQueue, type Queue } from "./queue.ts";
import type { Entry } from "./segment.ts";

const root = mkdtempSync(join(tmpdir(), "rootward-queue-"));
afterAll(() => rmSync(root, { recursive: true }));

let folders = 0;
function newFolder(): string {
  folders += 1;
  return join(root, String(folders));
}

interface Dropped {
  readonly records: number;
  readonly why: string;
}

async function open(
  folder: string,
  limits: { limitBytes?: number; segmentBytes?: number } = {},
  dropped: Dropped[] = [],
): Promise<Queue> {
  return await openQueue({
    folder,
    limitBytes: limits.limitBytes ?? 1_000_000,
    segmentBytes: limits.segmentBytes ?? 100_000,
    onDropped: (records, why) => dropped.push({ records, why }),
  });
}

function entry(text: string, signal: Entry["signal"] = "traces", records = 1): Entry {
  return { signal, records, body: Buffer.from(text) };
}

/** Everything that is left, in order. */
async function drained(queue: Queue): Promise<readonly string[]> {
  const texts: string[] = [];
  for (;;) {
    const batch = await queue.next(1);
    if (batch === null) return texts;
    texts.push(...batch.bodies.map(String));
    await queue.done(batch);
  }
}

function segments(folder: string): readonly string[] {
  return readdirSync(folder).filter((file) => file.endsWith(".otlp"));
}

test("what goes in comes out in order, and nothing is left behind", async () => {
  const folder = newFolder();
  const queue = await open(folder, { segmentBytes: 40 });
  const texts = Array.from({ length: 20 }, (_, index) => `body ${index}`);
  for (const text of texts) await queue.append([entry(text, "traces", 3)]);
  expect(queue.waiting.records).toBe(60);
  expect(await drained(queue)).toEqual(texts);
  expect(queue.waiting).toEqual({ bytes: 0, records: 0 });
  await queue.close();
  await (await open(folder)).close();
  expect(segments(folder)).toEqual([]);
});

test("a batch holds entries of one signal, up to the bytes that are asked for but at least one", async () => {
  const queue = await open(newFolder());
  await queue.append([entry("a"), entry("bb"), entry("l", "logs"), entry("ccccc"), entry("d")]);
  const batches: string[] = [];
  for (let batch = await queue.next(4); batch !== null; batch = await queue.next(4)) {
    batches.push(`${batch.signal} ${batch.bodies.map(String).join(",")}`);
    await queue.done(batch);
  }
  expect(batches).toEqual(["traces a,bb", "logs l", "traces ccccc", "traces d"]);
  await queue.close();
});

test("a batch that is not done is the next one again, also after a restart; a done one never is", async () => {
  const folder = newFolder();
  const first = await open(folder);
  await first.append([entry("a"), entry("b"), entry("c")]);
  const batch = await first.next(1);
  if (batch !== null) await first.done(batch);
  expect((await first.next(1))?.bodies.map(String)).toEqual(["b"]);
  expect((await first.next(1))?.bodies.map(String)).toEqual(["b"]);
  await first.close();
  const second = await open(folder);
  expect(second.waiting.records).toBe(2);
  await second.append([entry("d")]);
  expect(await drained(second)).toEqual(["b", "c", "d"]);
  await second.close();
});

test("a queue that was not closed has everything that was appended", async () => {
  const folder = newFolder();
  const killed = await open(folder, { segmentBytes: 60 });
  for (const text of ["a", "b", "c", "d", "e"]) await killed.append([entry(text.repeat(10))]);
  const next = await open(folder);
  expect(await drained(next)).toEqual(["a", "b", "c", "d", "e"].map((text) => text.repeat(10)));
  await next.close();
  await killed.close();
});

test("a tail that is cut off at any byte costs the entries in it and none before", async () => {
  const folder = newFolder();
  const queue = await open(folder);
  await queue.append([entry("first"), entry("second")]);
  await queue.close();
  const [file = ""] = segments(folder);
  const whole = readFileSync(join(folder, file));
  const firstEnd = 13 + "first".length;
  for (let length = 0; length < whole.length; length += 1) {
    const torn = newFolder();
    await (await open(torn)).close();
    writeFileSync(join(torn, file), whole.subarray(0, length));
    const again = await open(torn);
    expect(await drained(again)).toEqual(length < firstEnd ? [] : ["first"]);
    await again.append([entry("third")]);
    expect(await drained(again)).toEqual(["third"]);
    await again.close();
  }
});

test("bytes behind the last entry that are none are cut off", async () => {
  const folder = newFolder();
  const queue = await open(folder);
  await queue.append([entry("first")]);
  await queue.close();
  const [file = ""] = segments(folder);
  appendFileSync(join(folder, file), Buffer.alloc(100, 7));
  const again = await open(folder);
  expect(await drained(again)).toEqual(["first"]);
  await again.close();
});

test("a segment that goes bad while it waits is counted as dropped, and the next one is delivered", async () => {
  const folder = newFolder();
  const dropped: Dropped[] = [];
  const queue = await open(folder, { segmentBytes: 1 }, dropped);
  await queue.append([entry("first", "traces", 5)]);
  await queue.append([entry("second")]);
  const [file = ""] = segments(folder);
  truncateSync(join(folder, file), 15);
  expect(await drained(queue)).toEqual(["second"]);
  expect(dropped).toEqual([
    { records: 5, why: expect.stringMatching(/0000000001\.otlp is damaged/) },
  ]);
  await queue.close();
});

test("a full queue drops the oldest segment that is not being sent, and counts it", async () => {
  const folder = newFolder();
  const dropped: Dropped[] = [];
  const frame = 13 + 10;
  const limits = { limitBytes: 4 * frame, segmentBytes: 1 };
  const queue = await open(folder, limits, dropped);
  for (const letter of "abcdefg") await queue.append([entry(letter.repeat(10), "traces", 2)]);
  expect(dropped).toEqual(
    Array.from({ length: 3 }, () => ({
      records: 2,
      why: `the queue is full: ${4 * frame} bytes wait`,
    })),
  );
  expect(queue.waiting).toEqual({ bytes: 4 * frame, records: 8 });
  expect((await drained(queue)).map((text) => text[0]).join("")).toBe("aefg");
  await queue.append([entry("x".repeat(100))]);
  expect(dropped.at(-1)?.why).toMatch(/full, and nothing older can make room/);
  await queue.close();
});

test("a disk that cannot be written costs what was to be written, and nothing else", async () => {
  const folder = newFolder();
  const dropped: Dropped[] = [];
  const queue = await open(folder, { segmentBytes: 1 }, dropped);
  await queue.append([entry("a")]);
  rmSync(folder, { recursive: true });
  await queue.append([entry("b", "traces", 7)]);
  expect(dropped).toEqual([
    { records: 7, why: expect.stringMatching(/cannot be written: ENOENT/) },
  ]);
  await queue.close();
});

test("whatever is done in whatever order, each entry comes out once and in order", async () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("append" as const),
      sizes: fc.array(fc.nat(40), { minLength: 1, maxLength: 4 }),
    }),
    fc.record({ kind: fc.constant("deliver" as const), most: fc.nat(100) }),
    fc.record({ kind: fc.constant("look" as const) }),
    fc.record({ kind: fc.constant("restart" as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const folder = newFolder();
      let queue = await open(folder, { segmentBytes: 100 });
      const put: string[] = [];
      const got: string[] = [];
      for (const one of steps) {
        if (one.kind === "append") {
          const texts = one.sizes.map((size, index) => `${put.length + index}:${"x".repeat(size)}`);
          put.push(...texts);
          await queue.append(texts.map((text) => entry(text)));
        } else if (one.kind === "deliver") {
          const batch = await queue.next(one.most);
          if (batch === null) continue;
          got.push(...batch.bodies.map(String));
          await queue.done(batch);
        } else if (one.kind === "look") {
          await queue.next(50);
        } else {
          await queue.close();
          queue = await open(folder, { segmentBytes: 100 });
        }
        expect(queue.waiting.records).toBe(put.length - got.length);
      }
      got.push(...(await drained(queue)));
      await queue.close();
      expect(got).toEqual(put);
    }),
    { numRuns: 60 },
  );
});
