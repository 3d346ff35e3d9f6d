import type { Assertion } from "../../model/assertion.ts";
import { isObject } from "../pointer.ts";
import { ApiRefusal, post } from "./api.ts";
import type { Conversation } from "./api.ts";
import { expectedOf, metadataOf, rowLosses } from "./exported.ts";
import type { ExportedCase, Loss } from "./exported.ts";

interface ExpectedTool {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>> | null;
}

/** The tools that an assertion wants called by name. */
function toolsOf(assertion: Assertion): readonly ExpectedTool[] {
  switch (assertion.type) {
    case "trajectory:tool-used": {
      const { value } = assertion;
      if (typeof value === "string") return [{ name: value, args: null }];
      if (Array.isArray(value)) return value.map((name) => ({ name, args: null }));
      return value.name === undefined || value.min === 0 || value.max === 0
        ? []
        : [{ name: value.name, args: null }];
    }
    case "trajectory:tool-sequence": {
      const steps = Array.isArray(assertion.value) ? assertion.value : assertion.value.steps;
      return steps.map((name) => ({ name, args: null }));
    }
    case "trajectory:tool-args-match":
      return assertion.value.name === undefined
        ? []
        : [{ name: assertion.value.name, args: assertion.value.args }];
    case "citations:subset-of-retrieved":
    case "citations:forbid":
    case "retrieval:non-empty":
    case "behavior:signal":
    case "behavior:no-fallback":
    case "behavior:no-error":
    case "output:json-schema":
    case "output:contains":
    case "output:not-contains":
    case "output:matches":
    case "output:path":
    case "not-trajectory:tool-used":
    case "trajectory:tool-args-schema":
    case "trajectory:tool-args-supported":
    case "trajectory:step-count":
    case "trajectory:no-loop":
    case "downstream:validator":
    case "handoff:contract":
    case "budget":
    case "module":
      return [];
  }
}

/** Each tool once: with its arguments where an assertion names them. */
function expectedTools({ evalCase }: ExportedCase): readonly ExpectedTool[] {
  const all = evalCase.assert.flatMap(toolsOf);
  const withArgs = all.filter(({ args }) => args !== null);
  const named = new Set(withArgs.map(({ name }) => name));
  const rest = all.filter(
    ({ name, args }, index) =>
      args === null && !named.has(name) && all.findIndex((other) => other.name === name) === index,
  );
  return [...withArgs, ...rest];
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Input as the text that a golden wants: the message where there is nothing else, else JSON. */
function inputText({ input }: ExportedCase["evalCase"]): string {
  const keys = Object.keys(input);
  return isObject(input) && keys.length === 1 && typeof input["message"] === "string"
    ? input["message"]
    : JSON.stringify(input);
}

/** Goldens as Confident AI takes them. Source: what deepeval 0.1.32 sends. */
function golden(exported: ExportedCase) {
  const { evalCase, file } = exported;
  const expected = expectedOf(evalCase);
  const tools = expectedTools(exported);
  return {
    input: inputText(evalCase),
    ...(expected === null ? {} : { expectedOutput: asText(expected) }),
    additionalMetadata: metadataOf(exported),
    comments: evalCase.title,
    ...(tools.length === 0
      ? {}
      : {
          expectedTools: tools.map(({ name, args }) => ({
            name,
            ...(args === null ? {} : { inputParameters: args }),
          })),
        }),
    sourceFile: file,
    customColumnKeyValues: { case_id: evalCase.id, severity: evalCase.severity },
  };
}

/**
 * A file of goldens, as `EvaluationDataset.add_goldens_from_json_file` reads it without further arguments.
 *
 * @source the default key names of that method, deepeval (Python)
 */
export function deepevalFile(cases: readonly ExportedCase[]): string {
  const goldens = cases.map((exported) => {
    const { evalCase, file } = exported;
    const expected = expectedOf(evalCase);
    return {
      name: evalCase.id,
      input: inputText(evalCase),
      expected_output: expected === null ? null : asText(expected),
      expected_tools: expectedTools(exported).map(({ name, args }) => ({
        name,
        input_parameters: args,
      })),
      comments: evalCase.title,
      source_file: file,
      additional_metadata: metadataOf(exported),
    };
  });
  return `${JSON.stringify(goldens, null, 2)}\n`;
}

/**
 * Cases as the goldens of a dataset of Confident AI, one request with all of them. A dataset of that name is replaced only if `overwrite`
 * says so, which its own client asks a person about.
 *
 * @source what deepeval 0.1.32 sends (`EvaluationDataset.push`); 409 and `overwrite` in its `confident/api.js`
 */
export function* toConfident(
  cases: readonly ExportedCase[],
  dataset: string,
  { overwrite }: { readonly overwrite: boolean },
): Conversation {
  const path = `/v1/datasets/${encodeURIComponent(dataset)}`;
  const body = { finalized: true, goldens: cases.map(golden) };
  const answer = yield { ...post(path, body), also: [409] };
  if (answer.status !== 409) return;
  if (!overwrite) {
    throw new ApiRefusal(
      `Confident AI has a dataset "${dataset}" already; --overwrite replaces its goldens by these, or name another with --dataset`,
    );
  }
  yield post(path, { ...body, overwrite: true });
}

/** What DeepEval does not keep of a case. */
export function deepevalLosses(exported: ExportedCase): readonly Loss[] {
  const { evalCase } = exported;
  const tools = expectedTools(exported);
  return [
    ...rowLosses(exported, "DeepEval"),
    ...(tools.length === 0
      ? []
      : [
          {
            caseId: evalCase.id,
            part: "assert",
            why: "tools that must be called are expectedTools, which metrics of DeepEval may use",
          },
        ]),
    ...(isObject(evalCase.input) && inputText(evalCase) === evalCase.input["message"]
      ? []
      : [
          {
            caseId: evalCase.id,
            part: "input",
            why: "sent as JSON text: a golden's input is text",
          },
        ]),
  ];
}
