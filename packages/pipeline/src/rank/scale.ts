import type { StepFeatures } from "./event.ts";
import { featureNames, featureTable } from "./feature-table.ts";
import type { FeatureName } from "./feature-table.ts";

const kinds = [
  "plan",
  "handoff",
  "retrieval",
  "call",
  "says",
  "final",
  "user",
] as const satisfies readonly FeatureName[];

function groupsOf(features: readonly StepFeatures[]): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>();
  for (const [index, { values }] of features.entries()) {
    const key = kinds.map((kind) => values[kind] ?? 0).join("");
    const group = groups.get(key);
    if (group) group.push(index);
    else groups.set(key, [index]);
  }
  return [...groups.values()];
}

/** Deviations from the mean of a group; all 0 where the group does not vary. */
function standing(values: readonly number[]): readonly number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const variance =
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length);
  const spread = Math.sqrt(variance);
  return values.map((value) => (spread < 1e-6 ? 0 : (value - mean) / spread));
}

/** Features of the steps of one run, made comparable between runs; see `Scale`. */
export function comparable(
  features: readonly StepFeatures[],
): readonly Readonly<Partial<Record<FeatureName, number>>>[] {
  const rows = features.map(({ values }) => ({ ...values }));
  const alike = groupsOf(features);
  const all = [features.map((_, index) => index)];
  for (const name of featureNames) {
    const { scale } = featureTable[name];
    if (scale === "flag") continue;
    for (const group of scale === "place" ? all : alike) {
      const column = standing(group.map((index) => features[index]?.values[name] ?? 0));
      for (const [at, index] of group.entries()) {
        const row = rows[index];
        if (row) row[name] = column[at] ?? 0;
      }
    }
  }
  return rows;
}
