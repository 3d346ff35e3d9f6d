import { describe, expect, test } from "vitest";
import { causeTable } from "./diagnose/causes.ts";
import { CauseRow } from "./model/causes.ts";
import { RootwardConfig } from "./model/workflow.ts";
import { parseYaml } from "./evals/yaml.ts";

const row = `causes:
  - cause: stale_rates
    pattern: amounts are refused after a feed of rates
    changes: [config]
    first_step: Hold the rates against the feed.
    checks:
      - check: deviates_by
        kinds: [value_mismatch]
        asks: a value is unlike clean ones
        role: needed
`;

function errorsOf(text: string): readonly string[] {
  const parsed = parseYaml(text, "rootward.yaml", RootwardConfig);
  return parsed.ok ? [] : parsed.errors;
}

describe("causes in rootward.yaml", () => {
  test("a row is accepted, with what it leaves out filled in", () => {
    const parsed = parseYaml(row, "rootward.yaml", RootwardConfig);
    expect(parsed.ok && parsed.value.causes?.[0]).toMatchObject({
      cause: "stale_rates",
      needs_onset: true,
      material: "steps",
      checks: [{ check: "deviates_by", role: "needed", weight: 1 }],
    });
  });

  test("what is wrong is named with file, line, value and what is accepted", () => {
    expect(errorsOf(row.replace("deviates_by", "deviate"))[0]).toMatch(
      /^rootward\.yaml:7:16: unknown check "deviate" in causes\.0\.checks\.0; accepted: .*began_at.*upstream_flat/,
    );
    expect(errorsOf(row.replace("[value_mismatch]", "[value_mismatched]"))[0]).toMatch(
      /^rootward\.yaml:8:17: causes\.0\.checks\.0\.kinds\.0 is "value_mismatched"; accepted: schema_mismatch/,
    );
    expect(errorsOf(row.replace("stale_rates", "prompt_regression"))[0]).toMatch(
      /^rootward\.yaml:2:12: causes\.0\.cause is "prompt_regression": is a standard cause/,
    );
    expect(errorsOf(row.replace("        role: needed\n", ""))[0]).toMatch(
      /^rootward\.yaml:7:7: causes\.0\.checks is of the wrong form|no check has the role needed/,
    );
    expect(errorsOf(row.replace("first_step", "firstStep"))).toEqual(
      expect.arrayContaining([expect.stringMatching(/unknown key "firstStep" in causes\.0/)]),
    );
    expect(errorsOf(row + row.slice("causes:\n".length))[0]).toMatch(
      /"stale_rates" is the name of a cause above/,
    );
  });
});

test("the standard table is in the form of rows that users add, each with evidence that it needs", () => {
  expect(causeTable.map((one) => CauseRow.safeParse(one).success)).toEqual(
    causeTable.map(() => true),
  );
  expect(causeTable).toHaveLength(6);
});
