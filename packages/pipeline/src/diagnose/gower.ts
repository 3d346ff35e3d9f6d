import { apart } from "./contrast.ts";
import type { Member } from "./facts.ts";
import { componentOf, isCall, toolOrder } from "./view.ts";

/** What two failed runs are compared by. */
export interface Traits {
  readonly primary: string;
  readonly flags: ReadonlySet<string>;
  readonly component: string;
  readonly errors: ReadonlySet<string>;
  readonly bigrams: ReadonlySet<string>;
  /** Where the primary deviation stands, from 0 at the first step to 1 at the last. */
  readonly position: number;
  readonly errorCount: number;
  readonly length: number;
}

/** Weights of the traits. Source: diagnosis.md B5.5, step 2. */
const weights = {
  primary: 3,
  flags: 3,
  component: 2,
  errors: 1.5,
  bigrams: 1,
  position: 0.5,
  errorCount: 0.5,
  length: 0.5,
} as const satisfies Record<keyof Traits, number>;

const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);

export function traitsOf({ view, deviations, primary }: Member): Traits {
  const order = toolOrder(view);
  const failed = view.steps.filter((step) => step.error !== null);
  const at = view.steps.findIndex((step) => step.seq === primary?.seq);
  return {
    primary: primary?.name ?? "",
    flags: new Set(deviations.map(({ name }) => name)),
    component: primary?.component ?? "",
    errors: new Set(
      failed.filter(isCall).map((step) => `${step.error?.class ?? ""} ${componentOf(step)}`),
    ),
    bigrams: new Set(order.slice(1).map((tool, index) => `${order[index]} → ${tool}`)),
    position: at < 0 ? 0 : at / Math.max(1, view.steps.length - 1),
    errorCount: failed.length,
    length: view.steps.length,
  };
}

/** How far two counts are apart on a logarithmic scale, 1 from a factor of eight on. */
function logApart(a: number, b: number): number {
  return Math.min(1, Math.abs(Math.log2((a + 1) / (b + 1))) / 3);
}

/** Gower's distance of two runs in [0, 1]. Source: Gower, Biometrics 27 (1971) 857. */
export function distanceOf(a: Traits, b: Traits): number {
  const sum =
    weights.primary * Number(a.primary !== b.primary) +
    weights.flags * apart(a.flags, b.flags) +
    weights.component * Number(a.component !== b.component) +
    weights.errors * apart(a.errors, b.errors) +
    weights.bigrams * apart(a.bigrams, b.bigrams) +
    weights.position * Math.abs(a.position - b.position) +
    weights.errorCount * logApart(a.errorCount, b.errorCount) +
    weights.length * logApart(a.length, b.length);
  return sum / total;
}

/** The mean distance between the runs of one list and those of another. NaN where either is empty. */
export function meanBetween(a: readonly Traits[], b: readonly Traits[]): number {
  let sum = 0;
  for (const one of a) for (const other of b) sum += distanceOf(one, other);
  return sum / (a.length * b.length);
}

/** The mean distance between two different runs of a list; 0 for fewer than two. */
export function meanWithin(list: readonly Traits[]): number {
  let [sum, pairs] = [0, 0];
  for (const [at, one] of list.entries()) {
    for (const other of list.slice(at + 1)) {
      sum += distanceOf(one, other);
      pairs += 1;
    }
  }
  return pairs > 0 ? sum / pairs : 0;
}
