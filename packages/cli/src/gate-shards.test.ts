import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { GateVerdict } from "@rootward/pipeline/model/verdict";
import { deskCase } from "./testing/desk.ts";
import { gateDesk } from "./testing/gate-desk.ts";

const root = mkdtempSync(join(tmpdir(), "rootward-shards-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const once = { trials: { policy: "must_hold", n: 1 } };
const grounding = { ...once, severity: "P1", failure_class: "grounding" };
const cases = [
  deskCase(once),
  deskCase({ id: "EC-two", ...grounding }),
  deskCase({ id: "EC-three", ...grounding }),
];

let made = 0;
function desk() {
  made += 1;
  return gateDesk(join(root, `p${made}`), cases);
}

const verdictOf = (of: ReturnType<typeof gateDesk>, file: string) =>
  GateVerdict.parse(JSON.parse(of.read(file)));

test("shards try each case once, and merged they decide once", async () => {
  const made = desk();
  for (const index of [1, 2])
    await made.gate("honest", ["--shard", `${index}/2`, "--json", `shard-${index}.json`]);
  const parts = [1, 2].map((index) => verdictOf(made, `shard-${index}.json`));
  const tried = parts.flatMap((part) => part.cases.map((result) => result.case));
  expect(tried.toSorted()).toEqual(["EC-gift", "EC-three", "EC-two"]);
  expect(parts.every((part) => part.cases.length > 0)).toBe(true);
  const both = ["--merge", "shard-1.json", "shard-2.json"];
  const merged = await made.gate("honest", [...both, "--json", "all.json"]);
  expect(merged.text).toContain("Pass: 3 of 3 cases hold (exit 0).");
  expect(verdictOf(made, "all.json").skipped).toEqual([]);
  expect(merged.code).toBe(0);
  const alone = await made.gate("honest", ["--merge", "shard-1.json"]);
  expect(alone.text).toContain("shard 2 of 2 is missing");
  expect(alone.code).toBe(3);
  const broken = await made.gate("honest", ["--merge", "shard-1.json", "shard-3.json"]);
  expect(broken.text).toContain("shard-3.json is no result of the gate: ENOENT");
  expect(broken.code).toBe(4);
  made.write(
    "shard-2.json",
    made.read("shard-2.json").replace('"verdict": "pass"', '"verdict": "ok"'),
  );
  const changed = await made.gate("honest", both);
  expect(changed.text).toMatch(/shard-2\.json is no result of the gate: cases\.0\.verdict: /);
  expect(changed.code).toBe(4);
});

test("a shard that fails decides the merge; another candidate in one shard is invalid", async () => {
  const made = desk();
  await made.gate("invents", ["--shard", "1/2", "--json", "shard-1.json"]);
  await made.gate("invents", ["--shard", "2/2", "--json", "shard-2.json"]);
  const both = ["--merge", "shard-1.json", "shard-2.json"];
  expect((await made.gate("honest", both)).code).toBe(1);
  await made.gate("honest", ["--shard", "2/2", "--json", "shard-2.json"]);
  const mixed = await made.gate("honest", both);
  expect(mixed.text).toContain("the shards tried different candidates of desk");
  expect(mixed.code).toBe(4);
});

test("64: a shard that cannot be, and --merge beside what tries cases", async () => {
  const made = desk();
  for (const wrong of ["3/2", "0/2", "half", "1"]) {
    const { code, text } = await made.gate("honest", ["--shard", wrong]);
    expect(text).toContain(`--shard ${wrong}: expected the number of this shard and of all`);
    expect(code).toBe(64);
  }
  const { code, text } = await made.gate("honest", ["--merge", "a.json", "--shard", "1/2"]);
  expect(text).toContain("--merge and --shard do not go together");
  expect(code).toBe(64);
});
