import type { Checker } from "../model/checker.ts";
import type { Assertion } from "../model/assertion.ts";
import { acceptsEnough, catchesEnough } from "../model/activation.ts";
import type { Validation } from "../model/activation.ts";
import { judge } from "./assertions.ts";
import { nameOf } from "./grade.ts";
import type { Subject } from "./subject.ts";

interface Tried {
  readonly assertion: Assertion;
  readonly caught: ReadonlySet<number>;
  readonly accepted: ReadonlySet<number>;
}

/** A proposal with its own figures. */
export interface TriedAssertion {
  readonly name: string;
  readonly caught: number;
  readonly accepted: number;
  /** Why it was left; null: it was taken. */
  readonly left: string | null;
}

/** The assertions that separate the members from the clean runs, fewest that do, and how they fare together. */
export interface Chosen {
  readonly assertions: readonly Assertion[];
  readonly validation: Validation;
  /** Each proposal, for a person to see why it was taken or left. */
  readonly tried: readonly TriedAssertion[];
}

/** Whether the assertions tell the members from the clean runs, as far as there are any. */
export function separates({ caught, members, accepted, clean }: Validation): boolean {
  return catchesEnough(caught, members) && acceptsEnough(accepted, clean);
}

async function tryOne(
  assertion: Assertion,
  members: readonly Subject[],
  clean: readonly Subject[],
  checker: Checker,
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
 * it do not, until enough are caught: a few more would cost an assertion that is less to the point. What errs on a clean run has not
 * accepted it; a member that lacks the evidence counts as not caught.
 *
 * @param proposals  in order of preference
 * @returns the first proposal alone where none separates, so that a person has a draft to work on
 */
export async function choose(
  proposals: readonly Assertion[],
  members: readonly Subject[],
  clean: readonly Subject[],
  checker: Checker,
): Promise<Chosen> {
  const tried: Tried[] = [];
  for (const proposal of proposals) tried.push(await tryOne(proposal, members, clean, checker));
  const sizes = { members: members.length, clean: clean.length };
  const caught = new Set<number>();
  let accepted = new Set(clean.keys());
  const told = tried.map((entry): Told => {
    const left = whyLeft(entry, caught, accepted, sizes);
    if (left !== null) return { entry, left };
    for (const index of entry.caught) caught.add(index);
    accepted = new Set([...accepted].filter((index) => entry.accepted.has(index)));
    return { entry, left: null };
  });
  const [first] = told;
  if (first && told.every(({ left }) => left !== null)) {
    return chosenOf([{ ...first, left: null }, ...told.slice(1)], first.entry, sizes);
  }
  return chosenOf(told, { caught, accepted }, sizes);
}

interface Told {
  readonly entry: Tried;
  readonly left: string | null;
}

/** Why a proposal is not taken after those before it; null: it is. */
function whyLeft(
  entry: Tried,
  caught: ReadonlySet<number>,
  accepted: ReadonlySet<number>,
  sizes: { readonly members: number; readonly clean: number },
): string | null {
  const fails = `fails ${entry.caught.size}/${sizes.members} members`;
  if (entry.caught.size === 0) return "fails no member";
  if (!acceptsEnough(entry.accepted.size, sizes.clean))
    return `${fails}, but passes only ${entry.accepted.size}/${sizes.clean} clean runs`;
  if (catchesEnough(caught.size, sizes.members)) return `${fails}, which others do already`;
  if ([...entry.caught].every((index) => caught.has(index)))
    return `${fails}, all of which others do already`;
  const both = [...accepted].filter((index) => entry.accepted.has(index)).length;
  return acceptsEnough(both, sizes.clean)
    ? null
    : `${fails}, but with the others passes only ${both}/${sizes.clean} clean runs`;
}

function chosenOf(
  told: readonly Told[],
  { caught, accepted }: Pick<Tried, "caught" | "accepted">,
  sizes: { readonly members: number; readonly clean: number },
): Chosen {
  return {
    assertions: told.flatMap(({ entry, left }) => (left === null ? [entry.assertion] : [])),
    validation: { ...sizes, caught: caught.size, accepted: accepted.size },
    tried: told.map(({ entry, left }) => ({
      name: nameOf(entry.assertion),
      caught: entry.caught.size,
      accepted: entry.accepted.size,
      left,
    })),
  };
}
