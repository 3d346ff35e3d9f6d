import type { RunDigest, StepDigest } from "../model/digest.ts";
import { nameOf } from "./origin.ts";
import { choices, holds } from "./rulings.ts";

/** A step found by what a person calls it, or why not, with what is accepted. */
export type NamedStep =
  | { readonly kind: "found"; readonly step: StepDigest }
  | { readonly kind: "refused"; readonly why: string };

const listedMost = 30;

/**
 * The step that a person means: by the id of a span of it, by its number, or by a name that no other step of the run has (as the
 * trail calls it, or its tool). Where several steps stand on one span, its own number or name tells them apart.
 */
export function namedStep(run: Pick<RunDigest, "id" | "steps">, text: string | number): NamedStep {
  const steps = choices(run);
  const word = String(text).trim();
  const number = /^\d{1,9}$/.test(word) ? Number(word) : null;
  const ways: readonly ((step: StepDigest) => boolean)[] = [
    (step) => holds(step, word.toLowerCase()),
    (step) => step.seq === number,
    (step) => [step.name, step.tool, nameOf(step)].includes(word),
  ];
  for (const fits of ways) {
    const [first, ...others] = steps.filter(fits);
    if (!first) continue;
    if (others.length === 0) return { kind: "found", step: first };
    return { kind: "refused", why: several(word, [first, ...others]) };
  }
  return {
    kind: "refused",
    why: `run ${run.id} has no step "${word.slice(0, 100)}"; ${listed(steps)}`,
  };
}

function several(word: string, found: readonly StepDigest[]): string {
  const numbers = found.map(({ seq }) => seq).join(", ");
  return `"${word.slice(0, 100)}" is what ${found.length} steps are called; give the number of one of them: ${numbers}`;
}

function listed(steps: readonly StepDigest[]): string {
  if (steps.length === 0) return "it has no step that could be an origin";
  const names = steps.slice(0, listedMost).map((step) => `${step.seq} ${nameOf(step)}`);
  const rest = steps.length - names.length;
  const more = rest > 0 ? ` and ${rest} more` : "";
  return `accepted are a span id, a number or a name that only one step has, of: ${names.join(", ")}${more}`;
}
