import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Assertion } from "@rootward/pipeline/model/assertion";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import { schemaCheck } from "./json-schemas.ts";
import { messageOf } from "./output.ts";

/** What of an assertion no schema can tell, because it stands in other files or in a language of its own. */
interface Wrong {
  /** Below the assertion. */
  readonly at: readonly string[];
  readonly value: unknown;
  readonly what: string;
  readonly accepted: string;
}

/**
 * What is wrong with patterns, JSON Schemas and modules that a case names, so that it is found before anything is tried. A retired case is
 * asked nothing any more.
 *
 * @param placeOf  from a path in the case file to its `line:column`
 * @returns sentences, each with file, line, column, the value and what is accepted
 */
export function wrongIn(
  { assert, status }: EvalCase,
  file: string,
  placeOf: (path: readonly (string | number)[]) => string,
): readonly string[] {
  if (status === "retired") return [];
  return assert.flatMap((assertion, index) => {
    const wrong = wrongOf(assertion, file);
    if (wrong === null) return [];
    const path = ["assert", index, ...wrong.at];
    const shown = JSON.stringify(wrong.value).slice(0, 120);
    return [
      `${file}:${placeOf(path)}: ${path.join(".")} is ${shown}: ${wrong.what}; accepted: ${wrong.accepted}`,
    ];
  });
}

function wrongOf(assertion: Assertion, file: string): Wrong | null {
  switch (assertion.type) {
    case "output:matches":
      return wrongPattern(assertion.value);
    case "output:json-schema":
      return wrongSchema(["value"], assertion.value, file);
    case "handoff:contract":
    case "trajectory:tool-args-schema":
      return wrongSchema(["value", "schema"], assertion.value.schema, file);
    case "module":
      return wrongModule(["value", "path"], assertion.value.path, file);
    case "downstream:validator":
      return assertion.value.module === undefined
        ? null
        : wrongModule(["value", "module"], assertion.value.module, file);
    case "behavior:no-error":
    case "behavior:no-fallback":
    case "behavior:signal":
    case "budget":
    case "citations:forbid":
    case "citations:subset-of-retrieved":
    case "not-trajectory:tool-used":
    case "output:contains":
    case "output:not-contains":
    case "output:path":
    case "retrieval:non-empty":
    case "trajectory:no-loop":
    case "trajectory:step-count":
    case "trajectory:tool-args-match":
    case "trajectory:tool-args-supported":
    case "trajectory:tool-sequence":
    case "trajectory:tool-used":
      return null;
  }
}

function wrongPattern(value: string): Wrong | null {
  try {
    void new RegExp(value, "u");
    return null;
  } catch (error) {
    const what = messageOf(error).replace(/^Invalid regular expression: /, "no pattern: ");
    return { at: ["value"], value, what, accepted: "a pattern of JavaScript with the flag u" };
  }
}

function wrongSchema(at: readonly string[], value: unknown, file: string): Wrong | null {
  try {
    schemaCheck(value, file);
    return null;
  } catch (error) {
    const accepted = "a JSON Schema (2020-12), or the path of one from the case file's folder";
    return { at, value, what: messageOf(error), accepted };
  }
}

function wrongModule(at: readonly string[], value: string, file: string): Wrong | null {
  const path = resolve(dirname(file), value);
  if (existsSync(path) && statSync(path).isFile()) return null;
  const accepted = "the path of a JavaScript module from the case file's folder";
  return { at, value, what: `${path} is no file`, accepted };
}
