import { expect, test } from "vitest";
import type { ReadRun } from "@rootward/pipeline/ingest/read";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import type { TraceContent } from "@rootward/pipeline/model/span";
import { buildDigest } from "@rootward/pipeline/testing/build-digest";
import { memoryStore } from "@rootward/pipeline/testing/memory-store";
import { receive } from "@rootward/pipeline/wire/receive";
import { remeasureOver } from "./remeasure.ts";
import { bodyJson, spanIdOf, spanJson } from "./testing/door.ts";

const key = { workflow: "claims", environment: "production" };
const digests = Array.from({ length: 5 }, (_, index): RunDigest => {
  const digest = buildDigest(index, { startedMs: index * 1_000, endedMs: index * 1_000 + 5 });
  return { ...digest, ...key };
});

/** Five stored runs with their spans, and a reader by which each of them has failed. */
async function filled() {
  const store = memoryStore();
  const traces = digests.flatMap(({ traceIds }) => traceIds);
  const spans = traces.map((id, index) => spanJson(id, spanIdOf(index)));
  const bytes = new TextEncoder().encode(bodyJson(...spans));
  await store.put(receive({ signal: "traces", encoding: "json", bytes }).batch);
  await store.putRuns(digests, []);
  const reader = (content: TraceContent) => {
    const known = digests.find(({ traceIds }) => traceIds[0] === content.spans[0]?.traceId);
    if (known === undefined) return [];
    const digest: RunDigest = { ...known, failed: ["grounded"] };
    return [{ run: { id: digest.id, aliases: [] }, digest, texts: [] } as unknown as ReadRun];
  };
  const failed = async () => (await store.runs({ failedOnly: true })).map(({ id }) => id);
  return { store, again: remeasureOver(store, reader), failed };
}

test("so many runs as asked are measured again, the latest first, and the rest the next time", async () => {
  const { again, failed } = await filled();
  const ids = digests.map(({ id }) => id);
  await again.work(10);
  expect(await failed()).toEqual([]);
  await again.due(key);
  await again.work(2);
  expect(await failed()).toEqual(ids.slice(3));
  await again.work(2);
  expect(await failed()).toEqual(ids.slice(1));
  await again.work(Number.POSITIVE_INFINITY);
  expect(await failed()).toEqual(ids);
});

test("what is read as before is not written again", async () => {
  const { store, again, failed } = await filled();
  await again.due(key);
  await again.work(Number.POSITIVE_INFINITY);
  expect(await failed()).toHaveLength(5);
  store.putRuns = async () => await Promise.reject(new Error("nothing is to be written"));
  await again.due(key);
  await again.work(Number.POSITIVE_INFINITY);
});
