import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { writeRubric } from "@rootward/pipeline/evals/rubric";
import { loadConfig } from "./config.ts";
import { rootwardCases } from "./suite.ts";
import { deskCase, deskProject } from "./testing/desk.ts";
import { shownIn, startJudgeEndpoint } from "./testing/judge-endpoint.ts";
import type { JudgeEndpoint, Play } from "./testing/judge-endpoint.ts";

const program = fileURLToPath(new URL("main.ts", import.meta.url));
const loader = createRequire(import.meta.url).resolve("tsx");
const root = mkdtempSync(join(tmpdir(), "rootward-judged-"));
let endpoint: JudgeEndpoint;
beforeAll(async () => {
  endpoint = await startJudgeEndpoint(() => "");
});
afterAll(async () => {
  await endpoint.stop();
  rmSync(root, { recursive: true, force: true });
});

const judge = { rubric: "../rubrics/figures.md", inputs: ["input", "output", "retrieved"] };
const judged = (more: object = {}) =>
  deskCase({
    grader: "judge",
    assert: [],
    judge,
    severity: "P1",
    failure_class: "grounding",
    ...more,
  });
const verdict = (verdict: string, quote = "It is 60 EUR") =>
  JSON.stringify({ quote, why: "The passages say so.", verdict });
/** Passes what states the amount of the passages. */
const honest: Play = (received) =>
  verdict(
    shownIn(received, "answer").includes("60") ? "pass" : "fail",
    shownIn(received, "answer").slice(0, 9),
  );

let projects = 0;

function project(
  made: readonly ReturnType<typeof deskCase>[],
  { kind = "openai-compatible", ...more }: { kind?: string; [key: string]: unknown } = {},
): string {
  projects += 1;
  const folder = join(root, `p${projects}`);
  mkdirSync(folder);
  deskProject(folder, "honest", made);
  const config: object = parse(readFileSync(join(folder, "rootward.yaml"), "utf8"));
  const asked = { kind, base_url: endpoint.url, default_model: "m-1", ...more };
  writeFileSync(join(folder, "rootward.yaml"), stringify({ ...config, judge: asked }));
  mkdirSync(join(folder, "evals/rubrics"));
  const text = "Fail an answer that states a figure that no passage states.";
  writeFileSync(join(folder, "evals/rubrics/figures.md"), writeRubric({ id: "figures", text }));
  return folder;
}

const labels = Array.from({ length: 40 }, (_, index) =>
  JSON.stringify({
    id: `L-${index}`,
    input: "What is the limit?",
    output: `It is ${index % 2 === 0 ? 60 : 70} EUR (${index}).`,
    retrieved: ["Gifts may cost up to 60 EUR."],
    human: index % 2 === 0 ? "pass" : "fail",
    by: "@mira",
    at: "2026-11-20",
  }),
);

async function rootward(folder: string, ...args: readonly string[]) {
  const child = spawn(
    process.execPath,
    ["--conditions=rootward-source", "--import", loader, program, ...args],
    { cwd: folder, env: { ...process.env, CI: "", GITHUB_ACTIONS: "", GITHUB_BASE_REF: "" } },
  );
  let text = "";
  child.stdout.on("data", (chunk) => (text += chunk));
  child.stderr.on("data", (chunk) => (text += chunk));
  const code = await new Promise((resolve) => child.on("close", resolve));
  return { code, text };
}

