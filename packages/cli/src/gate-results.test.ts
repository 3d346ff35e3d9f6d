import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readResults, storedLine } from "@rootward/pipeline/evals/results";
import { GateVerdict } from "@rootward/pipeline/model/verdict";
import { deskCase } from "./testing/desk.ts";
import { gateDesk } from "./testing/gate-desk.ts";

const root = mkdtempSync(join(tmpdir(), "rootward-results-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let made = 0;
function desk(cases = [deskCase()], config: object = {}) {
  made += 1;
  return gateDesk(join(root, `p${made}`), cases, undefined, config);
}

const json = ["--json", "out.json"];
const verdictOf = (of: ReturnType<typeof gateDesk>) =>
  GateVerdict.parse(JSON.parse(of.read("out.json")));
const store = ".rootward/results.jsonl";

test("trials are kept, and stand for the same ones of the next run", async () => {
  const made = desk();
  await made.gate("honest", json);
  const { trials, corrupt } = readResults(made.read(store));
  expect(corrupt).toBe(0);
  expect(trials.map(({ trial }) => [trial.index, trial.outcome, trial.usd])).toEqual([
    [0, "pass", 0.01],
    [1, "pass", 0.01],
  ]);
  expect(made.git("status", "--porcelain", "--", ".rootward")).toBe("");
  const again = await made.gate("honest", json);
  expect(again.text).toContain("2 trials stand for the same ones of an earlier run");
  expect(verdictOf(made).cases[0]).toMatchObject({ reused: 2, pooled: { n: 2, fail: 0 } });
  expect(readResults(made.read(store)).trials).toHaveLength(2);
  const afresh = await made.gate("honest", [...json, "--no-cache"]);
  expect(afresh.text).toContain("with earlier trials of this candidate 4/4, up to 53 %");
  expect(verdictOf(made).cases[0]?.reused).toBeUndefined();
});

test("a case that asks real tools where nothing is recorded is tried again", async () => {
  const environment = { cassette: "../cassettes/EC-gift", on_miss: "live" };
  const made = desk([deskCase({ environment })]);
  const config = made.read("rootward.yaml");
  made.write(
    "rootward.yaml",
    config.replace(
      "via: http",
      "via: http\n        live: true\n        url: http://127.0.0.1:9/lookup",
    ),
  );
  for (const n of [2, 4]) {
    const { code } = await made.gate("honest", json);
    expect(code).toBe(0);
    expect(readResults(made.read(store)).trials).toHaveLength(n);
  }
});

test("another candidate, another case or other files are tried again", async () => {
  const made = desk();
  await made.gate("honest");
  const other = await made.gate("invents", json);
  expect(other.code).toBe(1);
  expect(verdictOf(made).cases[0]?.reused).toBeUndefined();
  made.write("notes.md", "Anything at all.\n");
  await made.gate("honest", json);
  expect(verdictOf(made).cases[0]?.reused).toBeUndefined();
  made.write("evals/rubrics/tone.md", "Fail what is rude.\n");
  await made.gate("honest", json);
  expect(verdictOf(made).cases[0]?.reused).toBeUndefined();
  made.write(
    "evals/cases/EC-gift.yaml",
    deskCase({ assert: [{ type: "output:contains", value: "DOC-1" }] }),
  );
  await made.gate("honest", json);
  expect(verdictOf(made).cases[0]?.reused).toBeUndefined();
});

test("a store with lines that are none passes nothing and stops nothing", async () => {
  const made = desk();
  await made.gate("honest");
  const [first = "", second = ""] = made.read(store).split("\n");
  made.write(store, `${first.slice(0, -9)}\nnonsense\n${second.slice(0, 40)}`);
  const { code, text } = await made.gate("invents", json);
  expect(text).toContain(
    ".rootward/results.jsonl: 3 lines could not be read and count for nothing",
  );
  expect(code).toBe(1);
  const { trials, corrupt } = readResults(made.read(store));
  expect([trials.length, corrupt]).toEqual([1, 3]);
});

test("a folder in the place of the store changes no verdict", async () => {
  const made = desk();
  made.write(`${store}/in-the-way`, "");
  const { code, text } = await made.gate("honest");
  expect(text).toContain(".rootward/results.jsonl cannot be read, so nothing of it counts");
  expect(code).toBe(0);
});

test("3: what the budget does not reach is undecided, and is refused where the P0 cases are known to cost more", async () => {
  const made = desk([deskCase({ trials: { policy: "must_hold", n: 3 } })]);
  const out = await made.gate("honest", ["--budget-usd", "0.02", ...json]);
  expect(out.text).toMatch(/UNDECIDED +the budget of \$0\.02 is spent \(\$0\.02\)/);
  expect(out.text).toContain("budget: $0.02 of $0.02");
  expect(out.code).toBe(3);
  const refused = await made.gate("honest", ["--budget-usd", "0.02", "--no-cache"]);
  expect(refused.text).toContain("the P0 cases alone may cost $0.03");
  expect(refused.code).toBe(3);
  const wrong = await made.gate("honest", ["--budget-minutes", "soon"]);
  expect(wrong.text).toContain("--budget-minutes soon: expected a number above 0");
  expect(wrong.code).toBe(64);
});

test("the budget may stand in rootward.yaml; minutes end a run too", async () => {
  const made = desk([deskCase()], { budget: { minutes: 0.0000001 } });
  const { code, text } = await made.gate("honest");
  expect(text).toContain("minutes is spent");
  expect(code).toBe(3);
});

test("an agent that tells no cost costs what the tokens of its spans cost", async () => {
  const made = desk([deskCase()], { prices: { luna: { input: 1, output: 4 } } });
  const tokens = (key: string, value: number) =>
    `{ key: "gen_ai.usage.${key}_tokens", value: { intValue: "${value}" } }`;
  const call = `{ traceId, spanId: randomBytes(8).toString("hex"), parentSpanId: root, name: "chat luna", kind: 3, startTimeUnixNano: at(6), endTimeUnixNano: at(9), attributes: [attribute("gen_ai.operation.name", "chat"), attribute("gen_ai.request.model", "luna"), ${tokens("input", 20_000)}, ${tokens("output", 5_000)}] },`;
  const source = made.read("agent.mjs").replace("usd: 0.01, ", "");
  made.write("agent.mjs", source.replace("const spans = [", `const spans = [${call}`));
  const { text } = await made.gate("honest", ["--budget-usd", "1", ...json]);
  expect(verdictOf(made).budget).toMatchObject({ spentUsd: 0.08, unpriced: 0 });
  expect(text).toContain("budget: $0.08 of $1");
});

test("--accumulate goes on until the bound is reached", async () => {
  const made = desk();
  const { code, text } = await made.gate("honest", ["--accumulate", "0.4", ...json]);
  expect(verdictOf(made).cases[0]?.trials.n).toBe(6);
  expect(text).toContain("6/6");
  expect(code).toBe(0);
  const wrong = await made.gate("honest", ["--accumulate", "5"]);
  expect(wrong.text).toContain("--accumulate 5: expected a share between 0 and 1");
  expect(wrong.code).toBe(64);
});

const day = (offset: number) =>
  new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

test("2: a quarantine that had 20 clean trials is lifted and covers nothing any more", async () => {
  const case_ = deskCase({ severity: "P1", failure_class: "grounding" });
  const made = desk([case_]);
  made.write("evals/overrides/OV-gift.yaml", {
    schema: "override/v1",
    id: "OV-gift",
    case: "EC-gift",
    kind: "quarantine",
    severity: "P1",
    covers: { assertions: ["citations:subset-of-retrieved"] },
    reason: "It fails now and then until the index is rebuilt; nobody is harmed meanwhile.",
    risk: "One of ten answers names an old rule, with a link to it.",
    incident: "INC-7",
    follow_up: "https://example.com/issues/7",
    requested_by: "@jo",
    approved_by: ["@mira"],
    created: day(-2),
    expires: day(9),
  });
  const before = await made.gate("invents");
  expect(before.text).toContain("overridden");
  expect(before.code).toBe(0);
  const grades = [{ kind: "pass", assertion: "a", why: "said so" }] as const;
  const lines = Array.from({ length: 20 }, (_, index) =>
    storedLine(
      { case: "EC-gift", caseHash: "", cassetteHash: "", grader: "", tree: null, identity: null },
      { index, outcome: "pass", grades, why: "", drift: 0, durationMs: 1 },
      new Date(Date.now() - 60_000 + index).toISOString(),
    ),
  );
  made.write(store, "");
  appendFileSync(join(made.folder, store), `${lines.join("\n")}\n`);
  const { code, text } = await made.gate("invents");
  expect(text).toContain(
    "OV-gift: EC-gift had 20 clean trials in a row, so its quarantine is lifted: delete it",
  );
  expect(text).toContain("NEEDS OVERRIDE");
  expect(code).toBe(2);
});
