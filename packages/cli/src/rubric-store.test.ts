import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildCase } from "@rootward/pipeline/testing/build-case";
import { writeRubric } from "@rootward/pipeline/evals/rubric";
import { afterAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { loadCases } from "./case-store.ts";

const root = mkdtempSync(join(tmpdir(), "rootward-rubrics-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

function store(files: Readonly<Record<string, string>>, judged: object = {}) {
  folders += 1;
  const folder = join(root, `f${folders}`);
  const evalCase = buildCase({
    grader: "judge",
    judge: { rubric: "../rubrics/figures.md", inputs: ["input", "output"] },
  });
  const all = { "cases/EC-gift.yaml": stringify({ ...evalCase, ...judged }), ...files };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return loadCases(folder);
}

const rubric = writeRubric({ id: "figures", text: "Fail invented figures." });
const label = { id: "L-1", output: "60", human: "fail", by: "@mira", at: "2026-10-15" };

test("a case is loaded with its rubric, labels and the line of its judge", () => {
  const { cases, problems, rubrics } = store({
    "rubrics/figures.md": rubric,
    "rubrics/figures.labels.jsonl": JSON.stringify(label),
    "rubrics/README.md": "How we write them.",
  });
  expect(problems).toEqual([]);
  expect(rubrics).toHaveLength(1);
  expect(cases[0]?.rubric).toMatchObject({
    rubric: { id: "figures", text: "Fail invented figures." },
    labels: [label],
    calibration: null,
  });
  expect(cases[0]?.lines.get("judge")).toBeGreaterThan(1);
});

test("an active case without its rubric makes the store invalid; a draft may wait for it", () => {
  expect(store({}).problems).toEqual([
    expect.stringMatching(
      /EC-gift\.yaml:\d+: judge\.rubric \.\.\/rubrics\/figures\.md does not exist; accepted: a file/,
    ),
  ]);
  expect(store({}, { status: "draft" }).problems).toEqual([]);
  const elsewhere = { rubric: "../notes.md", inputs: ["input", "output"] };
  expect(store({ "notes.md": rubric }, { judge: elsewhere }).problems).toEqual([
    expect.stringMatching(/judge\.rubric \.\.\/notes\.md is no rubric of this folder/),
  ]);
});

test("a malformed rubric, line of labels or calibration makes the store invalid, named once", () => {
  expect(store({ "rubrics/figures.md": "Fail it." }).problems).toEqual([
    expect.stringMatching(/rubrics\/figures\.md:1:1: the front matter is missing/),
  ]);
  expect(
    store({
      "rubrics/figures.md": rubric,
      "rubrics/figures.labels.jsonl": `${JSON.stringify(label)}\n{"id": 7}`,
      "rubrics/figures.calibration.json": '{"schema": "calibration/v1", "rubric": "figures"}',
    }).problems,
  ).toEqual([
    expect.stringMatching(/figures\.labels\.jsonl:2:\d+: id is 7; accepted: text/),
    expect.stringMatching(/figures\.labels\.jsonl:2:\d+: output is missing/),
    expect.stringMatching(/figures\.labels\.jsonl:2:\d+: human is missing; accepted: pass, fail/),
    expect.stringMatching(/figures\.labels\.jsonl:2:\d+: by is missing/),
    expect.stringMatching(/figures\.labels\.jsonl:2:\d+: at is missing/),
    expect.stringMatching(/figures\.calibration\.json:1:\d+: judges is missing; accepted: a list/),
  ]);
});