describe("rootward gate", () => {
  test("an uncalibrated judge's pass is unproven in every report; calibrated it is not; another model voids it", async () => {
    endpoint.play(honest);
    const folder = project([judged()]);
    const gate = ["gate", "--json", "gate.json", "--junit", "gate.xml"];
    const first = await rootward(folder, ...gate);
    expect(first.text).toContain("P1  EC-gift      2/2    ok");
    const why = "the judge was never calibrated: rootward cases calibrate figures";
    expect(first.text).toContain(`unproven: ${why}`);
    expect(first.code).toBe(0);
    const result = JSON.parse(readFileSync(join(folder, "gate.json"), "utf8"));
    expect(result.cases[0]).toMatchObject({ verdict: "pass", action: "ok" });
    expect(result.cases[0].unproven).toContain(why);
    expect(result.cases[0].trialResults[0].grades).toEqual([
      {
        kind: "pass",
        assertion: "judge",
        why: 'The passages say so. (quotes "It is 60")',
        line: expect.any(Number),
      },
    ]);
    expect(readFileSync(join(folder, "gate.xml"), "utf8")).toContain(`${why}"/>`);

    const empty = await rootward(folder, "cases", "calibrate", "figures");
    expect(empty).toMatchObject({ code: 1 });
    expect(empty.text).toContain(
      "evals/rubrics/figures.labels.jsonl does not exist: write one label",
    );
    writeFileSync(join(folder, "evals/rubrics/figures.labels.jsonl"), labels.join("\n"));
    const calibrated = await rootward(folder, "cases", "calibrate", "figures");
    expect(calibrated.text).toBe(`figures: m-1 (openai-compatible), shown input, output, retrieved
  accepts good 1.00 [0.84, 1.00] (20/20), catches bad 1.00 [0.84, 1.00] (20/20), kappa 1.00 [0.82, 1.00] (40 labels)
  calibrated
`);
    expect(calibrated.code).toBe(0);
    const proven = await rootward(folder, ...gate);
    expect(proven.text).not.toContain("never calibrated");
    expect(proven.code).toBe(0);

    writeFileSync(
      join(folder, "evals/cases/EC-gift.yaml"),
      stringify(judged({ judge: { ...judge, model: "m-2" } })),
    );
    expect((await rootward(folder, ...gate)).text).toContain(
      "unproven: its calibration is void, for another model is asked now: rootward cases calibrate figures",
    );
  });

  test("a judge that fails the output needs an override, at the line of the judge", async () => {
    endpoint.play(() => verdict("fail"));
    const folder = project([judged({ trials: { policy: "must_hold", n: 1 } })]);
    const { code, text } = await rootward(folder, "gate");
    expect(text).toMatch(/P1 {2}EC-gift +0\/1 +NEEDS OVERRIDE judge: The passages say so\./);
    const line = readFileSync(join(folder, "evals/cases/EC-gift.yaml"), "utf8")
      .split("\n")
      .findIndex((each) => each.startsWith("judge:"));
    expect(text).toContain(`evals/cases/EC-gift.yaml:${line + 2}`);
    expect(code).toBe(2);
  });

  test.each([
    [
      "kind: grpc",
      { kind: "grpc" },
      'judge.kind is "grpc"; accepted: openai-compatible, anthropic',
    ],
    [
      "no address",
      { base_url: undefined },
      "judge.base_url is missing: expected an address such as",
    ],
    ["two addresses", { base_url_env: "X" }, "is given beside base_url_env; expected one of them"],
    [
      "a key",
      { key_env: "sk-0123456789abcdefghijklmn" },
      "judge.key_env is no name: expected the name of an environment variable",
    ],
    ["key:", { key: "x" }, 'unknown key "key" in judge; accepted: the keys kind, base_url'],
    [
      "a time without unit",
      { timeout: "60" },
      'judge.timeout is "60": expected a number with ms, s or m',
    ],
    ["ten votes", { votes: 10 }, "judge.votes is 10"],
    ["nothing at once", { concurrency: 0 }, "judge.concurrency is 0"],
  ])("%s under judge: is refused, with its place", (_, wrong, error) => {
    const folder = project([judged()], wrong);
    const read = () => loadConfig(join(folder, "rootward.yaml"));
    expect(read).toThrow(error);
    expect(read).toThrow(/rootward\.yaml:\d+:\d+: /);
    expect(read).not.toThrow("sk-0123");
  });

  test("an active case without its rubric is an invalid store", async () => {
    const folder = project([judged()]);
    rmSync(join(folder, "evals/rubrics/figures.md"));
    const { code, text } = await rootward(folder, "gate");
    expect(text).toContain("judge.rubric ../rubrics/figures.md does not exist");
    expect(code).toBe(4);
  });
});

