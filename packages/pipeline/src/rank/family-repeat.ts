import type { FeatureValues } from "./family.ts";
import { jaccard } from "./similarity.ts";
import type { Course } from "./course.ts";

const comparedMost = 25;

function sameKinds(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((kind) => b.has(kind));
}

/** How far steps say again what was said; each is compared with the 25 before it. */
export function repeatFeatures({ suspects }: Course): readonly FeatureValues[] {
  const rows = suspects.map(() => ({ repeatsOwn: 0, repeatsOther: 0, repeated: 0 }));
  for (const [index, one] of suspects.entries()) {
    const row = rows[index];
    if (!row) continue;
    for (let before = index - 1; before >= Math.max(0, index - comparedMost); before--) {
      const other = suspects[before];
      const earlier = rows[before];
      if (!other || !earlier) continue;
      const alike = jaccard(one.shingles, other.shingles);
      if (other.agent !== one.agent) row.repeatsOther = Math.max(row.repeatsOther, alike);
      else if (sameKinds(one.kinds, other.kinds)) {
        row.repeatsOwn = Math.max(row.repeatsOwn, alike);
        earlier.repeated = Math.max(earlier.repeated, alike);
      }
    }
  }
  return rows;
}
