import { changeTypes, severities } from "@rootward/pipeline/model/evalfields";
import type { ChangeType, Severity } from "@rootward/pipeline/model/evalfields";
import { policy } from "@rootward/pipeline/model/policy";
import { OperatorError } from "./output.ts";

/** `--changed model,prompt`. @throws OperatorError  exit code 2: a word that is none of the types */
export function changedOption(text: string | undefined): readonly ChangeType[] | null {
  return listed("--changed", text, changeTypes);
}

/** `--severity P0,P1`. @throws OperatorError  exit code 2: a word that is none of the severities */
export function severityOption(text: string | undefined): readonly Severity[] | null {
  return listed("--severity", text, severities);
}

function listed<const T extends string>(
  option: string,
  text: string | undefined,
  accepted: readonly T[],
): readonly T[] | null {
  if (text === undefined) return null;
  return text.split(",").map((word) => {
    const found = accepted.find((each) => each === word.trim());
    if (found !== undefined) return found;
    const said = `${option} ${text}: "${word.trim()}" is not accepted`;
    throw new OperatorError(`${said}; accepted, with commas between: ${accepted.join(", ")}`, 2);
  });
}

/** A number above 0, such as `--budget-usd 5`. @throws OperatorError  exit code 2: anything else */
export function amountOption(option: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const amount = Number(text);
  if (text.trim() !== "" && Number.isFinite(amount) && amount > 0) return amount;
  throw new OperatorError(`${option} ${text}: expected a number above 0`, 2);
}

/** `--accumulate`, or `--accumulate 0.1`. @throws OperatorError  exit code 2: no share between 0 and 1 */
export function targetOption(text: string | true | undefined): number | null {
  if (text === undefined) return null;
  if (text === true) return policy("accumulateTarget");
  const share = Number(text);
  if (text.trim() !== "" && share > 0 && share < 1) return share;
  throw new OperatorError(
    `--accumulate ${text}: expected a share between 0 and 1, such as 0.05: how often a case may fail at most`,
    2,
  );
}
