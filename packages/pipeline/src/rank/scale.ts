import type { StepFeatures } from "./event.ts";
import { featureNames, featureTable } from "./feature-table.ts";
import type { FeatureName } from "./feature-table.ts";

/**
 * Features of the steps of one run, made comparable between runs: flags as they are, amounts by how many deviations they stand from the
 * mean of the run; 0 where an amount does not vary.
 */
export function comparable(
  features: readonly StepFeatures[],
): readonly Readonly<Partial<Record<FeatureName, number>>>[] {
  const rows = features.map(({ values }) => ({ ...values }));
  for (const name of featureNames) {
    if (featureTable[name].scale === "flag") continue;
    const column = rows.map((row) => row[name] ?? 0);
    const mean = column.reduce((sum, value) => sum + value, 0) / Math.max(1, column.length);
    const spread = Math.sqrt(
      column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, column.length),
    );
    for (const [index, row] of rows.entries())
      row[name] = spread < 1e-6 ? 0 : ((column[index] ?? 0) - mean) / spread;
  }
  return rows;
}
