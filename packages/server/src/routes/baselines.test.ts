import { describe, expect, test } from "vitest";
import { beginMs, buildRuns } from "@rootward/pipeline/testing/build-digest";
import { openDoor } from "../testing/door.ts";

const hourMs = 3_600_000;
const from = new Date(beginMs + 50 * hourMs).toISOString();
const good = { workflow: "claims", environment: "production", from, by: "ana", why: "new index" };

async function doorWithRuns() {
  const door = await openDoor();
  door.nowMs = beginMs + 300 * hourMs;
  await door.store.putRuns(buildRuns(0, 290), []);
  await door.post("/api/diagnose", "{}");
  return door;
}

describe("baselines", () => {
  test("are listed with what they are made of", async () => {
    const door = await doorWithRuns();
    expect(await (await door.get("/api/baselines")).json()).toMatchObject([
      {
        workflow: "claims",
        environment: "production",
        state: "active",
        missing: null,
        accepted: null,
        baseline: { runs: 200, window: { start: beginMs } },
      },
    ]);
    expect(await (await door.get("/api/baselines/history")).json()).toEqual([]);
  });

  test("an accepted one holds at once, and the history keeps what it replaced", async () => {
    const door = await doorWithRuns();
    const answer = await door.post("/api/baselines", JSON.stringify(good));
    expect(answer.status).toBe(200);
    expect(await (await door.get("/api/baselines")).json()).toMatchObject([
      {
        baseline: { runs: 200, window: { start: Date.parse(from) } },
        accepted: { by: "ana", why: "new index", acceptedMs: door.nowMs },
      },
    ]);
    // The same word again replaces no other baseline than it did before.
    await door.post("/api/baselines", JSON.stringify({ ...good, by: "bo" }));
    expect(await (await door.get("/api/baselines/history")).json()).toMatchObject([
      { by: "bo", fromMs: Date.parse(from), replaced: { window: { start: beginMs }, runs: 200 } },
    ]);
  });

  test("a change of the ledger says why", async () => {
    const door = await doorWithRuns();
    const change = { id: "c1", at: from, kind: "index", title: "rules v42" };
    await door.post("/api/changes", JSON.stringify(change));
    const { why: _, ...bare } = good;
    const answer = await door.post("/api/baselines", JSON.stringify({ ...bare, change: "c1" }));
    expect(await answer.json()).toMatchObject({ change: "c1", why: "rules v42" });
  });

  test("what cannot be accepted is refused with the field, its value and what is accepted", async () => {
    const door = await doorWithRuns();
    const cases = [
      [
        { workflow: "nope" },
        404,
        'no workflow "nope" in the environment "production"; there are: claims (production)',
      ],
      [{ from: "yesterday" }, 400, "from"],
      [{ from: new Date(door.nowMs + 1).toISOString() }, 400, "yet to come"],
      [{ from: new Date(beginMs).toISOString() }, 400, "begins after it"],
      [{ by: " " }, 400, "by"],
      [{ why: undefined }, 400, "say why"],
      [{ change: "c9" }, 404, 'the ledger has no change "c9"'],
      [{ until: from }, 400, "until"],
    ] as const;
    for (const [wrong, status, words] of cases) {
      const answer = await door.post("/api/baselines", JSON.stringify({ ...good, ...wrong }));
      expect([wrong, answer.status]).toEqual([wrong, status]);
      expect(await answer.json()).toEqual({ error: expect.stringContaining(words) });
    }
    expect(await door.store.baselines()).toEqual([]);
  });
});
