import type { Checker } from "../model/checker.ts";
import type { Assertion } from "../model/assertion.ts";
import {
  argsMatch,
  argsSchema,
  argsSupported,
  noLoop,
  toolSequence,
  toolUsed,
} from "./assertions-trajectory.ts";
import { stepCount } from "./assertions-steps.ts";
import { signalWithin } from "./assertions-signal.ts";
import { withBudget } from "./assertions-budget.ts";
import {
  citationsForbid,
  citationsSubset,
  noError,
  noFallback,
  retrievalNonEmpty,
} from "./assertions-behavior.ts";
import {
  handoffContract,
  outputContains,
  outputLacks,
  outputMatches,
  outputPath,
  outputSchema,
  validator,
} from "./assertions-output.ts";
import { moduleEvidence } from "./module-evidence.ts";
import type { Judged } from "./judged.ts";
import type { Subject } from "./subject.ts";

/**
 * Asks one assertion of one run.
 *
 * @param caseFile  the case file, which relative paths in the assertion start from
 * @returns pass or fail with a sentence, or error where the evidence that the assertion needs is missing: an error never passes
 */
export async function judge(
  assertion: Assertion,
  subject: Subject,
  checker: Checker,
  caseFile: string,
): Promise<Judged> {
  switch (assertion.type) {
    case "citations:subset-of-retrieved":
      return citationsSubset(subject, assertion.value ?? {});
    case "citations:forbid":
      return citationsForbid(subject, assertion.value);
    case "retrieval:non-empty":
      return retrievalNonEmpty(subject, assertion.value ?? {});
    case "behavior:signal":
      return signalWithin(subject, assertion.value);
    case "behavior:no-fallback":
      return noFallback(subject, assertion.value ?? {});
    case "behavior:no-error":
      return noError(subject);
    case "output:json-schema":
      return outputSchema(subject, assertion.value, checker, caseFile);
    case "output:contains":
      return outputContains(subject, assertion.value);
    case "output:not-contains":
      return outputLacks(subject, assertion.value);
    case "output:matches":
      return outputMatches(subject, assertion.value, checker);
    case "output:path":
      return outputPath(subject, assertion.value);
    case "trajectory:tool-used":
      return toolUsed(subject, assertion.value, "must");
    case "not-trajectory:tool-used":
      return toolUsed(subject, assertion.value, "must_not");
    case "trajectory:tool-sequence":
      return toolSequence(subject, assertion.value);
    case "trajectory:tool-args-match":
      return argsMatch(subject, assertion.value);
    case "trajectory:tool-args-schema":
      return argsSchema(subject, assertion.value, checker, caseFile);
    case "trajectory:tool-args-supported":
      return argsSupported(subject, assertion.value ?? {});
    case "trajectory:step-count":
      return stepCount(subject, assertion.value);
    case "trajectory:no-loop":
      return noLoop(subject, assertion.value ?? {});
    case "downstream:validator":
      return validator(subject, assertion.value, checker, caseFile);
    case "handoff:contract":
      return handoffContract(subject, assertion.value, checker, caseFile);
    case "budget":
      return withBudget(subject, assertion.value);
    case "module": {
      const { path, args = {} } = assertion.value;
      return checker.module(path, moduleEvidence(subject), args, caseFile);
    }
  }
}
