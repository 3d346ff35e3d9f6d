import { OperatorError } from "./output.ts";

/**
 * The value of an option that takes one of some words; null where it was not given.
 *
 * @throws OperatorError  exit code 2: names the option, the value and what is accepted
 */
export function oneOf<T extends string>(
  option: string,
  given: string | undefined,
  accepted: readonly T[],
): T | null {
  if (given === undefined) return null;
  const found = accepted.find((each) => each === given);
  if (found !== undefined) return found;
  throw new OperatorError(`${option} is "${given}"; accepted are ${accepted.join(", ")}`, 2);
}
