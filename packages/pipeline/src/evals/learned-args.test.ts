import { expect, test } from "vitest";
import { buildDigest, goodSignals } from "../testing/build-digest.ts";
import { buildCall, buildRun } from "../testing/build-run.ts";
import { argumentRules } from "./learned-args.ts";
import type { Subject } from "./subject.ts";

function calling(index: number, args: Readonly<Record<string, unknown>>): Subject {
  return {
    run: buildRun(index, { toolCalls: [buildCall(0, "pay", { args })] }),
    digest: buildDigest(index),
    signals: goodSignals,
    answer: null,
    durationMs: 1,
  };
}

const clean = Array.from({ length: 40 }, (_, index) =>
  calling(index, { id: `pay_${(index * 7919).toString(16)}`, region: "EU", note: `n ${index}` }),
);

test("only what a member breaks is asserted: here the letters that ids begin with", () => {
  const members = [calling(50, { id: "3f9a1", region: "EU", note: "x" })];
  expect(argumentRules(members, clean)).toEqual([
    {
      type: "trajectory:tool-args-schema",
      id: "asks-pay",
      value: {
        name: "pay",
        schema: {
          type: "object",
          required: [],
          properties: { id: { type: "string", pattern: "^pay_" } },
        },
      },
    },
  ]);
});

test("an argument that is constant in clean runs is asserted by value", () => {
  const members = [calling(50, { id: "pay_9", region: "US", note: "x" })];
  expect(argumentRules(members, clean)).toEqual([
    {
      type: "trajectory:tool-args-match",
      id: "asks-pay-with",
      value: { name: "pay", args: { region: "EU" }, mode: "partial" },
    },
  ]);
});

test("a missing key, a foreign key and another type are told", () => {
  const members = [calling(50, { id: 7, region: "EU", memo: "x" })];
  expect(argumentRules(members, clean)).toMatchObject([
    {
      value: {
        schema: { required: ["note"], properties: { id: { type: "string" }, memo: false } },
      },
    },
  ]);
});

test("nothing is learned of members that ask as clean runs do, nor of few clean calls", () => {
  expect(argumentRules([calling(50, { id: "pay_9", region: "EU", note: "x" })], clean)).toEqual([]);
  expect(argumentRules([calling(50, { id: "9" })], clean.slice(0, 19))).toEqual([]);
});

test("an own key of an object's prototype is a key like any other", () => {
  const members = [
    calling(50, { id: "pay_9", region: "EU", note: "x", constructor: 1, toString: 2 }),
  ];
  expect(argumentRules(members, clean)).toMatchObject([
    { value: { schema: { properties: { constructor: false, toString: false } } } },
  ]);
});
