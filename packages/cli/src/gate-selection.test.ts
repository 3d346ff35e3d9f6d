import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { GateVerdict } from "@rootward/pipeline/model/verdict";
import { deskCase } from "./testing/desk.ts";
import { gateDesk } from "./testing/gate-desk.ts";

const root = mkdtempSync(join(tmpdir(), "rootward-selection-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let made = 0;
function folder(): string {
  made += 1;
  return join(root, `p${made}`);
}

const once = { trials: { policy: "must_hold", n: 1 } };
const grounding = { ...once, severity: "P1", failure_class: "grounding" };
const cases = [
  deskCase(once),
  deskCase({ id: "EC-model", run_on: ["model"], ...grounding }),
  deskCase({ id: "EC-prompt", run_on: ["prompt"], ...grounding }),
];

function verdictOf(desk: ReturnType<typeof gateDesk>): GateVerdict {
  return GateVerdict.parse(JSON.parse(desk.read("out.json")));
}

/** A desk whose lock file stands on `main`. */
async function lockedDesk(change: (desk: ReturnType<typeof gateDesk>) => void = () => undefined) {
  const desk = gateDesk(folder(), cases);
  change(desk);
  const { text, code } = await desk.gate("honest", ["--update-lock"]);
  expect(text).toContain("wrote evals/agent.lock.json");
  expect(code).toBe(0);
  desk.git("checkout", "-q", "main");
  desk.git("add", "-A");
  desk.git("commit", "-q", "-m", "lock");
  desk.git("checkout", "-q", "-B", "change");
  return desk;
}

test("--update-lock writes what the agent is made of, declared and observed", async () => {
  const desk = await lockedDesk();
  const lock = JSON.parse(desk.read("evals/agent.lock.json"));
  expect(lock.desk).toMatchObject({
    model: "luna",
    prompts: { "prompts/system.md": expect.stringMatching(/^[0-9a-f]{16}$/) },
    tool_schemas: {},
  });
});

test("without a lock file at the merge base every case runs", async () => {
  const desk = gateDesk(folder(), cases);
  const { code, text } = await desk.gate("honest", ["--json", "out.json"]);
  expect(text).toContain("rootward gate --update-lock writes it");
  expect(verdictOf(desk)).toMatchObject({ skipped: [], outcome: "pass" });
  expect(verdictOf(desk).cases).toHaveLength(3);
  expect(code).toBe(0);
});

test("a changed prompt runs the P0 and the cases that run on prompts", async () => {
  const desk = await lockedDesk();
  desk.write("prompts/system.md", "Answer quickly.\n");
  const { code, text } = await desk.gate("honest", ["--json", "out.json"]);
  const verdict = verdictOf(desk);
  expect(verdict.cases.map((result) => result.case)).toEqual(["EC-gift", "EC-prompt"]);
  expect(verdict.skipped).toEqual([
    { case: "EC-model", severity: "P1", why: "it runs on model; prompt changed" },
  ]);
  expect(verdict.changes).toEqual([{ agent: "desk", type: "prompt", why: "prompts/system.md" }]);
  expect(text).toContain("1 not selected");
  expect(code).toBe(0);
});

test("a changed model is found in the environment, code in the commit", async () => {
  const desk = await lockedDesk();
  await desk.gate("honest", ["--json", "out.json"], { AGENT_MODEL: "terra" });
  expect(verdictOf(desk).skipped.map((entry) => entry.case)).toEqual(["EC-prompt"]);
  const before = verdictOf(desk).cases[0]?.identity;
  desk.write("agent.mjs", `${desk.read("agent.mjs")}\n// more\n`);
  await desk.gate("honest", ["--json", "out.json"]);
  expect(verdictOf(desk).changes.map(({ type }) => type)).toEqual(["code", "tool_schema"]);
  expect(verdictOf(desk).skipped.map((entry) => entry.case)).toEqual(["EC-model", "EC-prompt"]);
  expect(verdictOf(desk).cases[0]?.identity).toMatch(/^[0-9a-f]{16}$/);
  expect(verdictOf(desk).cases[0]?.identity).not.toBe(before);
});

test("a case that changed itself runs; so does all when rootward.yaml changed", async () => {
  const desk = await lockedDesk();
  const changed = { ...cases[1], title: "Cites a rule that does not exist" };
  desk.write("evals/cases/EC-model.yaml", changed);
  await desk.gate("honest", ["--json", "out.json"]);
  expect(verdictOf(desk).skipped.map((entry) => entry.case)).toEqual(["EC-prompt"]);
  desk.write("rootward.yaml", `# more\n${desk.read("rootward.yaml")}`);
  await desk.gate("honest", ["--json", "out.json"]);
  expect(verdictOf(desk).skipped).toEqual([]);
});

test("a P0 runs though nothing changed, and blocks", async () => {
  const desk = await lockedDesk();
  const { code } = await desk.gate("invents", ["--json", "out.json"]);
  expect(verdictOf(desk)).toMatchObject({ changes: [], outcome: "blocked" });
  expect(code).toBe(1);
});

test("an agent that declares nothing is tried on everything", async () => {
  const desk = gateDesk(folder(), cases, null);
  await desk.gate("honest", ["--update-lock"]);
  desk.git("add", "-A");
  desk.git("commit", "-q", "-m", "lock");
  desk.git("branch", "-f", "main");
  await desk.gate("honest", ["--json", "out.json"]);
  expect(verdictOf(desk).skipped).toEqual([]);
  expect(verdictOf(desk).changes[0]?.why).toBe("identity in rootward.yaml names no model");
});

test("--changed, --severity and --all say it by hand", async () => {
  const desk = await lockedDesk();
  await desk.gate("honest", ["--changed", "model,code", "--json", "out.json"]);
  expect(verdictOf(desk).skipped.map((entry) => entry.case)).toEqual(["EC-prompt"]);
  await desk.gate("honest", ["--all", "--json", "out.json"]);
  expect(verdictOf(desk).skipped).toEqual([]);
  const { code } = await desk.gate("invents", ["--severity", "P2", "--json", "out.json"]);
  expect(verdictOf(desk)).toMatchObject({ cases: [], outcome: "pass" });
  expect(code).toBe(0);
  const wrong = await desk.gate("honest", ["--changed", "models"]);
  expect(wrong.text).toContain(
    '--changed models: "models" is not accepted; accepted, with commas between: model, prompt, tool_schema, retrieval_index, code',
  );
  expect(wrong.code).toBe(64);
});

test("a lock file that cannot be read is invalid, a glob that names nothing usage", async () => {
  const desk = await lockedDesk();
  desk.write("evals/agent.lock.json", '{"desk": {"modle": "luna"}}\n');
  const { code, text } = await desk.gate("honest");
  expect(text).toMatch(/evals\/agent\.lock\.json:1:\d+: unknown key "modle" in desk; accepted: /);
  expect(code).toBe(4);
  const identity = { prompts: ["promts/*.md"] };
  const mistyped = await gateDesk(folder(), cases, identity).gate("honest");
  expect(mistyped.text).toContain(
    'agents.desk.identity.prompts: "promts/*.md" names no file below',
  );
  expect(mistyped.code).toBe(64);
});

/** The desk's agent calls a model, whose answers say of which model they are. */
function withModel(desk: ReturnType<typeof gateDesk>): void {
  const call = `{ traceId, spanId: randomBytes(8).toString("hex"), parentSpanId: root, name: "chat luna", kind: 3, startTimeUnixNano: at(6), endTimeUnixNano: at(9), attributes: [attribute("gen_ai.operation.name", "chat"), attribute("gen_ai.request.model", "luna"), attribute("gen_ai.response.model", process.env.ANSWERED ?? "luna-1")] },`;
  const source = desk.read("agent.mjs");
  desk.write("agent.mjs", source.replace("const spans = [", `const spans = [\n    ${call}`));
}

test("what the spans of the trials tell to have changed adds cases", async () => {
  const desk = await lockedDesk(withModel);
  const lock = JSON.parse(desk.read("evals/agent.lock.json"));
  expect(lock.desk.observed.models).toEqual({ desk: "luna-1" });
  await desk.gate("honest", ["--json", "out.json"]);
  expect(verdictOf(desk).skipped.map((entry) => entry.case)).toEqual(["EC-model", "EC-prompt"]);
  await desk.gate("honest", ["--no-cache", "--json", "out.json"], { ANSWERED: "luna-2" });
  expect(verdictOf(desk).cases.map((result) => result.case)).toEqual(["EC-gift", "EC-model"]);
  expect(verdictOf(desk).skipped.map((entry) => entry.case)).toEqual(["EC-prompt"]);
  expect(verdictOf(desk).changes).toEqual([
    { agent: "desk", type: "model", why: "the trials' spans tell luna-2 of desk" },
  ]);
});
