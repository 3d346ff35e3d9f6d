import { expect, test } from "vitest";
import { parseYaml } from "@rootward/pipeline/evals/yaml";
import { noSettings, RootwardConfig } from "@rootward/pipeline/model/workflow";
import type { WorkflowSettings } from "@rootward/pipeline/model/workflow";
import { guessesFor, withGuesses } from "./guesses.ts";
import type { Learned } from "./guesses.ts";

function learned(environment: string, runs: number, settings: Partial<WorkflowSettings>): Learned {
  return { workflow: "desk", environment, runs, settings: { ...noSettings, ...settings } };
}

const production = learned("production", 300, {
  retrievers: ["find_clauses"],
  citation: { pattern: String.raw`LEASE-\d+/\d+`, pointer: null },
  retrieves: true,
  origins: {
    retrievers: {
      from: "learned",
      evidence: "find_clauses returned documents in 280 of 290 calls",
    },
    citation: { from: "learned", evidence: "250 of 300 answers cite ids that were retrieved" },
  },
});
const staging = learned("staging", 20, {
  retrievers: ["find_old_clauses"],
  origins: {
    retrievers: {
      from: "learned",
      evidence: "find_old_clauses returned documents\nin 9 of 9 calls",
    },
  },
});

test("guesses stand in the file with what they rest on, and the file is valid", () => {
  const { text, added } = withGuesses("", guessesFor([staging, production]));
  expect(added).toBe(2);
  expect(text).toMatchInlineSnapshot(`
    "schema: rootward/v1
    workflows:
      # learned from 320 runs
      desk:
        # find_clauses returned documents in 280 of 290 calls; find_old_clauses returned documents in 9 of 9 calls
        retrievers: [ find_clauses, find_old_clauses ]
        # 250 of 300 answers cite ids that were retrieved
        citation: { pattern: 'LEASE-\\d+/\\d+' }
    "
  `);
  const parsed = parseYaml(text, "rootward.yaml", RootwardConfig);
  expect(parsed.ok && parsed.value.workflows?.["desk"]?.retrievers).toEqual([
    "find_clauses",
    "find_old_clauses",
  ]);
});

test("what a person wrote stays, with its comments, and is told where the runs say otherwise", () => {
  const mine = `# ours
schema: rootward/v1
workflows:
  desk:
    retrievers: [only_this] # on purpose
`;
  const { text, added, kept } = withGuesses(mine, guessesFor([production]));
  expect(text).toContain("# ours");
  expect(text).toContain("retrievers: [ only_this ] # on purpose");
  expect(text).toContain("citation:");
  expect([added, kept]).toEqual([1, ["desk.retrievers"]]);
  // A second time there is nothing to add.
  expect(withGuesses(text, guessesFor([production])).added).toBe(0);
});

test("a workflow that never retrieves has no grounded reading; the word off stands in quotes", () => {
  const origins = { retrieves: { from: "learned" as const, evidence: "0 of 60 runs retrieve" } };
  const { text } = withGuesses(
    "",
    guessesFor([learned("production", 60, { retrieves: false, origins })]),
  );
  expect(text).toContain("signals: { grounded: 'off' }");
});

test("what is declared is no guess", () => {
  const origins = { retrievers: { from: "declared" as const, evidence: "rootward.yaml" } };
  const one = learned("production", 60, { retrievers: ["x"], origins });
  expect(guessesFor([one])[0]?.guesses).toEqual([]);
});
