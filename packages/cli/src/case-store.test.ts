import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { loadCases } from "./case-store.ts";
import { deskCase } from "./testing/desk.ts";

const root = mkdtempSync(join(tmpdir(), "rootward-store-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

/** What is wrong with one case. */
function problemsOf(more: Readonly<Record<string, unknown>>): readonly string[] {
  folders += 1;
  const folder = join(root, `e${folders}`);
  mkdirSync(join(folder, "cases"), { recursive: true });
  mkdirSync(join(folder, "cassettes/EC-gift"), { recursive: true });
  writeFileSync(join(folder, "cases/EC-gift.yaml"), stringify(deskCase(more)));
  writeFileSync(join(folder, "cases/broken.json"), "{");
  return loadCases(folder).problems;
}

const asserting = (...assert: readonly object[]) => problemsOf({ assert });
const place = String.raw`cases/EC-gift\.yaml:\d+:\d+: `;

describe("a case is refused, with its place, the value and what is accepted, when", () => {
  test.each<[string, object, string]>([
    [
      "a signal is held against nothing",
      { type: "behavior:signal", value: { name: "grounded" } },
      "assert.0.value: expected eq, gte or lte",
    ],
    [
      "a budget has no limit",
      { type: "budget", value: {} },
      "assert.0.value: expected ms, usd or tokens",
    ],
    [
      "steps are counted against nothing",
      { type: "trajectory:step-count", value: { type: "tool" } },
      "assert.0.value: expected min or max",
    ],
    [
      "a tool is used at most less often than at least",
      { type: "trajectory:tool-used", value: { name: "lookup", max: 0 } },
      "assert.0.value: no number of calls is at least min",
    ],
    [
      "a pattern is none",
      { type: "output:matches", value: "(" },
      `assert.0.value is "\\(": no pattern: .*; accepted: a pattern of JavaScript`,
    ],
    [
      "a schema file is not there",
      { type: "output:json-schema", value: "gone.json" },
      `assert.0.value is "gone.json": .*gone.json cannot be read: ENOENT.*; accepted: a JSON Schema`,
    ],
    [
      "a schema file is no JSON",
      { type: "output:json-schema", value: "broken.json" },
      `assert.0.value is "broken.json": .*broken.json is no JSON`,
    ],
    [
      "an inline schema is none",
      { type: "output:json-schema", value: { type: "objekt" } },
      "assert.0.value is .*no valid JSON Schema",
    ],
    [
      "an inline schema accepts everything",
      { type: "output:json-schema", value: {} },
      "assert.0.value: an empty schema accepts everything",
    ],
    [
      "the schema of a hand-off is not there",
      { type: "handoff:contract", value: { from: "a", to: "b", schema: "gone.json" } },
      `assert.0.value.schema is "gone.json"`,
    ],
    [
      "a hand-off does not say from whom",
      { type: "handoff:contract", value: { to: "b", schema: { type: "object" } } },
      "assert.0.value.from is missing",
    ],
    [
      "a module is not there",
      { type: "module", value: { path: "../checks/gone.mjs" } },
      `assert.0.value.path is "../checks/gone.mjs": .* is no file; accepted: the path of a JavaScript module`,
    ],
    [
      "a validator is neither a command nor a module",
      { type: "downstream:validator", value: { timeout: "1s" } },
      "assert.0.value: expected either run, a command, or module, a file",
    ],
    [
      "a time limit is nothing",
      { type: "downstream:validator", value: { run: ["true"], timeout: "0s" } },
      `assert.0.value.timeout is "0s": expected more than nothing`,
    ],
    ["a text is empty", { type: "output:contains", value: "" }, "assert.0.value"],
  ])("%s", (_, assertion, sentence) => {
    const problems = asserting(assertion);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(place + sentence));
  });

  test("two of its assertions have one name", () => {
    const [first, ...more] = asserting(
      { type: "output:contains", value: "60" },
      { type: "output:contains", value: "EUR", id: "euro" },
      { type: "output:contains", value: "gift" },
      { type: "output:matches", value: "x", id: "euro" },
    );
    expect(first).toMatch(/assert\.2\.type is "output:contains": another grader of this case/);
    expect(more).toEqual([expect.stringMatching(/assert\.3\.id is "euro": another grader/)]);
  });

  test("a rate calls broken what passes more often than what is healthy", () => {
    const rates = (more: object) => problemsOf({ trials: { policy: "rate", ...more } });
    expect(rates({ pass_rate: 0.9 })).toEqual([]);
    for (const wrong of [{ pass_rate: 0.5 }, { broken_rate: 0.99 }, { pass_rate: 0.6 }])
      expect(rates(wrong)).toEqual([
        expect.stringContaining("trials: expected broken_rate (0.6 without it) below pass_rate"),
      ]);
  });

  test("a day is none of the calendar", () => {
    const created = { at: "2026-02-30", by: "@mira", tool: "rootward/0.1.0" };
    expect(problemsOf({ provenance: { origin: "written", created } })).toEqual([
      expect.stringMatching(
        /provenance\.created\.at is "2026-02-30": expected a day that the calendar has/,
      ),
    ]);
  });

  test("it is active though its own numbers say that it was not proven", () => {
    const provenance = {
      origin: "production",
      cluster: "CL-9f3a1c2e",
      members: 40,
      signature: "v1",
      cause: { class: "retrieval_drift", step: "lookup", attribution: "index" },
      created: { at: "2026-10-06", by: "@mira", tool: "rootward/0.1.0" },
    };
    const proven = (failing: string, passing: string, status = "active") =>
      problemsOf({ provenance, status, validation: { at: "2026-10-06", failing, passing } });
    expect(proven("40/40", "200/200")).toEqual([]);
    expect(proven("0/40", "1/200", "draft")).toEqual([]);
    expect(proven("0/40", "1/200")).toEqual([
      expect.stringContaining("fail 0 of 40 members, 95 % are needed"),
      expect.stringContaining("pass 1 of 200 clean runs, 99 % are needed"),
    ]);
    expect(proven("5/5", "19/19")).toEqual([expect.stringContaining("1 more clean runs")]);
    expect(proven("41/40", "200/200")).toEqual([expect.stringContaining("validation.failing")]);
  });
});

test("what a retired case names need not be there", () => {
  const assert = [{ type: "output:json-schema", value: "gone.json" }];
  expect(problemsOf({ assert, status: "retired" })).toEqual([]);
});
