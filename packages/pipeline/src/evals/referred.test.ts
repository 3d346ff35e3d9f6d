import { expect, test } from "vitest";
import { importsOf, labelsOf, referencesOf } from "./referred.ts";
import { EvalCase } from "../model/evalcase.ts";

test("schemas, validators, rubric and recordings are found; a schema written in the case is no file", () => {
  const evalCase = EvalCase.parse({
    schema: "eval-case/v1",
    id: "EC-a",
    title: "A case of this test",
    severity: "P1",
    failure_class: "grounding",
    grader: "judge",
    judge: { rubric: "../rubrics/figure.md" },
    status: "draft",
    owner: "@mira",
    provenance: { origin: "written", created: { at: "2026-11-01", by: "@mira", tool: "test" } },
    agent: "desk",
    workflow: "desk",
    input: {},
    environment: { cassette: "../cassettes/EC-a" },
    assert: [
      { type: "output:json-schema", value: "../../contracts/finding.json" },
      { type: "output:json-schema", id: "inline", value: { type: "object" } },
      {
        type: "handoff:contract",
        value: { from: "triage", to: "writer", schema: "../handoff.json" },
      },
      { type: "downstream:validator", value: { run: ["node", "../../check.mjs"] } },
      { type: "output:contains", value: "../not-a-file" },
    ],
  });
  expect(referencesOf(evalCase)).toEqual([
    { path: "../../contracts/finding.json", kind: "file" },
    { path: "../handoff.json", kind: "file" },
    { path: "node", kind: "program" },
    { path: "../../check.mjs", kind: "program" },
    { path: "../rubrics/figure.md", kind: "file" },
    { path: "../cassettes/EC-a", kind: "recordings" },
  ]);
});

test("relative imports are found in every form, packages are not", () => {
  const text = `
import one from "./one.js";
import "./two.mjs";
export { three } from '../three';
const four = require("./four.cjs");
const five = await import("./five.js");
import fs from "node:fs";
import zod from "zod";
`;
  expect(importsOf(text)).toEqual(["./one.js", "./two.mjs", "../three", "./four.cjs", "./five.js"]);
});

test("a rubric's front matter names its labels", () => {
  expect(labelsOf("---\nid: x\ncalibration: x.labels.jsonl\n---\nText")).toBe("x.labels.jsonl");
  expect(labelsOf("Text")).toBeNull();
});
