import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { asking } from "./ask.ts";
import { completed } from "./override-draft.ts";

const program = fileURLToPath(new URL("main.ts", import.meta.url));
const loader = createRequire(import.meta.url).resolve("tsx");
const root = mkdtempSync(join(tmpdir(), "rootward-override-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const day = (offset: number) =>
  new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

type More = Readonly<Record<string, unknown>>;

const evalCase = (more: More = {}) => ({
  schema: "eval-case/v1",
  id: "EC-a",
  title: "Cites a rule that retrieval did not return",
  severity: "P1",
  failure_class: "grounding",
  grader: "assertion",
  status: "active",
  owner: "@mira",
  provenance: { origin: "written", created: { at: day(-9), by: "@mira", tool: "test" } },
  agent: "desk",
  workflow: "desk",
  input: {},
  assert: [{ type: "budget", value: { ms: 10 } }, { type: "behavior:no-error" }],
  unproven: true,
  ...more,
});

const override = (more: More = {}) => ({
  schema: "override/v1",
  id: "OV-a",
  case: "EC-a",
  kind: "accept_failure",
  severity: "P1",
  covers: { assertions: ["budget"] },
  reason: "The index is rebuilt on Friday; until then the wrong rule is shown with a warning.",
  risk: "One of ten answers names an old rule, with a link to it.",
  incident: "INC-7",
  follow_up: "https://example.com/issues/7",
  requested_by: "@jo",
  approved_by: ["@mira"],
  created: day(-1),
  expires: day(10),
  ...more,
});

/** A verdict in which one case failed. */
const verdict = (more: More = {}) => ({
  schema: "gate-result/v1",
  outcome: "override_needed",
  exitCode: 2,
  today: day(0),
  cases: [
    {
      case: "EC-a",
      file: "evals/cases/EC-a.yaml",
      severity: "P1",
      title: "Cites a rule that retrieval did not return",
      cluster: null,
      verdict: "fail",
      action: "needs_override",
      trials: { n: 1, pass: 0, fail: 1, undecided: 0 },
      trialResults: [],
      failed: [{ assertion: "behavior:no-error", line: 3 }],
      why: "",
      drift: 0,
      calls: 0,
      heldInARow: null,
      unproven: [],
      identity: null,
      ms: 1,
      upperFailureRate: null,
      override: null,
      ...more,
    },
  ],
  problems: [],
  staleOverrides: [],
  skipped: [],
  changes: [],
  sentence: "",
});

function project(files: Readonly<Record<string, object>>): string {
  const folder = mkdtempSync(join(root, "p"));
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    const text = file.endsWith(".json") ? JSON.stringify(content) : stringify(content);
    writeFileSync(join(folder, file), text);
  }
  return folder;
}

function run(folder: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=rootward-source", "--import", loader, program, "override", ...args],
    { cwd: folder, encoding: "utf8" },
  );
  return { code: status, text: stdout + stderr };
}

const given = [
  "--reason",
  "the index is rebuilt on Friday, until then a warning is shown",
  "--risk",
  "one of ten answers names an old rule",
  "--incident",
  "INC-7",
  "--follow-up",
  "https://example.com/7",
  "--requested-by",
  "@jo",
  "--approved-by",
  "@mira",
  "--expires",
  day(5),
];

