import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";

const program = fileURLToPath(new URL("main.ts", import.meta.url));
const loader = createRequire(import.meta.url).resolve("tsx");
const root = mkdtempSync(join(tmpdir(), "rootward-ratchet-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const dayMs = 86_400_000;
const day = (offset: number) => new Date(Date.now() + offset * dayMs).toISOString().slice(0, 10);

type More = Readonly<Record<string, unknown>>;

function caseOf(more: More = {}) {
  return {
    schema: "eval-case/v1",
    id: "EC-a",
    title: "Cites a rule that retrieval did not return",
    severity: "P0",
    failure_class: "compliance",
    grader: "assertion",
    status: "active",
    owner: "@mira",
    provenance: { origin: "written", created: { at: day(-9), by: "@mira", tool: "test" } },
    agent: "desk",
    workflow: "desk",
    input: { message: "Hello" },
    environment: { cassette: "../cassettes/EC-a" },
    assert: [
      { type: "output:json-schema", value: "../../contracts/finding.json" },
      { type: "downstream:validator", value: { run: ["node", "../../check.mjs"] } },
      { type: "behavior:signal", value: { name: "downstream_ok", eq: true } },
    ],
    unproven: true,
    ...more,
  };
}

const history = [
  { at: day(0), by: "@mira", change: "as told", why: "the consumer accepts this form as well now" },
];

const recording = {
  tool: "lookup",
  args: {},
  result: {},
  from: { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", span_id: "00f067aa0ba902b7" },
};

const closure = {
  schema: "closure/v1",
  id: "CL-b",
  cluster: "CL-b",
  members: 3,
  decision: "no_eval",
  category: "resolved_outage",
  severity_considered: "P2",
  could_recur_unnoticed: false,
  why: "The vector store was away for an hour; every run raised an error.",
  closed_by: "@jo",
  reviewed_by: "@mira",
  closed: day(-9),
};

function overrideOf(more: More = {}) {
  return {
    schema: "override/v1",
    id: "OV-a",
    case: "EC-a",
    kind: "accept_failure",
    severity: "P0",
    covers: { assertions: ["output:json-schema"] },
    reason: "The index is rebuilt on Friday; until then the wrong rule is shown with a warning.",
    risk: "One of ten answers names an old rule, with a link to it.",
    incident: "INC-7",
    follow_up: "https://example.com/issues/7",
    requested_by: "@jo",
    approved_by: ["@mira", "@ana"],
    created: day(0),
    expires: day(2),
    ...more,
  };
}

const config = {
  workflows: { desk: { contract: { schema: "contracts/answer.json", not_null: ["/due_at"] } } },
  agents: { desk: { adapter: "command", run: ["no-such-program"] } },
};

class Project {
  readonly folder = mkdtempSync(join(root, "p"));

  write(file: string, content: string | object): void {
    mkdirSync(dirname(join(this.folder, file)), { recursive: true });
    const text = typeof content === "string" ? content : stringify(content);
    writeFileSync(join(this.folder, file), text);
  }

  remove(file: string): void {
    rmSync(join(this.folder, file), { recursive: true });
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), "utf8");
  }

  git(...args: readonly string[]): void {
    const identity = ["-c", "user.name=Mira", "-c", "user.email=mira@example.com"];
    const ended = spawnSync("git", [...identity, ...args], { cwd: this.folder, encoding: "utf8" });
    if (ended.status !== 0) throw new Error(ended.stderr);
  }

  gate(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
    const child = spawn(
      process.execPath,
      ["--conditions=rootward-source", "--import", loader, program, "gate", ...args],
      {
        cwd: this.folder,
        env: { ...process.env, CI: "", GITHUB_ACTIONS: "", GITHUB_BASE_REF: "", ...env },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let text = "";
    child.stdout.on("data", (chunk) => (text += chunk));
    child.stderr.on("data", (chunk) => (text += chunk));
    return new Promise<{ readonly code: number | null; readonly text: string }>((resolve) =>
      child.on("close", (code) => resolve({ code, text })),
    );
  }
}

/** A repository on a branch of its own; its agent cannot be started, so that what is tried is undecided (3). */
function project(): Project {
  const made = new Project();
  made.write("rootward.yaml", config);
  made.write("evals/cases/EC-a.yaml", caseOf());
  made.write(
    "evals/cases/EC-b.yaml",
    caseOf({ id: "EC-b", assert: [{ type: "behavior:no-error" }], environment: undefined }),
  );
  made.write("evals/cassettes/EC-a/lookup.jsonl", `${JSON.stringify(recording)}\n`);
  made.write("evals/closures/CL-b.yaml", closure);
  made.write("contracts/finding.json", JSON.stringify({ type: "object" }));
  made.write("contracts/answer.json", JSON.stringify({ type: "object" }));
  made.write(
    "check.mjs",
    'import { accepts } from "./lib/rule.mjs";\nprocess.exit(accepts() ? 0 : 1);\n',
  );
  made.write("lib/rule.mjs", "export const accepts = () => false;\n");
  made.git("init", "-q", "-b", "main");
  made.git("add", "-A");
  made.git("commit", "-q", "-m", "cases");
  made.git("checkout", "-q", "-b", "change");
  return made;
}

describe.concurrent("a change that weakens a case without saying so is invalid", () => {
  const withHistory = (made: Project) => made.write("evals/cases/EC-a.yaml", caseOf({ history }));

  test.each<[string, (made: Project) => void, RegExp]>([
    [
      "the schema that it names accepts everything",
      (made) => made.write("contracts/finding.json", "true"),
      /contracts\/finding\.json: changed or gone without a history entry .*\(EC-a\)/,
    ],
    [
      "the schema that it names is gone",
      (made) => made.remove("contracts/finding.json"),
      /contracts\/finding\.json: changed or gone/,
    ],
    [
      "the validator accepts everything",
      (made) => made.write("check.mjs", "process.exit(0);\n"),
      /check\.mjs: changed or gone/,
    ],
    [
      "what the validator imports accepts everything",
      (made) => made.write("lib/rule.mjs", "export const accepts = () => true;\n"),
      /lib\/rule\.mjs: changed or gone/,
    ],
    [
      "the contract of its workflow accepts everything",
      (made) => made.write("contracts/answer.json", "{}"),
      /contracts\/answer\.json: changed or gone/,
    ],
    [
      "its workflow has no contract",
      (made) => made.write("rootward.yaml", { agents: config.agents }),
      /rootward\.yaml workflows\.desk\.contract: changed or gone/,
    ],
    [
      "a recording is gone",
      (made) => made.write("evals/cassettes/EC-a/lookup.jsonl", ""),
      /evals\/cassettes\/EC-a\/lookup\.jsonl: changed or gone/,
    ],
  ])("%s; with a history entry it is accepted", async (_, tamper, sentence) => {
    const made = project();
    tamper(made);
    const told = await made.gate(["--base", "main"]);
    expect(told.text).toMatch(sentence);
    expect(told.code).toBe(4);
    withHistory(made);
    const accepted = await made.gate(["--base", "main"]);
    expect(accepted.text).not.toContain("history entry");
  });

  test("a closure that is deleted, a case that is renamed", async () => {
    const made = project();
    made.remove("evals/closures/CL-b.yaml");
    made.write("evals/cases/EC-b.yaml", caseOf({ id: "EC-c" }));
    const { code, text } = await made.gate(["--base", "main"]);
    expect(text).toContain("closure CL-b was deleted");
    expect(text).toContain("EC-b was deleted");
    expect(code).toBe(4);
  });

  test("a history entry without a reason", async () => {
    const made = project();
    made.write(
      "evals/cases/EC-a.yaml",
      caseOf({ agent: "x", history: [{ ...history[0], why: "" }] }),
    );
    const { code, text } = await made.gate(["--base", "main"]);
    expect(text).toMatch(
      /EC-a\.yaml:\d+:\d+: history\.0\.why is "": expected at least 20 characters/,
    );
    expect(code).toBe(4);
  });

  test("line ends of another system are no change", async () => {
    const made = project();
    made.write("check.mjs", made.read("check.mjs").replaceAll("\n", "\r\n"));
    const { code, text } = await made.gate(["--base", "main"]);
    expect(text).not.toContain("history entry");
    expect(code).toBe(3);
  });
});

describe.concurrent("a change cannot allow itself what was not allowed", () => {
  test("fewer trials in rootward.yaml are told and not asked for", async () => {
    const made = project();
    made.write("rootward.yaml", { ...config, trials: { P0: { policy: "must_hold", n: 1 } } });
    const { text } = await made.gate(["--base", "main"]);
    expect(text).toContain("trials.P0 (must_hold, n 1) is not as strict as must_hold, n 9");
  });

  test("break-glass is told and does not count; overrides from the base leave out new ones", async () => {
    const made = project();
    made.write("rootward.yaml", { ...config, overrides: { p0_break_glass: true, from: "base" } });
    made.write("evals/overrides/OV-a.yaml", overrideOf());
    const { text } = await made.gate(["--base", "main"]);
    expect(text).toContain("overrides.p0_break_glass is new: it counts once it stands");
    expect(text).toContain("OV-a is new or changed here");
  });
});

describe.concurrent("the clock", () => {
  /** A program whose clock stands `days` back. */
  const setBack = (days: number) => {
    const source = `const now = Date.now; const back = ${days * dayMs};
globalThis.Date = class extends Date { constructor(...args) { super(...(args.length ? args : [now() - back])); } static now() { return now() - back; } };`;
    return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(source)}` };
  };

  test("set back by a month, it revives no override: invalid; a day is allowed", async () => {
    const made = project();
    const { code, text } = await made.gate(["--base", "main"], setBack(30));
    expect(text).toMatch(
      /today is \d{4}-\d{2}-\d{2} by the clock of this machine, and the last commit/,
    );
    expect(code).toBe(4);
    expect((await made.gate(["--base", "main"], setBack(1))).text).not.toContain("clock");
  });

  test("a file with a day to come is invalid, without git as well", async () => {
    const made = new Project();
    made.write("rootward.yaml", { agents: config.agents });
    made.write("evals/cases/EC-a.yaml", caseOf({ environment: undefined }));
    made.write("evals/overrides/OV-a.yaml", overrideOf({ created: day(20), expires: day(22) }));
    const { code, text } = await made.gate();
    expect(text).toContain("OV-a was created on");
    expect(code).toBe(4);
  });
});

test("200 cases take as many git processes as two, unchanged and changed", async () => {
  const made = project();
  const log = join(made.folder, "..", "trace.log");
  const processes = async () => {
    rmSync(log, { force: true });
    await made.gate(["--base", "main", "--case", "EC-a"], { GIT_TRACE2: log });
    const lines = readFileSync(log, "utf8").split("\n");
    return lines.filter((line) => line.includes(" cmd_name ")).length;
  };
  const untouched = await processes();
  made.write("contracts/finding.json", "true");
  made.write("evals/cases/EC-b.yaml", caseOf({ id: "EC-b", history }));
  const touched = await processes();
  made.git("checkout", "-q", "main", "--", ".");
  for (let at = 0; at < 200; at += 1) {
    made.write(`evals/cases/EC-${at}x.yaml`, caseOf({ id: `EC-${at}x`, environment: undefined }));
  }
  made.git("add", "-A");
  made.git("commit", "-q", "-m", "many");
  made.git("branch", "-q", "-f", "main");
  expect(await processes()).toBe(untouched);
  made.write("contracts/finding.json", "true");
  for (let at = 0; at < 200; at += 1) {
    const again = caseOf({ id: `EC-${at}x`, environment: undefined, history });
    made.write(`evals/cases/EC-${at}x.yaml`, again);
  }
  expect(await processes()).toBe(touched);
});
