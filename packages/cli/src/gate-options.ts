import { changeTypes, severities } from "@rootward/pipeline/model/evalfields";
import type { ChangeType, Severity } from "@rootward/pipeline/model/evalfields";
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
