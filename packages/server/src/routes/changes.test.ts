import { describe, expect, test } from "vitest";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import { buildRuns, goodSignals, measured } from "@rootward/pipeline/testing/build-digest";
import { openDoor } from "../testing/door.ts";

const old = "a".repeat(64);
const now = "b".repeat(64);

/** Citations made up since a prompt changed. */
function story(): readonly RunDigest[] {
  const versions = { "prompt:desk": now, deploy: "1.0.0" };
  const broken = (): Partial<RunDigest> => ({
    failed: ["grounded"],
    signals: { ...goodSignals, grounded: measured(0) },
    ungrounded: ["D-9"],
    versions,
  });
  return [
    ...buildRuns(0, 240),
    ...buildRuns(240, 320, { every: 3, broken, clean: () => ({ versions }) }),
  ];
}

async function openStory() {
  const door = await openDoor();
  await door.store.putRuns(story(), [
    { hash: old, text: "Answer.\nCite every rule." },
    { hash: now, text: "Answer.\nCite if useful." },
  ]);
  await door.post("/api/diagnose", "{}");
  const [cluster] = door.context.schedule.diagnosis?.clusters ?? [];
  return { door, id: cluster?.id ?? "" };
}

describe("one change", () => {
  test("is shown with both texts, whatever was told or derived", async () => {
    const { door } = await openStory();
    const derived = door.context.schedule.diagnosis?.changes ?? [];
    const prompt = derived.find(({ kind }) => kind === "prompt");
    const shown = await (await door.get(`/api/changes/${prompt?.id}`)).json();
    expect(shown).toMatchObject({
      change: { field: "prompt:desk", origin: "spans" },
      texts: { before: "Answer.\nCite every rule.", after: "Answer.\nCite if useful." },
    });
    const told = { at: "2026-11-14T05:58:00Z", kind: "deploy", title: "2.1", externalId: "ci/9" };
    await door.post("/api/changes", JSON.stringify({ ...told, before: "2.0", after: "2.1" }));
    const path = `/api/changes/${encodeURIComponent("ext-ci/9")}`;
    expect(await (await door.get(path)).json()).toMatchObject({
      change: { id: "ext-ci/9" },
      texts: { before: "2.0", after: "2.1" },
    });
  });

  test("sent again under its name elsewhere it replaces what was sent", async () => {
    const door = await openDoor();
    const told = { at: "2026-11-14T05:58:00Z", kind: "deploy", title: "2.1", externalId: "ci/9" };
    await door.post("/api/changes", JSON.stringify(told));
    const later = { ...told, at: "2026-11-14T06:10:00Z", title: "2.1, second attempt" };
    await door.post("/api/changes", JSON.stringify(later));
    expect(await door.store.changes()).toMatchObject([{ title: "2.1, second attempt" }]);
  });

  test("that is not there is 404", async () => {
    const door = await openDoor();
    const answer = await door.get("/api/changes/none");
    expect([answer.status, await answer.json()]).toEqual([
      404,
      { error: expect.stringContaining("no change none") },
    ]);
  });
});

describe("results of checks", () => {
  const result = { check: "first_step", result: "matches", note: "the rule is gone", by: "ada" };

  test("are kept by check, the latest of each", async () => {
    const { door, id } = await openStory();
    const path = `/api/clusters/${id}/checks`;
    const answer = await (await door.post(path, JSON.stringify(result))).json();
    expect(answer).toMatchObject({
      result: { check: "first_step", by: "ada" },
      attribution: {
        causes: expect.arrayContaining([
          expect.objectContaining({
            terms: expect.arrayContaining([expect.objectContaining({ term: "person" })]),
          }),
        ]),
      },
    });
    door.nowMs += 1_000;
    await door.post(path, JSON.stringify({ ...result, result: "contradicts" }));
    expect(await (await door.get(path)).json()).toEqual([
      { ...result, cluster: id, cause: null, result: "contradicts", atMs: door.nowMs },
    ]);
  });

  test("of a check or a cause that there is not are refused with those that there are", async () => {
    const { door, id } = await openStory();
    const path = `/api/clusters/${id}/checks`;
    const refused = async (body: object): Promise<unknown> => {
      const answer = await door.post(path, JSON.stringify({ ...result, ...body }));
      return [answer.status, await answer.json()];
    };
    expect(await refused({ check: "guess" })).toEqual([
      400,
      { error: expect.stringMatching(/^check is "guess"; accepted: first_step, .*prompt_changed/) },
    ]);
    expect(await refused({ cause: "weather" })).toEqual([
      400,
      { error: expect.stringMatching(/^cause is "weather"; accepted: .*prompt_regression/) },
    ]);
    expect(await refused({ result: "perhaps" })).toEqual([
      400,
      { error: expect.stringContaining("result") },
    ]);
    const other = await door.post("/api/clusters/CL-00000000/checks", JSON.stringify(result));
    expect(other.status).toBe(404);
  });
});
