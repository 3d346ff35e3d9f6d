import { policy } from "./policy.ts";

/** How assertions fare on past runs, offline: members of the cluster that they fail, clean runs that they pass. */
export interface Validation {
  readonly caught: number;
  readonly members: number;
  readonly accepted: number;
  readonly clean: number;
}

/** At least 99 % of the clean runs, all of them below a hundred. Source: evals.md 4.3. */
export function acceptsEnough(accepted: number, clean: number): boolean {
  if (clean < policy("casePassingAllBelow")) return accepted === clean;
  return accepted >= policy("casePassingShare") * clean;
}

/** At least 95 % of the members, all of them below twenty. Source: evals.md 4.3. */
export function catchesEnough(caught: number, members: number): boolean {
  if (members < policy("caseFailingAllBelow")) return members > 0 && caught === members;
  return caught >= policy("caseFailingShare") * members;
}

/** What a case lacks to gate: empty when its validation reaches the threshold of activation. Source: evals.md 4.3. */
export function lacking({ caught, members, accepted, clean }: Validation): readonly string[] {
  const lacks: string[] = [];
  if (!catchesEnough(caught, members)) {
    lacks.push(
      `its assertions fail ${caught} of ${members} members, ${members < policy("caseFailingAllBelow") ? "all" : "95 %"} are needed`,
    );
  }
  if (clean < policy("casePassingMin")) {
    lacks.push(
      `${policy("casePassingMin") - clean} more clean runs are needed (there are ${clean})`,
    );
  }
  if (!acceptsEnough(accepted, clean)) {
    lacks.push(
      `its assertions pass ${accepted} of ${clean} clean runs, ${clean < policy("casePassingAllBelow") ? "all" : "99 %"} are needed`,
    );
  }
  return lacks;
}

/** `39/40` as its two numbers; null where it is no share, as `41/40`. */
export function shareOf(text: string): readonly [part: number, whole: number] | null {
  const [part, whole] = text.split("/").map(Number);
  return part !== undefined && whole !== undefined && part <= whole ? [part, whole] : null;
}
