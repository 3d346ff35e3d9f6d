test("a trial whose only call differs from its recording is graded, since a repair may be what changed it; the drift is told", async () => {
  const made = project();
  const { code, text } = await gate(made, "asks-otherwise", ["--junit", "gate.xml"]);
  expect(text).toMatch(/\d+ replayed calls? differs? from the recording \(drift\)/);
  expect(code).toBe(0);
  const junit = readFileSync(join(made.folder, "gate.xml"), "utf8");
  expect(junit).toMatch(/<property name="drift" value="\d+"\/>/);
});

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { GateVerdict } from "@rootward/pipeline/model/verdict";

const program = fileURLToPath(new URL("main.ts", import.meta.url));
const loader = createRequire(import.meta.url).resolve("tsx");
const root = mkdtempSync(join(tmpdir(), "rootward-gate-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/**
 * A scripted agent: asks `lookup` for what it was asked, answers by `MODE`, sends one trace of two spans over OTLP/JSON by hand.
 * `honest` cites only what was found; `invents` cites what was not; the others misbehave as a program.
 */
const agentSource = `
import { randomBytes } from "node:crypto";
import { spawn } from "node:child_process";
const mode = process.env.MODE;
let body = "";
for await (const chunk of process.stdin) body += chunk;
const { input, case_id: caseId, trial } = JSON.parse(body);
if (mode === "hangs") { spawn("sleep", ["60"], { stdio: "inherit" }); await new Promise((r) => setTimeout(r, 60000)); }
if (mode === "dies") { console.error("Error: no such key"); process.exit(1); }
if (mode === "floods") { for (;;) await new Promise((r) => process.stdout.write("x".repeat(65536), r)); }
const called = mode === "silent" ? [] : await ask(input.message);
const found = called.map(({ id }) => id);
const flaky = mode === "flaky" && trial === 0;
const cites = mode === "invents" || flaky ? "DOC-9" : found[0];
const text = cites ? "It is 60 EUR [" + cites + "]." : "I found nothing about that.";
if (mode !== "silent") await send(text, called);
console.log(mode === "chats" ? "done!" : JSON.stringify({ output: text }));

async function ask(query) {
  const args = mode === "asks-otherwise" ? { question: query } : { query };
  const response = await fetch(process.env.TOOLS + "/lookup", { method: "POST", body: JSON.stringify(args) });
  return response.ok ? (await response.json()).documents : [];
}
function attribute(key, value) { return { key, value: { stringValue: value } }; }
async function send(answer, documents) {
  const [, traceId, parentSpanId] = process.env.TRACEPARENT.split("-");
  const rootId = randomBytes(8).toString("hex");
  const now = BigInt(Date.now()) * 1000000n;
  const at = (ms) => String(now + BigInt(ms) * 1000000n);
  const message = (role, content) => JSON.stringify([{ role, parts: [{ type: "text", content }] }]);
  const span = (name, attributes, parent, ms) => ({ traceId, spanId: parent === parentSpanId ? rootId : randomBytes(8).toString("hex"), parentSpanId: parent, name, kind: 1, startTimeUnixNano: at(ms), endTimeUnixNano: at(ms + 5), attributes });
  const spans = [
    span("invoke_agent desk", [attribute("gen_ai.operation.name", "invoke_agent"), attribute("gen_ai.agent.name", "desk"), attribute("gen_ai.input.messages", message("user", input.message)), attribute("gen_ai.output.messages", message("assistant", answer))], parentSpanId, 0),
    span("execute_tool lookup", [attribute("gen_ai.operation.name", "execute_tool"), attribute("gen_ai.tool.name", "lookup"), attribute("gen_ai.tool.call.arguments", JSON.stringify({ query: input.message })), attribute("gen_ai.tool.call.result", JSON.stringify({ documents }))], rootId, 1),
  ];
  spans[0].endTimeUnixNano = at(20);
  const resource = { attributes: [attribute("service.name", "desk")] };
  await fetch(process.env.OTEL_EXPORTER_OTLP_ENDPOINT + "/v1/traces", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "test" }, spans }] }] }),
  });
}
`;

interface CaseOptions {
  readonly id?: string;
  readonly severity?: "P0" | "P1" | "P2";
  readonly [key: string]: unknown;
}

/** A hand-written case: cites only what was retrieved. */
function caseOf({ id = "EC-gift", severity = "P0", ...more }: CaseOptions = {}) {
  const failure = { P0: "compliance", P1: "grounding", P2: "formatting" }[severity];
  return {
    schema: "eval-case/v1",
    id,
    title: "Cites a rule that retrieval did not return",
    severity,
    failure_class: failure,
    grader: "assertion",
    status: "active",
    owner: "@mira",
    provenance: {
      origin: "written",
      created: { at: "2026-10-06", by: "@mira", tool: "rootward/0.1.0" },
    },
    agent: "desk",
    workflow: "desk",
    recognize: { retrievers: ["lookup"], citation: { pattern: "DOC-\\d+" } },
    input: { message: "What is the limit for gifts?" },
    environment: { cassette: `../cassettes/${id}`, match: "sequence" },
    assert: [{ type: "citations:subset-of-retrieved" }],
    trials: { policy: "must_hold", n: 2 },
    unproven: true,
    ...more,
  };
}

const recording = {
  tool: "lookup",
  args: { query: "What is the limit for gifts?" },
  result: { documents: [{ id: "DOC-1", text: "Gifts may cost up to 60 EUR." }] },
  from: { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", span_id: "00f067aa0ba902b7" },
};

function overrideOf(more: Readonly<Record<string, unknown>> = {}) {
  return {
    schema: "override/v1",
    id: "OV-gift-1",
    case: "EC-gift",
    kind: "accept_failure",
    severity: "P1",
    covers: { assertions: ["citations:subset-of-retrieved"] },
    reason: "The index is rebuilt on Friday; until then the wrong rule is shown with a warning.",
    risk: "One of ten answers names an old rule, with a link to it.",
    incident: "INC-7",
    follow_up: "https://example.com/issues/7",
    requested_by: "@jo",
    approved_by: ["@mira"],
    created: day(-1),
    expires: day(10),
    ...more,
  };
}

function day(offset: number): string {
  return new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
}

interface Project {
  readonly folder: string;
  write(file: string, content: string | object): void;
  remove(file: string): void;
}

let projects = 0;

/** A repository in small: configuration, agent, cases with their recordings. */
function project(
  cases: readonly ReturnType<typeof caseOf>[] = [caseOf()],
  config: object = {},
): Project {
  projects += 1;
  const folder = join(root, `p${projects}`);
  const write = (file: string, content: string | object) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), typeof content === "string" ? content : stringify(content));
  };
  write("agent.mjs", agentSource);
  write("rootward.yaml", {
    agents: {
      desk: {
        adapter: "command",
        run: [process.execPath, "agent.mjs"],
        timeout: "30s",
        tools: { lookup: { via: "http", base_url_env: "TOOLS" } },
      },
    },
    ...config,
  });
  for (const each of cases) {
    write(`evals/cases/${each.id}.yaml`, each);
    write(`evals/cassettes/${each.id}/lookup.jsonl`, `${JSON.stringify(recording)}\n`);
  }
  return { folder, write, remove: (file) => rmSync(join(folder, file), { recursive: true }) };
}

