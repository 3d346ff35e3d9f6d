import { expect, test } from "vitest";
import { versionsOf } from "../ingest/versions.ts";
import { EvalCase } from "../model/evalcase.ts";
import type { Run } from "../model/run.ts";
import { recordingAge, staleRecordings } from "./recordings.ts";
import { toolSchemaHash } from "./tool-schema.ts";

const evalCase = (more: object = {}) =>
  EvalCase.parse({
    schema: "eval-case/v1",
    id: "EC-a",
    title: "A case of this test",
    severity: "P1",
    failure_class: "grounding",
    grader: "assertion",
    status: "active",
    owner: "@mira",
    provenance: { origin: "written", created: { at: "2026-01-10", by: "@mira", tool: "test" } },
    agent: "desk",
    workflow: "desk",
    input: {},
    environment: { cassette: "../cassettes/EC-a" },
    assert: [{ type: "behavior:no-error" }],
    unproven: true,
    ...more,
  });

const tool = {
  name: "lookup",
  description: "Finds rules",
  parameters: { $schema: "x", type: "object", properties: { b: {}, a: {} } },
};
const call = {
  tool: "lookup",
  args: {},
  result: {},
  from: { trace_id: "1", span_id: "2" },
  schema_sha256: toolSchemaHash(tool),
};

test("recordings are as old as the case, or as the last entry that says they were recorded anew", () => {
  expect(recordingAge(evalCase(), "2026-07-09")).toMatchObject({ days: 180 });
  const entry = (at: string, change: string) => ({
    at,
    by: "@mira",
    change,
    why: "the tool answers in another form now",
  });
  const history = [entry("2026-06-01", "recorded anew"), entry("2026-07-01", "other owner")];
  expect(recordingAge(evalCase({ history }), "2026-07-09")).toMatchObject({ days: 38 });
  expect(recordingAge(evalCase({ environment: undefined }), "2026-07-09")).toBeNull();
});

test("above 180 days they are called old", () => {
  expect(staleRecordings(evalCase(), [], {}, "2026-07-09")).toEqual([]);
  expect(staleRecordings(evalCase(), [], {}, "2026-07-10")).toEqual([
    "EC-a: its recordings are 181 days old (180 at most): record them anew",
  ]);
});

test("a tool whose definition is another one now is named; one of which nothing is known is not", () => {
  const stale = (schemas: Readonly<Record<string, string>>) =>
    staleRecordings(evalCase(), [call], schemas, "2026-02-01");
  const now = toolSchemaHash({ ...tool, description: "Finds other rules" }).slice(0, 16);
  expect(stale({ lookup: now })).toEqual([
    "EC-a: lookup had another definition when it was recorded: record it anew",
  ]);
  expect(stale({ lookup: toolSchemaHash(tool).slice(0, 16) })).toEqual([]);
  expect(stale({})).toEqual([]);
});

test("the hash of a recording begins as the version that runs tell", () => {
  const run = {
    llmCalls: [],
    retrievals: [],
    toolset: { hash: null, tools: [tool] },
    prompt: { version: null },
    deployment: {},
  } as unknown as Run;
  const { versions } = versionsOf({
    ...run,
    indexVersion: null,
    deployment: { ...run.deployment, version: null, commit: null },
  });
  expect(versions["tool_schema:lookup"]).toBe(toolSchemaHash(tool).slice(0, 16));
});
