import type { Assertion } from "../model/assertion.ts";
import { policy } from "../model/policy.ts";
import { judge } from "./assertions.ts";
import { nameOf } from "./grade.ts";
import type { OutputChecker, Subject } from "./subject.ts";

/** How assertions fare on past runs, offline: members of the cluster that they fail, clean runs that they pass. */
export interface Validation {
  readonly caught: number;
  readonly members: number;
  readonly accepted: number;
  readonly clean: number;
}

interface Tried {
  readonly assertion: Assertion;
  readonly caught: ReadonlySet<number>;
  readonly accepted: ReadonlySet<number>;
}

/** The assertions that separate the members from the clean runs, fewest that do, and how they fare together. */
export interface Chosen {
  readonly assertions: readonly Assertion[];
  readonly validation: Validation;
  /** Each proposal with its own figures, for a person to see why it was taken or left. */
  readonly tried: readonly {
    readonly name: string;
    readonly caught: number;
    readonly accepted: number;
    readonly taken: boolean;
  }[];
}

/** At least 99 % of the clean runs, all of them below a hundred. */
function acceptsEnough(accepted: number, clean: number): boolean {
  if (clean < policy("casePassingAllBelow")) return accepted === clean;
  return accepted >= policy("casePassingShare") * clean;
}

/** At least 95 % of the members, all of them below twenty. */
function catchesEnough(caught: number, members: number): boolean {
  if (members < policy("caseFailingAllBelow")) return members > 0 && caught === members;
  return caught >= policy("caseFailingShare") * members;
}

async function tryOne(
  assertion: Assertion,
  members: readonly Subject[],
  clean: readonly Subject[],
  checker: OutputChecker,
): Promise<Tried> {
  const where = async (subjects: readonly Subject[], kind: "fail" | "pass") => {
    const found = new Set<number>();
    for (const [index, subject] of subjects.entries()) {
      if ((await judge(assertion, subject, checker, "")).kind === kind) found.add(index);
    }
    return found;
  };
  return { assertion, caught: await where(members, "fail"), accepted: await where(clean, "pass") };
}

/**
 * Chooses among proposals, most wanted first: an assertion is taken when it accepts the clean runs and catches members that those before
 * it do not. What errs on a clean run has not accepted it; a member that lacks the evidence counts as not caught.
 *
 * @param proposals  in order of preference
 * @returns the first proposal alone where none separates, so that a person has a draft to work on
 */
export async function choose(
  proposals: readonly Assertion[],
  members: readonly Subject[],
  clean: readonly Subject[],
  checker: OutputChecker,
): Promise<Chosen> {
  const tried: Tried[] = [];
  for (const proposal of proposals) tried.push(await tryOne(proposal, members, clean, checker));
  const taken: Tried[] = [];
  const caught = new Set<number>();
  let accepted = new Set(clean.keys());
  for (const entry of tried.filter((one) => acceptsEnough(one.accepted.size, clean.length))) {
    const fresh = [...entry.caught].filter((index) => !caught.has(index));
    const both = new Set([...accepted].filter((index) => entry.accepted.has(index)));
    if (fresh.length === 0 || !acceptsEnough(both.size, clean.length)) continue;
    taken.push(entry);
    for (const index of fresh) caught.add(index);
    accepted = both;
  }
  if (taken.length === 0 && tried[0]) {
    taken.push(tried[0]);
    for (const index of tried[0].caught) caught.add(index);
    accepted = new Set(tried[0].accepted);
  }
  return {
    assertions: taken.map(({ assertion }) => assertion),
    validation: {
      caught: caught.size,
      members: members.length,
      accepted: accepted.size,
      clean: clean.length,
    },
    tried: tried.map((entry) => ({
      name: nameOf(entry.assertion),
      caught: entry.caught.size,
      accepted: entry.accepted.size,
      taken: taken.includes(entry),
    })),
  };
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
