import { expect, test } from "vitest";
import type { ReadRun } from "@rootward/pipeline/ingest/read";
import { receive } from "@rootward/pipeline/wire/receive";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import { noSettings, type RootwardConfig } from "@rootward/pipeline/model/workflow";
import type { Store } from "@rootward/pipeline/ports";
import { buildDigest } from "@rootward/pipeline/testing/build-digest";
import { memoryStore } from "@rootward/pipeline/testing/memory-store";
import { gatheredOf, type Gathered } from "./gathered.ts";
import { newStages } from "./stages.ts";
import { split } from "./trace-content.ts";
import { bodyJson, spanIdOf, spanJson, traceIdOf } from "./testing/door.ts";
import { workflowBook } from "./workflow-book.ts";

/** Settings that tell from how many runs they were learned, up to ten, and what was declared. */
const learn: Parameters<typeof workflowBook>[2] = (runs, declared) => ({
  ...noSettings,
  retrievers: [...(declared?.retrievers ?? []), `learned from ${Math.min(10, runs.length)}`],
  origins: { retrievers: { from: "learned", evidence: `${runs.length} runs` } },
});

async function stored(store: Store, from: number, to: number): Promise<readonly RunDigest[]> {
  const runs = Array.from({ length: to - from }, (_, index) => buildDigest(from + index));
  await store.putRuns(runs, []);
  return runs;
}

test("a workflow is learned from its own runs; until then only what was declared is known", async () => {
  const store = memoryStore();
  const config: RootwardConfig = { workflows: { claims: { retrievers: ["find_policy"] } } };
  const book = workflowBook(store, config, learn);
  expect(book.of("claims", "production").retrievers).toEqual(["find_policy", "learned from 0"]);
  expect(book.of("unheard", "of")).toBe(noSettings);
  book.note(await stored(store, 0, 3));
  expect(await book.learn(true)).toMatchObject([{ workflow: "claims", environment: "production" }]);
  expect(book.of("claims", "production").retrievers).toEqual(["find_policy", "learned from 3"]);
  expect(book.of("claims", "staging").retrievers).toEqual(["find_policy", "learned from 0"]);
});

test("new evidence for the same guess is no change, and without new runs nothing is learned", async () => {
  const store = memoryStore();
  const book = workflowBook(store, {}, learn);
  book.note(await stored(store, 0, 20));
  expect(await book.learn(true)).toHaveLength(1);
  expect(await book.learn(true)).toEqual([]);
  book.note(await stored(store, 20, 40));
  expect(await book.learn(true)).toEqual([]);
  expect(book.of("claims", "production").origins["retrievers"]?.evidence).toBe("40 runs");
});

test("in passing a workflow is learned again after a fifth more runs, on request after any", async () => {
  const store = memoryStore();
  const book = workflowBook(store, {}, learn);
  book.note(await stored(store, 0, 5));
  await book.learn(false);
  book.note(await stored(store, 5, 6));
  expect(await book.learn(false)).toHaveLength(1);
  book.note(await stored(store, 6, 7));
  expect(await book.learn(false)).toEqual([]);
  expect(await book.learn(true)).toHaveLength(1);
});

test("runs that were measured while less was known are measured again, and only those are written", async () => {
  const store = memoryStore();
  const book = workflowBook(store, {}, learn);
  const spans = [0, 1, 2].map((index) => spanJson(traceIdOf(index), spanIdOf(index)));
  const bytes = new TextEncoder().encode(bodyJson(...spans));
  await store.put(receive({ signal: "traces", encoding: "json", bytes }).batch);
  const ids = [0, 1, 2].flatMap((index) => buildDigest(index).traceIds);
  // A run fails for as long as its workflow's retrievers are not known; the third one never does.
  const reader = (content: { readonly spans: readonly { readonly traceId: string }[] }) => {
    const index = ids.findIndex((id) => id === content.spans[0]?.traceId);
    const known = book.of("claims", "production").retrievers.length > 0;
    const failed: RunDigest["failed"] = known || index === 2 ? [] : ["grounded"];
    const digest = { ...buildDigest(index), failed };
    return [{ run: { id: digest.id, aliases: [] }, digest, texts: [] } as unknown as ReadRun];
  };
  const diagnose = async () => await Promise.reject(new Error("not asked here"));
  const settle = async (gathered: Iterable<Gathered>) => {
    const digests = [...gathered]
      .flatMap(({ content }) => reader(content()))
      .map((run) => run.digest);
    await store.putRuns(digests, []);
    return digests;
  };
  const signals = { note: () => undefined };
  const stages = newStages({ store, book, reader, signals, settler: { settle }, diagnose });
  const contents = [...split(await store.traces(ids)).values()];
  await stages.settle(contents.map(gatheredOf), 1n);
  expect(await store.runs({ failedOnly: true })).toHaveLength(2);
  const written: number[] = [];
  const working = { ...store };
  store.putRuns = async (runs, texts) => {
    written.push(runs.length);
    await working.putRuns(runs, texts);
  };
  await expect(stages.diagnose(true)).rejects.toThrow("not asked here");
  expect(await store.runs({ failedOnly: true })).toEqual([]);
  expect(written).toEqual([2]);
});
