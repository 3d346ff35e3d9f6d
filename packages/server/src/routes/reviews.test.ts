import { describe, expect, test } from "vitest";
import { buildDigest, buildStep } from "@rootward/pipeline/testing/build-digest";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import { annotationId } from "@rootward/pipeline/model/review";
import type { Annotation, ReviewBatch } from "@rootward/pipeline/model/review";
import { openDoor } from "../testing/door.ts";
import type { Door } from "../testing/door.ts";

const place = { workflow: "claims", environment: "production" };
const hourMs = 3_600_000;

/** A workflow with a frozen baseline, and after it a week in which every tenth run is cut short by an error. */
async function openDesk(): Promise<{ door: Door; runs: readonly RunDigest[] }> {
  const door = await openDoor();
  const runs = Array.from({ length: 400 }, (_, index) => {
    const broken: Partial<RunDigest> = {
      failed: ["error"],
      steps: [buildStep({ seq: 1, kind: "tool", name: "get_claim", outcome: "error" })],
    };
    return buildDigest(index, index > 230 && index % 10 === 0 ? broken : {});
  });
  await door.store.putRuns(runs, []);
  door.nowMs = (runs.at(-1)?.startedMs ?? 0) + hourMs;
  await door.post("/api/diagnose", "{}");
  return { door, runs };
}

function said(run: RunDigest["id"], given: Partial<Annotation> = {}): Annotation {
  const of = {
    run,
    ...place,
    reviewer: "mira",
    at: "2026-11-02T10:00:00.000Z",
    verdict: "bad" as const,
    note: "the look-up failed and nobody noticed",
    codes: ["error ignored"],
    failureMode: null,
    step: null,
    batch: null,
    blind: true,
    ...given,
  };
  return { kind: "annotation", id: annotationId(of), ...of };
}

const json = async (response: Response): Promise<unknown> => await response.json();
const post = async (door: Door, path: string, body: unknown) =>
  await door.post(path, JSON.stringify(body));

async function batchFrom(door: Door, given: object): Promise<ReviewBatch> {
  const answer = await post(door, "/api/review/batches", { ...place, by: "mira", ...given });
  expect(answer.status).toBe(200);
  const { batch } = (await json(answer)) as { batch: ReviewBatch };
  return batch;
}

describe("batches", () => {
  test("hold the runs of the last seven days that are worth reading, with a random part, and are kept", async () => {
    const { door, runs } = await openDesk();
    const batch = await batchFrom(door, { size: 20 });
    expect(batch).toMatchObject({ ...place, by: "mira", size: 20, population: 168 });
    expect(batch.entries).toHaveLength(20);
    expect(batch.entries.filter(({ part }) => part === "random")).toHaveLength(4);
    const first = batch.entries[0];
    expect(first?.reason).toMatch(/^it ended in an error; /);
    expect(first?.signature).toMatch(/^CL-[0-9a-f]{8}$/);
    const failed = new Set(runs.flatMap((run) => (run.failed.length > 0 ? run.id : [])));
    const chosen = batch.entries.filter(({ part, run }) => part === "signals" && failed.has(run));
    expect(chosen.length).toBeLessThanOrEqual(4);
    expect(await json(await door.get(`/api/review/batches/${batch.id}`))).toEqual(batch);
  });

  test("that are only asked for are not kept, and what somebody read is not chosen again", async () => {
    const { door } = await openDesk();
    const dry = await batchFrom(door, { size: 10, dry: true });
    expect((await door.get(`/api/review/batches/${dry.id}`)).status).toBe(404);
    const chosen = dry.entries.flatMap(({ part, run }) => (part === "signals" ? run : []));
    await post(
      door,
      "/api/review/records",
      chosen.map((run) => said(run)),
    );
    const next = await batchFrom(door, { size: 10 });
    const again = next.entries.filter(
      ({ part, run }) => part === "signals" && chosen.includes(run),
    );
    expect(again).toEqual([]);
  });

  test("of a place without runs, of no time, or of a size beyond reading are refused with what is accepted", async () => {
    const { door } = await openDesk();
    const ask = async (given: object) => {
      const body = { ...place, by: "mira", ...given };
      const answer = await post(door, "/api/review/batches", body);
      return [answer.status, await json(answer)];
    };
    expect(await ask({ workflow: "none" })).toEqual([
      404,
      { error: 'no runs of workflow "none" in "production"; there are: claims (production)' },
    ]);
    expect(await ask({ start: 5, end: 5 })).toEqual([
      400,
      { error: "the batch: start 5 is not before end 5" },
    ]);
    expect(await ask({ size: 0 })).toEqual([
      400,
      { error: expect.stringMatching(/^the batch: size/) },
    ]);
    const none = await door.get("/api/review/batches/RB-1");
    expect([none.status, await json(none)]).toEqual([
      404,
      { error: "no batch RB-1; an id is RB- and 8 hex characters" },
    ]);
  });
});

describe("records", () => {
  test("are added once however often they are sent, and come back as lines", async () => {
    const { door, runs } = await openDesk();
    const records = runs.slice(0, 3).map(({ id }) => said(id));
    const add = async () => await json(await post(door, "/api/review/records", records));
    expect(await add()).toEqual({ added: 3, known: 0 });
    expect(await add()).toEqual({ added: 0, known: 3 });
    const lines = (await (await door.get("/api/review/records")).text()).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown).toSorted(byId)).toEqual(
      records.toSorted(byId),
    );
  });

  test("that are none are refused, and nothing of the request is kept", async () => {
    const { door, runs } = await openDesk();
    const good = said(runs[0]!.id);
    const answer = await post(door, "/api/review/records", [good, { ...good, verdict: "awful" }]);
    expect(answer.status).toBe(400);
    expect(await json(answer)).toEqual({
      error: expect.stringMatching(/^the records: 1\.verdict: /),
    });
    expect(await door.store.reviews()).toEqual([]);
  });
});

test("the status tells progress, agreement and what is missing, of a workflow or of all", async () => {
  const { door } = await openDesk();
  const batch = await batchFrom(door, { size: 10 });
  const [first, second] = batch.entries;
  await post(door, "/api/review/records", [
    said(first!.run, { batch: batch.id }),
    said(second!.run, { batch: batch.id, verdict: "good" }),
    said(second!.run, { batch: batch.id, verdict: "good", reviewer: "jo" }),
  ]);
  const status = await json(await door.get("/api/review?workflow=claims&environment=production"));
  expect(status).toMatchObject({
    runs: 2,
    annotations: 3,
    batches: [{ id: batch.id, runs: 10, read: { mira: 2, jo: 1 } }],
    codes: [{ code: "error ignored", runs: 2 }],
    kappas: [{ reviewers: ["jo", "mira"], runs: 1, tooFew: true }],
    signals: { all: { runs: 2 } },
    readiness: { ready: false },
  });
  expect(await json(await door.get("/api/review?workflow=other"))).toMatchObject({ runs: 0 });
  const book = await json(await door.get("/api/review/book"));
  expect(book).toMatchObject({ annotations: [{}, {}, {}], modes: [], batches: [{ id: batch.id }] });
});

function byId(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
