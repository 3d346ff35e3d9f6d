import type { Checker } from "@rootward/pipeline/model/checker";
import { schemaCheck } from "./json-schemas.ts";
import { newMatcher } from "./matcher.ts";
import { runModule, runValidator } from "./repository-code.ts";

/** Runs the repository's own schemas, validators, modules and patterns. Nothing of a trace is ever executed. */
export function newChecker(): Checker {
  return {
    schema: async (schema, value, caseFile) => schemaCheck(schema, caseFile)(value),
    validator: runValidator,
    module: (path, evidence, args, caseFile) =>
      runModule({ path, given: [evidence, args], caseFile }),
    matches: newMatcher(),
  };
}
