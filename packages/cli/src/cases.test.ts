import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { Closure } from "@rootward/pipeline/model/closure";
import { EvalCase } from "@rootward/pipeline/model/evalcase";
import { register } from "./commands/cases.ts";
import { OperatorError } from "./output.ts";
import { deskCase, deskProject } from "./testing/desk.ts";

const root = mkdtempSync(join(tmpdir(), "rootward-cases-"));
const traffic = join(root, "otlp");
const cluster = "CL-16522c45";
const other = "CL-42666681";

beforeAll(() => {
  const simulator = fileURLToPath(new URL("../../../simulator/src/main.ts", import.meta.url));
  const source = ["--conditions=rootward-source", "--import", "tsx", simulator];
  const story = ["--faults", "retrieval_drift", "--runs", "330", "--end", "2026-11-20T10:00:00Z"];
  const ended = spawnSync(process.execPath, [...source, "--out", traffic, ...story], {
    encoding: "utf8",
    cwd: fileURLToPath(new URL("../../..", import.meta.url)),
  });
  if (ended.status !== 0) throw new Error(ended.stderr);
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly text: string;
}

let made = 0;
/** The file of a case that was added. */
let proven = "";
function desk(
  cases: readonly ReturnType<typeof deskCase>[] = [deskCase()],
  mode: "honest" | "invents" = "honest",
) {
  made += 1;
  const folder = join(root, `p${made}`);
  mkdirSync(folder, { recursive: true });
  deskProject(folder, mode, cases);
  return {
    run: (...args: readonly string[]) => rootward(folder, args),
    read: (file: string) => readFileSync(join(folder, file), "utf8"),
    write: (file: string, text: string) => writeFileSync(join(folder, file), text),
    files: (sub: string) => readdirSync(join(folder, sub)),
  };
}

/** The command in this process: tests that use it run one after the other. */
async function rootward(folder: string, args: readonly string[]): Promise<Ended> {
  const before = { cwd: process.cwd(), exitCode: process.exitCode };
  let text = "";
  const hear = (chunk: string | Uint8Array) => {
    text += String(chunk);
    return true;
  };
  const streams = [process.stdout, process.stderr].map(
    (stream) => [stream, stream.write.bind(stream)] as const,
  );
  try {
    process.chdir(folder);
    process.exitCode = 0;
    for (const [stream] of streams) stream.write = hear;
    const program = new Command().exitOverride();
    register(program);
    await program.parseAsync(["cases", ...args], { from: "user" });
    return { code: Number(process.exitCode ?? 0), text };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { code: error.exitCode, text: `${text}${error.message}` };
  } finally {
    for (const [stream, write] of streams) stream.write = write;
    process.chdir(before.cwd);
    process.exitCode = before.exitCode;
  }
}

const why = "The index was restored from its backup, and its deploy now checks the count of items.";
const fields = ["--why", why, "--category", "resolved_outage"];
const people = ["--closed-by", "jo", "--reviewed-by", "@mira"];

describe("cases add", () => {
  test("writes a case that gates; a second one of the cluster asks why and keeps the answer", async () => {
    const { run, read, files } = desk();
    const file = "evals/cases/EC-16522c45.yaml";
    const add = ["add", cluster, "--from", traffic, "--by", "jo"];
    const first = await run(...add);
    expect(first.text).toContain("grader: assertion (code fails");
    expect(first.text).toContain("active: it gates from now on");
    proven = read(file);
    const again = await run(...add);
    expect(again.code).toBe(1);
    expect(again.text).toMatch(/has its case already: evals\/cases\/EC-16522c45\.yaml.*--why/);
    const short = await run(...add, "--why", "because");
    expect(short.text).toBe('--why is "because"; expected a reason of at least 10 characters');
    const second = await run(...add, "--why", "asked by jo@example.com: cards differ");
    expect(second.code).toBe(0);
    expect(files("evals/cases")).toContain("EC-16522c45-2.yaml");
    const { history } = EvalCase.parse(parse(read("evals/cases/EC-16522c45-2.yaml")));
    expect(history).toMatchObject([
      { change: "case 2 of CL-16522c45", why: "asked by [e-mail]: cards differ" },
    ]);
  }, 240_000);

  test("refuses a word it does not know, with those it does, before it reads anything", async () => {
    const { run } = desk();
    const add = ["add", cluster, "--from", "nowhere"];
    expect(await run(...add, "--grader", "llm")).toEqual({
      code: 2,
      text: '--grader is "llm"; accepted are assertion, judge',
    });
    expect((await run(...add, "--class", "accuracy")).text).toContain("--why");
    const secret = `gh${"p"}_${"a1".repeat(18)}`;
    const told = await run(...add, "--why", `the token ${secret} leaked`);
    expect(told.text).toBe("--why holds what looks like a GitHub token; nothing was written");
  });
});

describe("cases activate", () => {
  test("proves the assertions as they stand, and refuses what does not tell the runs apart", async () => {
    const { run, read, write } = desk();
    const file = "evals/cases/EC-16522c45.yaml";
    const draft = `# ours\n${proven.replace("status: active", "status: draft")}`;
    write(file, draft.replace("type: citations:subset-of-retrieved", "type: behavior:no-error"));
    const refused = await run("activate", "EC-16522c45", "--from", traffic);
    expect(refused.code).toBe(1);
    expect(refused.text).toMatch(/stays a draft: its assertions fail 0 of \d+ members/);
    write(file, draft);
    const done = await run("activate", "EC-16522c45", "--from", traffic, "--by", "mira");
    expect(done.text).toMatch(/active: fails \d+\/\d+ members, passes \d+\/\d+ clean runs/);
    const text = read(file);
    expect(text).toContain("# ours");
    expect(text).toContain("# grounding: the answers rest on nothing that was retrieved");
    expect(EvalCase.parse(parse(text))).toMatchObject({
      status: "active",
      history: [{ by: "@mira", change: "activated" }],
    });
  }, 240_000);

  test("a written case needs an output that must fail, or to be called unproven", async () => {
    const { run, read } = desk([deskCase({ status: "draft", unproven: undefined })]);
    const refused = await run("activate", "EC-gift");
    expect(refused.text).toContain("it needs known_bad, an output that must fail, or --unproven");
    expect((await run("activate", "EC-gift", "--unproven")).code).toBe(0);
    expect(EvalCase.parse(parse(read("evals/cases/EC-gift.yaml")))).toMatchObject({
      status: "active",
      unproven: true,
    });
    expect((await run("activate", "EC-gift")).text).toContain("only a draft is activated");
  });
});

describe("cases close", () => {
  const close = ["close", other, "--from", traffic];

  test("names everything that is missing", async () => {
    const { run } = desk();
    expect((await run(...close)).text).toContain("--could-recur-unnoticed is missing");
    const { code, text } = await run(...close, "--could-recur-unnoticed", "no");
    expect(code).toBe(2);
    for (const option of ["--category", "--reviewed-by", "--why"]) expect(text).toContain(option);
  });

  test("writes the closure of a cluster without a case", async () => {
    const { run, read } = desk();
    const { code, text } = await run(
      ...close,
      ...fields,
      ...people,
      "--could-recur-unnoticed",
      "no",
    );
    expect(text).toMatch(/evals\/closures\/CL-42666681\.yaml   P1 \(grounding: .*no_eval/);
    expect(code).toBe(0);
    const closure = Closure.parse(parse(read(`evals/closures/${other}.yaml`)));
    expect(closure).toMatchObject({ decision: "no_eval", closed_by: "@jo", reviewed_by: "@mira" });
  }, 120_000);

  test("refuses what could recur unnoticed, and a P0", async () => {
    const { run, write } = desk();
    const recurring = await run(...close, ...fields, ...people, "--could-recur-unnoticed", "yes");
    expect(recurring.code).toBe(2);
    expect(recurring.text).toContain("it could recur unnoticed, so it needs an eval");
    write("rootward.yaml", "workflows: {policy-check: {compliance: true}}\n");
    const p0 = await run(...close, ...fields, ...people, "--could-recur-unnoticed", "no");
    expect(p0.text).toContain("a P0 failure always gets an eval");
  }, 240_000);
});

describe("cases retire", () => {
  test("keeps the file and its comments, with the reason in its history, and writes the closure", async () => {
    const { run, read, write } = desk();
    const file = "evals/cases/EC-gift.yaml";
    write(file, `# kept\n${read(file).replace("severity: P0", "severity: P0 # and this")}`);
    const { code } = await run("retire", "EC-gift", ...fields, ...people);
    expect(code).toBe(0);
    expect(read(file)).toMatch(/^# kept\n/);
    expect(read(file)).toContain("severity: P0 # and this");
    expect(EvalCase.parse(parse(read(file)))).toMatchObject({
      status: "retired",
      history: [{ by: "@jo", change: "retired", why }],
    });
    expect(Closure.parse(parse(read("evals/closures/EC-gift.yaml")))).toMatchObject({
      decision: "retire_case",
      case: "EC-gift",
    });
    expect((await run("retire", "EC-gift", ...fields, ...people)).text).toContain(
      "retired already",
    );
  });

  test.each([
    ["@jo", "jo"],
    ["jo", "@Jo"],
  ])("is not reviewed by who closes it: %s and %s are one", async (closed, reviewed) => {
    const { run, read } = desk();
    const same = ["--closed-by", closed, "--reviewed-by", reviewed];
    const { code, text } = await run("retire", "EC-gift", ...fields, ...same);
    expect(code).toBe(2);
    expect(text).toContain("another person than closed_by");
    expect(read("evals/cases/EC-gift.yaml")).toContain("status: active");
  });
});

describe("cases new", () => {
  const asked = ["--title", "Never says what the limit is not", "--input", "Is it 5 EUR?"];
  const assertion = ["--assert", '{type: output:not-contains, value: "5 EUR"}'];

  test("writes a case by hand: active with an output that must fail, a draft without", async () => {
    const { run, read } = desk();
    const bad = ["--known-bad", "It is 5 EUR, says mira@example.com"];
    expect((await run("new", "limit", ...asked, ...assertion, ...bad)).code).toBe(0);
    expect(EvalCase.parse(parse(read("evals/cases/EC-limit.yaml")))).toMatchObject({
      status: "active",
      severity: "P1",
      agent: "desk",
      provenance: { origin: "written" },
      run_on: ["model", "prompt", "tool_schema", "retrieval_index", "code"],
      input: { message: "Is it 5 EUR?" },
      known_bad: ["It is 5 EUR, says [e-mail]"],
    });
    const good = await run("new", "ok", ...asked, ...assertion, "--known-bad", "It is 9 EUR");
    expect(good.text).toMatch(/--known-bad is "It is 9 EUR".*nothing was written/);
    expect(good.code).toBe(2);
    const draft = await run("new", "other", ...asked, ...assertion);
    expect(draft.text).toContain("draft");
    expect((await run("new", "limit", ...asked, ...assertion)).text).toContain("exists already");
  });

  test("with a judge it is a draft with a rubric", async () => {
    const { run, read, files } = desk();
    await run("new", "tone", ...asked, "--judge", "--class", "accuracy");
    expect(files("evals/rubrics")).toContain("ec-tone.md");
    expect(parse(read("evals/cases/EC-tone.yaml"))).toMatchObject({
      grader: "judge",
      status: "draft",
    });
  });

  test("refuses what the schema refuses, and writes nothing", async () => {
    const { run, files } = desk();
    const before = files("evals/cases");
    const lower = await run(
      "new",
      "x",
      ...asked,
      ...assertion,
      "--class",
      "safety",
      "--severity",
      "P2",
    );
    expect(lower.text).toContain('failure class "safety" is at least P0');
    const wrong = await run("new", "x", ...asked, "--assert", "{type: output:smells}");
    expect(wrong.code).toBe(2);
    expect((await run("new", "x")).text).toBe("missing: --title; --input; --assert, or --judge");
    const secret = await run(
      "new",
      "x",
      ...asked,
      ...assertion,
      "--known-bad",
      '{"password":"hunter22"}',
    );
    expect(secret.text).toContain("holds what looks like a password");
    expect(files("evals/cases")).toEqual(before);
  });
});

describe("cases run", () => {
  test("tries one case whatever its status and severity: exit 0 or 1", async () => {
    const cases = [deskCase({ status: "draft" })];
    const { run } = desk(cases);
    const good = await run("run", "EC-gift", "--trials", "2");
    expect(good.text).toMatch(/trial 2 {3}pass[\s\S]*EC-gift: pass/);
    expect(good.code).toBe(0);
    const bad = await desk(cases, "invents").run("run", "EC-gift", "--trials", "2");
    expect(bad.text).toMatch(/fail {2}citations:subset-of-retrieved: cited but not retrieved/);
    expect(bad.code).toBe(1);
    expect((await run("run", "EC-none")).text).toContain("there: EC-gift");
  }, 60_000);
});
