import { expect, test } from "vitest";
import type { AttributeMap } from "../model/span.ts";
import { flagsOf } from "./flags.ts";
import type { Step } from "./steps.ts";

function stepOf(
  attributes: readonly (readonly [string, string | boolean])[],
  events: readonly AttributeMap[] = [],
): Step {
  const span = {
    attributes: new Map(attributes),
    events: events.map((one) => ({ name: "feature_flag", timeNanos: 0n, attributes: one })),
  };
  return { span, logs: [] } as unknown as Step;
}

test("flags are read from spans and their events, the last value of each", () => {
  const steps = [
    stepOf(
      [
        ["feature_flag.key", "new_router"],
        ["feature_flag.result.variant", "off"],
      ],
      [
        new Map([
          ["feature_flag.key", "temperature"],
          ["feature_flag.variant", "low"],
        ]),
      ],
    ),
    stepOf([
      ["feature_flag.key", "new_router"],
      ["feature_flag.result.value", true],
    ]),
  ];
  expect(flagsOf(steps)).toEqual({ new_router: "true", temperature: "low" });
});

test("a key without a value, and spans without flags, give none", () => {
  expect(flagsOf([stepOf([["feature_flag.key", "new_router"]]), stepOf([])])).toEqual({});
});
