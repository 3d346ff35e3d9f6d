import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { FileError, readRuns } from "../bench/attribution/read.ts";
import { outcomeOf, scoresOf } from "../bench/attribution/score.ts";

const made = fileURLToPath(new URL("../fixtures/attribution/made.jsonl", import.meta.url));
const bench = fileURLToPath(new URL("../bench/attribution.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "attribution-"));
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: readonly string[]) {
  const node = ["--import", "tsx", "--conditions=rootward-source", bench];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...node, ...args], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

interface Report {
  readonly skipped: readonly { readonly runs: number }[];
  readonly sections: readonly {
    readonly name: string;
    readonly n: number;
    readonly rows: readonly {
      readonly method: string;
      readonly scores: Record<
        "top3" | "step" | "exam",
        { value: number; low: number; high: number }
      >;
    }[];
  }[];
}

function report(...args: readonly string[]): Report {
  const { stdout, stderr } = run("--json", ...args);
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Report;
}

const line = readFileSync(made, "utf8").split("\n")[0] ?? "";

function fileWith(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, name.endsWith(".gz") ? gzipSync(text) : text);
  return path;
}

test("made-up runs are ranked above every trivial baseline, with n, intervals and what was left out", () => {
  const { sections, skipped } = report(made);
  const [only] = sections;
  expect(only?.n).toBe(12);
  expect(skipped).toEqual([{ name: "made.jsonl", runs: 1 }]);
  const of = (method: string) => only?.rows.find((row) => row.method === method)?.scores;
  const ours = of("out of the box");
  for (const method of ["first step", "last step", "longest step", "cause of the first error"]) {
    expect(ours?.step.value).toBeGreaterThan(of(method)?.step.value ?? 1);
    expect(ours?.exam.value).toBeLessThan(of(method)?.exam.value ?? 0);
  }
  for (const { scores } of only?.rows ?? [])
    for (const { value, low, high } of [scores.step, scores.top3]) {
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThanOrEqual(value);
    }
});

test("the order of lines and of files changes no figure, and gzip is read alike", () => {
  const text = readFileSync(made, "utf8");
  const reversed = fileWith("made.jsonl", text.trim().split("\n").toReversed().join("\n"));
  const other = fileWith(
    "other.jsonl.gz",
    text.replaceAll("made-", "other-").replaceAll("task-", "job-"),
  );
  const shares = (found: Report, name: string) =>
    found.sections
      .find((section) => section.name === name)
      ?.rows.map(({ method, scores }) => ({ method, step: scores.step, top3: scores.top3 }));
  const one = report(made, other);
  const two = report(other, reversed);
  for (const name of ["made.jsonl", "other.jsonl.gz", "pooled, 2 files"])
    expect(shares(two, name)).toEqual(shares(one, name));
});

test("the table for people names intervals, baselines and the cost", () => {
  const { status, stdout } = run(made);
  expect(status).toBe(0);
  for (const part of [
    "out of the box",
    "calibrated",
    "always step",
    "random",
    "ms of processor time",
  ])
    expect(stdout).toContain(part);
});

test.each([
  ["not JSON", "{", /bad\.jsonl:1: /],
  [
    "no events",
    JSON.stringify({ id: "a", key: "k", events: [], label: {} }),
    /events is \[\]; accepted/,
  ],
  [
    "a kind of its own",
    line.replace('"plan"', '"dream"'),
    /events\[0\]\.kind is "dream"; accepted: plan, /,
  ],
  [
    "a step as text",
    line.replace('"step": 0', '"step": "0"'),
    /events\[0\]\.step is "0"; accepted/,
  ],
  ["steps that fall", line.replace('"step": 1,', '"step": 9,'), /accepted: steps that never fall/],
  [
    "a label of another kind",
    line.replace(/"label": \{[^}]*\}/, '"label": {"step": -1}'),
    /label\.step is -1/,
  ],
  ["an id twice", `${line}\n${line}`, /bad\.jsonl:2: id "made-0" stands twice/],
  ["nothing", "\n", /no run in it/],
])("a file with %s is refused by file, line, field and what is accepted", (_, text, message) => {
  expect(() => readRuns(fileWith("bad.jsonl", text))).toThrow(message);
});

test("what cannot be read ends the command with 2 and a message, and prints no figure", () => {
  for (const args of [
    [],
    ["--folds", "1", made],
    ["--nonsense", made],
    [join(folder, "missing.jsonl")],
    [fileWith("unlabelled.jsonl", line.replace(/"label": \{[^}]*\}/, '"label": {"reward": 0}'))],
  ]) {
    const { status, stdout, stderr } = run(...args);
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).not.toContain("    at ");
    expect(stderr.length).toBeGreaterThan(10);
  }
  expect(() => readRuns(join(folder, "missing.jsonl"))).toThrow(FileError);
});

test("steps count as right only when they are equal as numbers, and an origin that is no suspect is never found", () => {
  const answer = { steps: [1, 10, 3], agent: "a", margin: 0.2 };
  expect(outcomeOf(answer, { step: 10, agent: "b" })).toMatchObject({
    agent: false,
    step: false,
    within3: false,
    top3: true,
    exam: 2 / 3,
  });
  const gone = outcomeOf(answer, { step: 2, agent: "a" });
  expect(gone).toMatchObject({ agent: true, within1: true, top3: false, top5: false, exam: 4 / 3 });
  expect(scoresOf([gone], 1)).toMatchObject({
    n: 1,
    exam: { value: 4 / 3, low: 4 / 3, high: 4 / 3 },
  });
});
