import type { Difference, Shown, Signature } from "../model/cluster.ts";
import { policy } from "../model/policy.ts";
import type { RunDigest } from "../model/digest.ts";
import { compareText } from "./flows.ts";
import type { Versioned } from "./evidence.ts";
import { fisherGreater } from "./stats.ts";
import { componentOf, isCall } from "./view.ts";

/** What can be said of a run in words that other runs share: task type, versions, tools, ends. */
export function featuresOf({ run, versions }: Versioned): ReadonlySet<string> {
  const features = new Set<string>([`service ${run.service}`]);
  if (run.taskType !== null) features.add(`task type ${run.taskType}`);
  for (const [field, value] of versions) {
    if (value.length <= policy("featureLengthMost")) features.add(`${field} = ${value}`);
  }
  for (const step of run.steps) {
    if (isCall(step)) features.add(`calls ${componentOf(step)}`);
    if (step.role === "fallback") features.add(`falls back on ${componentOf(step)}`);
    if (step.finish !== null && step.finish !== "stop" && step.finish !== "tool_call") {
      features.add(`a model call ended with ${step.finish}`);
    }
    if (step.error) features.add(`error ${step.error.class} at ${componentOf(step)}`);
  }
  if (run.hedge) features.add("hedges");
  if (run.refusal) features.add("declines to answer");
  features.add(callCount(run));
  return features;
}

function callCount(run: RunDigest): string {
  const calls = run.steps.filter(isCall).length;
  const bound = [0, 1, 2, 4, 8, 16].findLast((least) => calls >= least) ?? 0;
  return bound === 0 ? "no call of a tool" : `${bound} calls of tools or more`;
}

/** Whether a feature says no more than the signature itself. */
function defines(feature: string, signature: Signature): boolean {
  return (
    signature.component !== "" &&
    (feature.includes(` ${signature.component}`) || feature.includes(`:${signature.component} `))
  );
}

/** Runs with what can be said of each, and how often each of that is said: made once, asked for examples and differences. */
export interface Described {
  readonly runs: readonly { readonly member: Versioned; readonly features: ReadonlySet<string> }[];
  readonly counts: ReadonlyMap<string, number>;
}

export function describe(members: readonly Versioned[]): Described {
  const counts = new Map<string, number>();
  const runs = members.map((member) => {
    const features = featuresOf(member);
    for (const feature of features) counts.set(feature, (counts.get(feature) ?? 0) + 1);
    return { member, features };
  });
  return { runs, counts };
}

/**
 * What members show clearly more often than clean runs of the workflow, strongest first: support of at least
 * `policy.contrastSupport`, lift of at least `policy.contrastLift`, Fisher's test with a Benjamini–Hochberg correction at 5 %.
 * Never what defines the cluster.
 *
 * @source diagnosis.md A3.4b; Benjamini and Hochberg, J. R. Stat. Soc. B 57 (1995) 289
 */
export function differencesOf(
  signature: Signature,
  { runs: members, counts: inMembers }: Described,
  { runs: clean, counts: inClean }: Described,
): readonly Difference[] {
  const tested = [...inMembers]
    .filter(([feature]) => !defines(feature, signature))
    .map(([feature, count]) => {
      const a = { count, of: members.length };
      const b = { count: inClean.get(feature) ?? 0, of: clean.length };
      return { feature, members: a, clean: b, p: fisherGreater(a, b) };
    })
    .toSorted((x, y) => x.p - y.p || compareText(x.feature, y.feature));
  const level = policy("contrastFalseShare");
  const last = tested.findLastIndex(({ p }, index) => p <= (level * (index + 1)) / tested.length);
  return tested
    .slice(0, last + 1)
    .filter(({ members: a, clean: b }) => {
      const support = a.count / Math.max(1, a.of);
      const usual = (b.count + 0.5) / (b.of + 1);
      return support >= policy("contrastSupport") && support / usual >= policy("contrastLift");
    })
    .slice(0, policy("differencesShownMost"))
    .map(({ feature, members: a, clean: b }) => ({
      feature,
      members: a,
      clean: b,
      ...liftOf(a, b),
    }));
}

/**
 * A ratio of shares with its 95 % interval, half a run added to each count so that none divides by zero.
 *
 * @source Katz et al., Biometrics 34 (1978) 469, with the correction of Pettigrew, Gart and Thomas, Biometrika 73 (1986) 425
 */
function liftOf(
  a: Difference["members"],
  b: Difference["clean"],
): Pick<Difference, "lift" | "liftLow" | "liftHigh"> {
  const [x, m, y, n] = [a.count + 0.5, a.of + 0.5, b.count + 0.5, b.of + 0.5];
  const lift = x / m / (y / n);
  const spread = policy("interval95") * Math.sqrt(1 / x - 1 / m + 1 / y - 1 / n);
  return { lift, liftLow: lift * Math.exp(-spread), liftHigh: lift * Math.exp(spread) };
}

/** What members have in common, most common first, and what some of them show and others do not, nearest to half first. */
export function sharedBy({ runs, counts }: Described): {
  readonly common: readonly Shown[];
  readonly varying: readonly Shown[];
} {
  const of = runs.length;
  const all = [...counts].map(([feature, count]) => ({ feature, count, of }));
  const far = ({ count }: Shown): number => Math.abs(count / of - 0.5);
  const isVarying = ({ count }: Shown): boolean =>
    count / of >= policy("splitPartLeast") && 1 - count / of >= policy("splitPartLeast");
  return {
    common: all
      .filter(({ count }) => count / of >= policy("commonShare"))
      .toSorted((a, b) => b.count - a.count || compareText(a.feature, b.feature))
      .slice(0, policy("differencesShownMost")),
    varying: all
      .filter(isVarying)
      .toSorted((a, b) => far(a) - far(b) || compareText(a.feature, b.feature))
      .slice(0, policy("varyingShownMost")),
  };
}

/**
 * The member most like all the others, and up to two that are unlike it and each other. Likeness is over features, so one pass
 * over the members is enough; ties go to the earlier run.
 *
 * @throws Error  without members
 */
export function examplesOf({ runs, counts }: Described): {
  readonly representative: Versioned;
  readonly diverse: readonly Versioned[];
} {
  const rated = runs.map(({ member, features }) => {
    let score = 0;
    for (const feature of features) score += (counts.get(feature) ?? 0) / runs.length - 0.5;
    return { member, features, score };
  });
  const medoid = rated.reduce((best, next) => (next.score > best.score ? next : best));
  const chosen = [medoid];
  const diverse: Versioned[] = [];
  for (let round = 0; round < 2; round++) {
    let furthest: { rated: (typeof rated)[number]; distance: number } | undefined;
    for (const candidate of rated) {
      const distance = Math.min(
        ...chosen.map(({ features }) => apart(candidate.features, features)),
      );
      if (distance > (furthest?.distance ?? 0)) furthest = { rated: candidate, distance };
    }
    if (!furthest) break;
    chosen.push(furthest.rated);
    diverse.push(furthest.rated.member);
  }
  return { representative: medoid.member, diverse };
}

/** One minus the Jaccard index; 0 for two empty sets. */
export function apart(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let both = 0;
  for (const feature of a) if (b.has(feature)) both += 1;
  const all = a.size + b.size - both;
  return all > 0 ? 1 - both / all : 0;
}
