import { z } from "zod";
import { Assertion } from "../../model/assertion.ts";
import type { EvalCase } from "../../model/evalcase.ts";
import { isObject } from "../pointer.ts";
import { parseYaml } from "../yaml.ts";
import type { YamlPath } from "../yaml.ts";
import { mappedFromPromptfoo } from "./import-promptfoo-assertions.ts";
import { draftsOf, oneRubric } from "./imported.ts";
import type { Importing, ImportSetting, SourceRecord } from "./imported.ts";

const Test = z.looseObject({
  description: z.string().optional(),
  vars: z.record(z.string(), z.unknown()).default({}),
  assert: z.array(z.looseObject({ type: z.string() })).default([]),
  metadata: z.record(z.string(), z.unknown()).default({}),
  options: z.record(z.string(), z.unknown()).optional(),
});
type Test = z.infer<typeof Test>;

const Config = z.looseObject({
  tests: z.array(Test, {
    error: "expected a list of tests (tests that stand in a file of their own: import that file)",
  }),
  defaultTest: Test.optional(),
  description: z.string().optional(),
});

const Tests = z.array(Test).min(1, "expected at least one test");

/** Keys of a config and of a test that say how promptfoo runs, and nothing of what is tested. */
const runs = new Set([
  "$schema",
  "commandLineOptions",
  "description",
  "env",
  "evaluateOptions",
  "outputPath",
  "prompts",
  "providers",
  "sharing",
  "targets",
  "tests",
  "defaultTest",
  "tracing",
]);
const mappedKeys = new Set(["description", "vars", "assert", "metadata"]);

/** How many tests lists among the variables of one may make. */
const combinationsMost = 1_000;

/**
 * Drafts from a promptfoo config, or from a file that is a list of tests, as YAML or JSON. `defaultTest` goes into each test; a variable
 * that is a list makes a case of each combination, as in promptfoo. A test that `cases export` wrote gives its assertions back as they were.
 */
export function fromPromptfoo(text: string, setting: ImportSetting): Importing {
  const { file } = setting;
  const isList = /^\s*(#.*\n\s*|---\s*\n\s*)*(-\s|\[)/.test(text);
  const parsed = isList
    ? parseYaml(text, file, Tests)
    : parseYaml(text, file, Config as z.ZodType<z.infer<typeof Config>>);
  if (!parsed.ok) return parsed;
  const { value } = parsed;
  const config = Array.isArray(value) ? { tests: value } : value;
  const base = isList ? [] : ["tests"];
  const place = (path: YamlPath) => `${file}:${parsed.lineOf(path) ?? 1}`;
  const records: SourceRecord[] = [];
  const left: { place: string; why: string }[] = [];
  for (const [index, test] of config.tests.entries()) {
    const where = place([...base, index]);
    const whole = withDefaults(test, "defaultTest" in config ? config.defaultTest : undefined);
    const inputs = inputsOf(whole);
    if (inputs === null)
      left.push({ place: where, why: `its lists make more than ${combinationsMost} tests` });
    else records.push(...inputs.map((input) => recordOf(whole, input, titleOf(test), where)));
  }
  const drafts = draftsOf(records, setting);
  const remarks = isList ? [] : remarksOn(value, place);
  return { ok: true, value: { ...drafts, left: [...left, ...drafts.left], remarks } };
}

/** What of a config as a whole is not taken. A prompt that is one variable adds nothing to it. */
function remarksOn(config: object, place: (path: YamlPath) => string): readonly string[] {
  const entries = Object.entries(config);
  const isBare = (prompt: unknown) =>
    typeof prompt === "string" && /^\s*\{\{\s*\w+\s*\}\}\s*$/.test(prompt);
  const others = entries.filter(([key]) => !runs.has(key));
  const prompts = entries.filter(
    ([key, value]) => key === "prompts" && ![value].flat().every(isBare),
  );
  return [
    ...prompts.map(
      ([key]) =>
        `${place([key])}: prompts are not taken: the agent gets the variables as its input`,
    ),
    ...others.map(([key]) => `${place([key])}: ${key} is not mapped`),
  ];
}

function withDefaults(test: Test, defaults: Test | undefined): Test {
  if (defaults === undefined) return test;
  return {
    ...test,
    vars: { ...defaults.vars, ...test.vars },
    assert: [...defaults.assert, ...test.assert],
    metadata: { ...defaults.metadata, ...test.metadata },
    ...(defaults.options === undefined && test.options === undefined
      ? {}
      : { options: { ...defaults.options, ...test.options } }),
  };
}

type Input = EvalCase["input"];

/** The inputs of a test: one for each combination of the lists among its variables; null where that is too many. */
function inputsOf({ vars, metadata }: Test): readonly Input[] | null {
  const exported = metadata["input"];
  if (typeof metadata["case_id"] === "string" && isInput(exported)) return [exported];
  let inputs: Readonly<Record<string, unknown>>[] = [{}];
  for (const [key, value] of Object.entries(vars)) {
    const each: readonly unknown[] = Array.isArray(value) && value.length > 0 ? value : [value];
    inputs = inputs.flatMap((input) => each.map((one) => ({ ...input, [key]: one })));
    if (inputs.length > combinationsMost) return null;
  }
  return inputs.map((input) => ({ ...input }));
}

function isInput(value: unknown): value is Input {
  return isObject(value) || (Array.isArray(value) && value.length > 0 && value.every(isObject));
}

/** The assertions that an export of ours left in the metadata; null where it is none of ours. */
function ownAssertions({ metadata }: Test): readonly Assertion[] | null {
  if (typeof metadata["case_id"] !== "string" || metadata["assert"] === undefined) return null;
  const parsed = z.array(Assertion).safeParse(metadata["assert"]);
  return parsed.success ? parsed.data : null;
}

function titleOf({ description, metadata, vars }: Test): string {
  if (typeof metadata["title"] === "string") return metadata["title"];
  if (description !== undefined) return description;
  const [first] = Object.values(vars).filter((value) => typeof value === "string");
  return typeof first === "string" ? first : JSON.stringify(vars);
}

function recordOf(test: Test, input: Input, title: string, place: string): SourceRecord {
  const own = ownAssertions(test);
  const isTransformed = ["transform", "postprocess"].some(
    (key) => test.options?.[key] !== undefined,
  );
  const each = test.assert.map((assertion) => mappedFromPromptfoo(assertion, isTransformed));
  // Beside assertions of our own the test holds them once more in promptfoo's form, and the rubric, which stands nowhere else.
  const rubrics = each.flatMap(({ rubric }) => (rubric === null ? [] : [rubric]));
  const files = Object.entries(input)
    .filter(([, value]) => typeof value === "string" && value.startsWith("file://"))
    .map(
      ([key, value]) => `not mapped: vars.${key} ${JSON.stringify(value)}, the text of that file`,
    );
  const others = Object.keys(test).filter((key) => !mappedKeys.has(key));
  return {
    place,
    title,
    input,
    assert: own ?? each.flatMap(({ assert }) => assert),
    rubric: oneRubric(rubrics),
    notes:
      own === null
        ? [
            ...each.flatMap(({ note }) => (note === null ? [] : [note])),
            ...files,
            ...others.map((key) => `not mapped: ${key} ${JSON.stringify(test[key])}`),
          ]
        : [],
    said: test.metadata,
    twin: "",
  };
}