describe("override new", () => {
  test("covers what failed in the last result, and says what is missing where nobody can be asked", () => {
    const folder = project({ "evals/cases/EC-a.yaml": evalCase(), "gate.json": verdict() });
    const short = run(folder, "new", "EC-a", "--from", "gate.json", "--requested-by", "@jo");
    expect(short.text).toContain("--reason is missing: expected a text of at least 40 characters");
    expect(short.text).toContain("--approved-by is missing");
    expect(short.code).toBe(2);
    expect(existsSync(join(folder, "evals/overrides"))).toBe(false);
    const { code, text } = run(folder, "new", "EC-a", "--from", "gate.json", ...given);
    expect(text).toContain(`evals/overrides/OV-a-${day(0)}.yaml`);
    expect(code).toBe(0);
    const written = readFileSync(join(folder, `evals/overrides/OV-a-${day(0)}.yaml`), "utf8");
    expect(written).toMatch(/^# yaml-language-server: \$schema=/);
    expect(parse(written)).toMatchObject({ covers: { assertions: ["behavior:no-error"] } });
    expect(run(folder, "new", "EC-a", "--covers", "budget", ...given).code).toBe(0);
    expect(readdirSync(join(folder, "evals/overrides"))).toContain(`OV-a-${day(0)}-2.yaml`);
  });

  test("what passed, what could not be decided and what is no result are refused", () => {
    const folder = project({
      "evals/cases/EC-a.yaml": evalCase(),
      "passed.json": verdict({ verdict: "pass" }),
      "undecided.json": verdict({ verdict: "undecided" }),
      "other.json": { schema: "gate-result/v2" },
    });
    const said = (file: string) => run(folder, "new", "EC-a", "--from", file, ...given).text;
    expect(said("passed.json")).toContain("EC-a passed: there is nothing to override");
    expect(said("undecided.json")).toContain("could not be decided, which no override covers");
    expect(said("other.json")).toContain("--from other.json is no result of the gate");
    expect(said("none.json")).toContain("--from none.json: ENOENT");
  });

  test("a judge can be named where one grades, and nothing that is not there", () => {
    const judged = evalCase({ grader: "judge", judge: { rubric: "../rubrics/x.md" } });
    const folder = project({ "evals/cases/EC-a.yaml": judged });
    expect(run(folder, "new", "EC-a", "--covers", "judge", ...given).code).toBe(0);
    const wrong = run(folder, "new", "EC-a", "--covers", "Too small", ...given);
    expect(wrong.text).toContain("--covers Too small: EC-a has budget, behavior:no-error, judge");
    expect(wrong.code).toBe(2);
  });

  test("at a terminal every missing or refused value is asked for until the rules hold", async () => {
    const input = new PassThrough();
    const output = new PassThrough();
    const asked = asking(input, output);
    const answers = [
      "budget nothing",
      "budget",
      "too short",
      "the index is rebuilt on Friday, until then a warning is shown",
      "one of ten answers names an old rule",
      "INC-7",
      "not a URL",
      "https://example.com/7",
      "@Jo",
      day(90),
      "@mira",
      day(5),
    ];
    const questions: string[] = [];
    const told: string[] = [];
    const made = await completed(
      {
        schema: "override/v1",
        id: "OV-a",
        case: "EC-a",
        kind: "accept_failure",
        severity: "P1",
        requested_by: "@jo",
        created: day(0),
      },
      async (question) => {
        questions.push(question);
        if (questions.length > answers.length) throw new Error(`asked once more: ${question}`);
        const answer = asked.ask(question);
        input.write(`${answers[questions.length - 1]}\n`);
        return await answer;
      },
      (text) => told.push(text),
      ["budget", "behavior:no-error"],
    );
    asked.end();
    expect(questions).toHaveLength(answers.length);
    expect(told.join("\n")).toContain("--reason expected at least 40 characters");
    expect(told.join("\n")).toContain("--approved-by the person who asked cannot approve");
    expect(told.join("\n")).toContain("--expires accept_failure may last 1 to 30 days");
    expect(told.join("\n")).toContain("--covers nothing: the case has budget");
    expect(made).toMatchObject({
      covers: { assertions: ["budget"] },
      approved_by: ["@mira"],
      expires: day(5),
    });
  });

  test("an input that ends writes nothing", async () => {
    const input = new PassThrough();
    const asked = asking(input, new PassThrough());
    const answer = asked.ask("Why");
    input.end();
    await expect(answer).rejects.toThrow("nothing was written");
  });
});

describe("override prune", () => {
  const store = {
    "evals/cases/EC-a.yaml": evalCase(),
    "evals/overrides/OV-a.yaml": override(),
    "evals/overrides/OV-old.yaml": override({ id: "OV-old", created: day(-9), expires: day(0) }),
    "evals/overrides/OV-gone.yaml": override({ id: "OV-gone", case: "EC-gone" }),
    "evals/overrides/OV-odd.yaml": override({ id: "OV-odd", covers: { assertions: ["odd"] } }),
    "passed.json": verdict({ verdict: "pass", trials: { n: 5, pass: 5, fail: 0, undecided: 0 } }),
  };
  const left = (folder: string) => readdirSync(join(folder, "evals/overrides")).join(" ");

  test("shows what is over, deletes it with --yes, and keeps what lives", () => {
    const folder = project(store);
    const shown = run(folder, "prune");
    expect(shown.text).toContain(`OV-old.yaml   OV-old expired on ${day(0)}`);
    expect(shown.text).toContain("OV-gone names EC-gone, which does not exist");
    expect(shown.text).toContain("give --yes to delete them");
    expect(shown.code).toBe(1);
    expect(left(folder).split(" ")).toHaveLength(4);
    expect(run(folder, "prune", "--yes").code).toBe(0);
    expect(left(folder)).toBe("OV-a.yaml");
    expect(run(folder, "prune").text).toContain("nothing to prune");
    expect(run(folder, "prune", "--yes", "--from", "passed.json").text).toContain(
      "OV-a: EC-a passes now (5 of 5 trials held)",
    );
    expect(left(folder)).toBe("");
  });

  test("beside a file that cannot be read only what expired is known to be over", () => {
    const folder = project({ ...store, "evals/cases/EC-b.yaml": { schema: "eval-case/v1" } });
    run(folder, "prune", "--yes");
    expect(left(folder)).toBe("OV-a.yaml OV-gone.yaml OV-odd.yaml");
  });
});
