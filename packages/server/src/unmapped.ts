import { isKnownKey } from "@rootward/pipeline/doctor/read-keys";
import type { RootwardConfig } from "@rootward/pipeline/model/workflow";
import type { TraceContent } from "@rootward/pipeline/model/span";
import { type Counters, type Tally, unmappedTally } from "./counters.ts";
import { labelOf } from "./metrics/family.ts";

/** Counts what no rule reads in the attributes of spans that are being settled: a look-up for each attribute. */
export type CountUnmapped = (content: TraceContent) => void;

/** A sender that makes up keys must not fill memory. */
const keysKept = 20_000;

/** @param rootward  what is mapped or declared there is read, too */
export function unmappedCounter(counters: Counters, rootward: RootwardConfig): CountUnmapped {
  const declared = declaredKeys(rootward);
  /** By key; null where some rule reads it. */
  const tallies = new Map<string, Tally | null>();
  const tallyOf = (key: string): Tally | null => {
    if (tallies.size >= keysKept) tallies.clear();
    const isRead = declared.has(key) || isKnownKey(key);
    const tally = isRead ? null : unmappedTally(counters, shown(key));
    tallies.set(key, tally);
    return tally;
  };
  return ({ spans }) => {
    for (const { attributes } of spans) {
      for (const key of attributes.keys()) {
        const known = tallies.get(key);
        const tally = known === undefined ? tallyOf(key) : known;
        if (tally !== null) tally.count += 1;
      }
    }
  };
}

function declaredKeys({ map, workflows }: RootwardConfig): ReadonlySet<string> {
  const taskTypes = Object.values(workflows ?? {}).flatMap(
    ({ task_type: taskType }) => taskType?.attribute ?? [],
  );
  return new Set([...(map ?? []).map(({ attribute }) => attribute), ...taskTypes]);
}

/** The entries of a flattened list are one name. */
function shown(key: string): string {
  return labelOf(key.replaceAll(/\.\d+(?=\.|$)/g, ".*"));
}
