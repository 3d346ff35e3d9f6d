import { isFailed } from "../model/run.ts";
import type { AppStep } from "../model/run.ts";
import { isRecord } from "./value.ts";

const inverted = /reject|fail|error|invalid|refus|den(y|ied)|missing|violat|block/i;

/**
 * What a step after the answer says of it: an object with one truth value, given the answer as its input, is the consumer's verdict.
 * A key that means refusal says the opposite.
 */
export function verdictOf(step: AppStep): boolean | null {
  if (isFailed(step)) return false;
  const { value } = step.output;
  if (!isRecord(value)) return null;
  const flags = Object.entries(value).filter(([, entry]) => typeof entry === "boolean");
  const [flag] = flags;
  if (flag === undefined || flags.length > 1 || Object.keys(value).length > 4) return null;
  return inverted.test(flag[0]) ? flag[1] === false : flag[1] === true;
}