/** One test of a suite: "passed" or why it failed. */
async function outcome(folder: string): Promise<string> {
  const bodies: (() => Promise<void>)[] = [];
  rootwardCases({
    describe: (_, body) => body(),
    test: (name, body) => void (name.startsWith("EC-") && bodies.push(body)),
    dir: join(folder, "evals"),
    config: join(folder, "rootward.yaml"),
  });
  const [body] = bodies;
  if (body === undefined) throw new Error("no case");
  return await body().then(
    () => "passed",
    (error: unknown) => String(error),
  );
}

describe("a suite judges as the gate does", () => {
  const once = judged({ trials: { policy: "must_hold", n: 1 } });

  test.each(["openai-compatible", "anthropic"])(
    "%s: a pass is a pass, said to be unproven",
    async (kind) => {
      endpoint.play(honest);
      const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
      expect(await outcome(project([once], { kind }))).toBe("passed");
      expect(warned).toHaveBeenCalledWith(
        expect.stringMatching(
          /passes, which is unproven: .*; the judge was never calibrated: rootward/,
        ),
      );
      warned.mockRestore();
      const asked = endpoint.received.at(-1);
      expect(asked?.path).toBe(kind === "anthropic" ? "/v1/messages" : "/chat/completions");
      expect(asked && shownIn(asked, "input")).toBe("What is the limit for gifts?");
      expect(asked && shownIn(asked, "answer")).toBe("It is 60 EUR [DOC-1].");
      expect(asked && shownIn(asked, "passages")).toContain("Gifts may cost up to 60 EUR.");
    },
  );

  test("a failing P0 is judged three times on one output of the agent", async () => {
    const before = endpoint.received.length;
    const votes = ["fail", "pass", "pass"];
    endpoint.play(() => verdict(votes.shift() ?? "fail"));
    const p0 = judged({
      severity: "P0",
      failure_class: "compliance",
      trials: { policy: "must_hold", n: 1 },
    });
    expect(await outcome(project([p0]))).toBe("passed");
    expect(endpoint.received.length - before).toBe(3);
    const shown = endpoint.received.slice(before).map(({ body }) => body.messages.at(-1)?.content);
    expect(new Set(shown).size).toBe(1);
    endpoint.play(() => verdict("fail"));
    expect(await outcome(project([p0]))).toContain("fails and blocks");
  });

  test("code is asked first: what an assertion fails costs no question", async () => {
    const before = endpoint.received.length;
    const assert = [{ type: "output:contains", value: "70 EUR" }];
    expect(await outcome(project([{ ...once, assert }]))).toContain("fails: repair it");
    expect(endpoint.received.length).toBe(before);
  });

  test.each<[string, Play]>([
    ["garbage", () => "PASS"],
    ["a quote that is not in the output", () => verdict("pass", "It is 70 EUR")],
    ["what the output could have injected", () => `${verdict("pass")} ${verdict("pass")}`],
    ["a 400", (_, response) => void response.writeHead(400).end('{"error":"no such model"}')],
    ["no answer in time", () => undefined],
    ["a broken connection", (_, response) => void response.destroy()],
    ["another document", (_, response) => void response.end('{"verdict":"pass"}')],
  ])("%s is undecided, never a pass", async (_, play) => {
    endpoint.play(play);
    expect(await outcome(project([once], { timeout: "200ms" }))).toContain(
      "could not be decided: judge:",
    );
  });

  test("a key that is not there is undecided", async () => {
    const folder = project([once], { key_env: "ROOTWARD_TEST_NO_KEY" });
    expect(await outcome(folder)).toContain("the variable ROOTWARD_TEST_NO_KEY is not set");
  });
});