interface Ended {
  readonly code: number | null;
  readonly text: string;
}

async function gate(
  { folder }: Project,
  mode: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const child = spawn(
    process.execPath,
    ["--conditions=rootward-source", "--import", loader, program, "gate", ...args],
    {
      cwd: folder,
      env: { ...process.env, CI: "", GITHUB_ACTIONS: "", GITHUB_BASE_REF: "", MODE: mode, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let text = "";
  child.stdout.on("data", (chunk) => (text += chunk));
  child.stderr.on("data", (chunk) => (text += chunk));
  return await new Promise((resolve) => child.on("close", (code) => resolve({ code, text })));
}

function git(folder: string, ...args: readonly string[]): string {
  const identity = ["-c", "user.name=Mira", "-c", "user.email=mira@example.com"];
  const ended = spawnSync("git", [...identity, ...args], { cwd: folder, encoding: "utf8" });
  if (ended.status !== 0) throw new Error(ended.stderr);
  return ended.stdout.trim();
}

/** The project as a repository whose cases stand on `main`, with a branch checked out. */
function committed(made: Project): Project {
  git(made.folder, "init", "-q", "-b", "main");
  git(made.folder, "add", "-A");
  git(made.folder, "commit", "-q", "-m", "cases");
  git(made.folder, "checkout", "-q", "-b", "change");
  return made;
}

describe.concurrent("the exit code", () => {
  test("0: every case holds, and how often it could still fail is said", async () => {
    const { code, text } = await gate(project(), "honest");
    expect(text).toMatch(/P0 {2}EC-gift +2\/2 +ok +could still fail up to 78 % of the time/);
    expect(text).toMatch(/Pass: .*\(exit 0\)/);
    expect(code).toBe(0);
  });

  test("1: a failing P0 blocks, at the line of its assertion, after the first failure", async () => {
    const { code, text } = await gate(project(), "invents");
    expect(text).toMatch(
      /P0 {2}EC-gift +0\/1 +FAIL +citations:subset-of-retrieved: cited but not retrieved: DOC-9/,
    );
    expect(text).toMatch(/evals\/cases\/EC-gift\.yaml:\d+/);
    expect(code).toBe(1);
  });

  test("2: a failing P1 needs an override", async () => {
    const { code, text } = await gate(project([caseOf({ severity: "P1" })]), "invents");
    expect(text).toContain("NEEDS OVERRIDE");
    expect(text).toContain("rootward override new EC-gift");
    expect(code).toBe(2);
  });

  test("0: a living override passes the assertions that it names", async () => {
    const made = project([caseOf({ severity: "P1" })]);
    made.write("evals/overrides/OV-gift-1.yaml", overrideOf());
    const { code, text } = await gate(made, "invents");
    expect(text).toContain("overridden");
    expect(code).toBe(0);
  });

  test("2: an override that expired, begins later or names another assertion passes nothing", async () => {
    for (const wrong of [
      { created: day(-9), expires: day(-1) },
      { created: day(1), expires: day(9) },
      { covers: { assertions: ["budget"] } },
    ]) {
      const made = project([caseOf({ severity: "P1" })]);
      made.write("evals/overrides/OV-gift-1.yaml", overrideOf(wrong));
      const { code, text } = await gate(made, "invents");
      expect(text).toContain("OV-gift-1");
      expect(code).toBe(2);
    }
  });

  test("0: a case that fails what it must, and one that was never shown to, as the report says", async () => {
    const proven = caseOf({ unproven: undefined, known_bad: ["See [DOC-9]."] });
    const { code, text } = await gate(project([proven, caseOf({ id: "EC-second" })]), "honest");
    expect(text).toMatch(/EC-second .*unproven: never shown to fail a wrong output/);
    expect(text).not.toMatch(/EC-gift .*unproven/);
    expect(code).toBe(0);
  });

  test("0: a call that its recording answers by order alone is drift, and told in every report", async () => {
    const made = project();
    const { code, text } = await gate(made, "asks-otherwise", ["--junit", "gate.xml"]);
    expect(text).toContain("2 replayed calls differ from the recording (drift)");
    expect(code).toBe(0);
    const junit = readFileSync(join(made.folder, "gate.xml"), "utf8");
    expect(junit).toContain('<property name="drift" value="2"/>');
  });

  test("0: a failing P2 is logged", async () => {
    const { code, text } = await gate(project([caseOf({ severity: "P2" })]), "invents");
    expect(text).toContain("logged");
    expect(code).toBe(0);
  });

  test("64: an option, a case, an agent or a key that does not exist", async () => {
    expect((await gate(project(), "honest", ["--fast"])).code).toBe(64);
    const unknown = await gate(project(), "honest", ["--case", "EC-none"]);
    expect(unknown.text).toContain("EC-gift");
    expect(unknown.code).toBe(64);
    const lost = await gate(project([caseOf({ agent: "other", workflow: "others" })]), "honest");
    expect(lost.text).toMatch(
      /evals\/cases\/EC-gift\.yaml: no agent other \(or others, its workflow\) under agents: in \S+rootward\.yaml \(there: desk\)/,
    );
    expect(lost.code).toBe(64);
    const wrong = project([caseOf()], { agnets: {} });
    const { code, text } = await gate(wrong, "honest");
    expect(text).toMatch(/rootward\.yaml:\d+:1: unknown key "agnets"; accepted: the keys schema/);
    expect(code).toBe(64);
  });

  test("an override of a case that --case leaves out is not called stale", async () => {
    const made = project([caseOf({ severity: "P1" }), caseOf({ id: "EC-second" })]);
    made.write("evals/overrides/OV-gift-1.yaml", overrideOf());
    const { code, text } = await gate(made, "honest", ["--case", "EC-second"]);
    expect(text).not.toContain("OV-gift-1");
    expect(code).toBe(0);
  });

  test("4: --case names a case whose file is malformed: the file's error is told", async () => {
    const made = project();
    made.write("evals/cases/EC-gift.yaml", caseOf({ severity: "P7" as "P0" }));
    const { code, text } = await gate(made, "honest", ["--case", "EC-gift"]);
    expect(text).toMatch(/EC-gift\.yaml:\d+:\d+: severity is "P7"/);
    expect(code).toBe(4);
  });

  test("--advisory exits 0 and says so", async () => {
    const { code, text } = await gate(project(), "invents", ["--advisory"]);
    expect(text).toContain("exit 0 whatever the verdict");
    expect(code).toBe(0);
  });
});

describe.concurrent("3: undecided, with one sentence, is never green", () => {
  test.each([
    ["dies", "the agent ended with exit code 1: Error: no such key"],
    ["chats", `the agent's last line is no JSON: "done!"; expected one JSON object`],
    ["floods", "the agent wrote more than 1048576 bytes to its standard output"],
  ])("an agent that %s", async (mode, sentence) => {
    const { code, text } = await gate(project(), mode);
    expect(text).toContain(sentence);
    expect(text).toContain("UNDECIDED");
    expect(code).toBe(3);
  });

  test("an agent without spans, where a check needs them; what its answer shows is decided", async () => {
    const contains = { type: "output:contains", value: "nothing about that" };
    const never = { type: "not-trajectory:tool-used", value: "delete" };
    const made = project([caseOf({ assert: [contains, never] })]);
    const { code, text } = await gate(made, "silent");
    expect(text).toContain("the agent sent no spans to OTEL_EXPORTER_OTLP_ENDPOINT");
    expect(code).toBe(3);
    made.write("evals/cases/EC-gift.yaml", caseOf({ assert: [contains] }));
    expect((await gate(made, "silent")).code).toBe(0);
  });

  test("an agent that hangs, with a child that holds its output open", async () => {
    const desk = { adapter: "command", run: [process.execPath, "agent.mjs"], timeout: "1500ms" };
    const { code, text } = await gate(project([caseOf()], { agents: { desk } }), "hangs");
    expect(text).toContain("the agent did not end within 1.5 s and was stopped");
    expect(code).toBe(3);
  });

  test("an agent whose program does not exist", async () => {
    const agents = { desk: { adapter: "command", run: ["no-such-program"] } };
    const missing = await gate(project([caseOf()], { agents }), "honest");
    expect(missing.text).toContain("the agent (no-such-program) could not be started");
    expect(missing.code).toBe(3);
  });

  test("at every severity: a P2 whose agent dies is no pass", async () => {
    const { code, text } = await gate(project([caseOf({ severity: "P2" })]), "dies");
    expect(text).toContain("UNDECIDED");
    expect(code).toBe(3);
  });

  test("a tool call without a recording; on_miss: fail makes it a failure", async () => {
    const environment = { cassette: "../cassettes/EC-gift", match: "exact" };
    const made = project([caseOf({ environment })]);
    const miss = await gate(made, "asks-otherwise");
    expect(miss.text).toContain("no recording for lookup(");
    expect(miss.code).toBe(3);
    made.write(
      "evals/cases/EC-gift.yaml",
      caseOf({ environment: { ...environment, on_miss: "fail" } }),
    );
    expect((await gate(made, "asks-otherwise")).code).toBe(1);
  });

  test("a failing P0 outranks what is undecided", async () => {
    const agents = {
      desk: {
        adapter: "command",
        run: [process.execPath, "agent.mjs"],
        tools: { lookup: { via: "http", base_url_env: "TOOLS" } },
      },
      other: { adapter: "command", run: ["no-such-program"] },
    };
    const made = project([caseOf(), caseOf({ id: "EC-other", agent: "other" })], { agents });
    expect((await gate(made, "invents")).code).toBe(1);
  });
});

describe.concurrent("4: a store of cases that cannot be believed gates nothing", () => {
  const without =
    (change: (made: Project) => void, expected: RegExp, args: string[] = []) =>
    async () => {
      const made = project();
      change(made);
      const { code, text } = await gate(made, "honest", args);
      expect(text).toMatch(expected);
      expect(code).toBe(4);
    };

  test(
    "no folder of cases",
    without((made) => made.remove("evals"), /evals\/cases does not exist/),
  );
  test(
    "no case in it",
    without((made) => made.remove("evals/cases/EC-gift.yaml"), /evals\/cases holds no case/),
  );
  test(
    "an output that must fail and does not, though it was put there to prove the case",
    without(
      (made) =>
        made.write(
          "evals/cases/EC-gift.yaml",
          caseOf({ unproven: undefined, known_bad: ["See [DOC-9].", "See [DOC-1]."] }),
        ),
      /EC-gift\.yaml:\d+:\d+: known_bad\.1 is "See \[DOC-1\]\.": no assertion of the case fails it \(citations:subset-of-retrieved passes it: every cited id was retrieved: DOC-1\)/,
    ),
  );
  test(
    "an output that must fail, and nothing that could fail it",
    without(
      (made) =>
        made.write(
          "evals/cases/EC-gift.yaml",
          caseOf({
            known_bad: ["no"],
            assert: [{ type: "trajectory:tool-used", value: "lookup" }],
          }),
        ),
      /known_bad\.0 is "no": none of its assertions \(trajectory:tool-used\) can fail an output alone; accepted: unproven: true/,
    ),
  );
  test(
    "a pattern that is none, told without trying anything",
    without(
      (made) =>
        made.write(
          "evals/cases/EC-gift.yaml",
          caseOf({ assert: [{ type: "output:matches", value: "(" }] }),
        ),
      /EC-gift\.yaml:\d+:\d+: assert\.0\.value is "\(": no pattern/,
    ),
  );
  test(
    "one id in two files",
    without(
      (made) => made.write("evals/cases/twice.yaml", caseOf()),
      /evals\/cases\/twice\.yaml: case id EC-gift stands in evals\/cases\/EC-gift\.yaml too/,
    ),
  );
  test(
    "a recording that is not there",
    without(
      (made) => made.remove("evals/cassettes/EC-gift"),
      /evals\/cases\/EC-gift\.yaml: cassette \.\.\/cassettes\/EC-gift does not exist/,
    ),
  );
  test(
    "a recording that is none",
    without(
      (made) => made.write("evals/cassettes/EC-gift/lookup.jsonl", "{}\n"),
      /evals\/cassettes\/EC-gift\/lookup\.jsonl:1:1: tool is missing; accepted: text/,
    ),
  );
  test(
    "an assertion that does not exist",
    without(
      (made) =>
        made.write("evals/cases/EC-gift.yaml", caseOf({ assert: [{ type: "citations:all" }] })),
      /EC-gift\.yaml:\d+:\d+: unknown type "citations:all" in assert\.0; accepted: citations:/,
    ),
  );
  test(
    "a severity below what its failure class demands",
    without(
      (made) =>
        made.write("evals/cases/EC-gift.yaml", caseOf({ severity: "P2", failure_class: "safety" })),
      /EC-gift\.yaml:\d+:\d+: severity.*failure class "safety" is at least P0/,
    ),
  );
  test(
    "an override that lasts too long, without two people",
    without(
      (made) =>
        made.write(
          "evals/overrides/OV-gift-1.yaml",
          overrideOf({ expires: day(200), approved_by: ["@jo"] }),
        ),
      /OV-gift-1\.yaml:\d+:\d+: expires.*at most|may last 1 to 30 days/,
    ),
  );
});

describe.concurrent("the ratchet compares with the merge base", () => {
  const tampered = (change: (made: Project) => void, expected: RegExp) => async () => {
    const made = committed(project([caseOf(), caseOf({ id: "EC-second" })]));
    change(made);
    const { code, text } = await gate(made, "honest", ["--base", "main"]);
    expect(text).toMatch(expected);
    expect(code).toBe(4);
  };
  const edit = (more: object) => (made: Project) =>
    made.write("evals/cases/EC-gift.yaml", caseOf(more as CaseOptions));

  test(
    "a case that was deleted",
    tampered((made) => made.remove("evals/cases/EC-gift.yaml"), /EC-gift was deleted/),
  );
  test(
    "a severity that was lowered",
    tampered(edit({ severity: "P1" }), /EC-gift went from P0 to P1 without a history entry/),
  );
  test(
    "an assertion that was exchanged",
    tampered(
      edit({ assert: [{ type: "budget", value: { ms: 60_000 } }] }),
      /EC-gift lost citations:subset-of-retrieved/,
    ),
  );
  test(
    "a case back in draft",
    tampered(edit({ status: "draft" }), /EC-gift went from active to draft/),
  );
  test(
    "a case retired without a closure",
    tampered(edit({ status: "retired" }), /EC-gift is retired without a closure/),
  );
  test(
    "fewer trials",
    tampered(edit({ trials: { policy: "must_hold", n: 1 } }), /EC-gift is tried less strictly/),
  );
  test("another input", tampered(edit({ input: { message: "Hello" } }), /EC-gift changed.*input/));
  test(
    "a recording that was exchanged",
    tampered(
      (made) =>
        made.write(
          "evals/cassettes/EC-gift/lookup.jsonl",
          `${JSON.stringify({ ...recording, result: {} })}\n`,
        ),
      /cassettes\/EC-gift\/lookup\.jsonl: changed or gone without a history entry .*EC-gift/,
    ),
  );

  test("a change with its history entry is accepted, and one case alone can be tried", async () => {
    const made = committed(project([caseOf(), caseOf({ id: "EC-second" })]));
    const history = [
      { at: day(0), by: "@mira", change: "tried once", why: "the agent is slow in this test" },
    ];
    made.write(
      "evals/cases/EC-gift.yaml",
      caseOf({ trials: { policy: "must_hold", n: 1 }, history }),
    );
    const { code, text } = await gate(made, "honest", ["--base", "main", "--case", "EC-gift"]);
    expect(text).toContain("1/1");
    expect(text).not.toContain("EC-second");
    expect(code).toBe(0);
  });

  test("without a merge base: a warning on a desk, exit 4 in CI with the line to add", async () => {
    const made = project();
    const desk = await gate(made, "honest");
    expect(desk.text).toContain("no merge base");
    expect(desk.code).toBe(0);
    const ci = await gate(made, "honest", [], { CI: "true" });
    expect(ci.text).toContain("fetch-depth: 0");
    expect(ci.code).toBe(4);
  });
});

test("a failure that shows in some trials only is found by a rate, and reports go to files", async () => {
  const made = project([caseOf({ severity: "P1", trials: { policy: "rate" } })]);
  const summary = join(made.folder, "summary.md");
  const ended = await gate(made, "flaky", ["--json", "gate.json", "--junit", "gate.xml"], {
    GITHUB_ACTIONS: "true",
    GITHUB_STEP_SUMMARY: summary,
  });
  expect(ended.code).toBe(0);
  const verdict: unknown = JSON.parse(readFileSync(join(made.folder, "gate.json"), "utf8"));
  expect(verdict).toMatchObject({
    schema: "gate-result/v1",
    outcome: "pass",
    exitCode: 0,
    cases: [
      {
        case: "EC-gift",
        verdict: "pass",
        trials: { fail: 1, undecided: 0 },
        ms: expect.any(Number),
        trialResults: expect.arrayContaining([
          expect.objectContaining({ index: 0, outcome: "fail", drift: 0 }),
          expect.objectContaining({
            index: 1,
            outcome: "pass",
            grades: [
              {
                kind: "pass",
                assertion: "citations:subset-of-retrieved",
                why: "every cited id was retrieved: DOC-1",
                line: expect.any(Number),
              },
            ],
          }),
        ]),
      },
    ],
  });
  expect(GateVerdict.parse(verdict)).toEqual(verdict);
  expect(readFileSync(join(made.folder, "gate.xml"), "utf8")).toContain('failures="0"');
  expect(readFileSync(summary, "utf8")).toContain("Rootward gate: Pass");
});
