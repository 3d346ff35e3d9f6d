import type { VersionRates } from "../model/baseline.ts";
import { policy } from "../model/policy.ts";
import { signalNames } from "../model/signal.ts";
import type { UnixMillis } from "../model/time.ts";
import type { Versioned } from "./evidence.ts";
import { compareText } from "./flows.ts";
import { summarize } from "./summary.ts";

/** What is put side by side: versions that a team rolls out. Shapes of results follow from them. */
const compared = /^(deploy$|commit$|prompt:|model_answered:|tool_schema:|index:)/;

/**
 * Readings by version, so that versions that run at the same time can be compared: for each field with two values or more, the
 * values that ran last, at most `policy.versionsShownMost` each, in the order in which they first ran. Values that differ from run to
 * run are no versions: a field with more than `policy.versionFieldValuesMost` values is left out, and fields beyond
 * `policy.versionFieldsShownMost` too.
 */
export function ratesByVersion(versioned: readonly Versioned[]): readonly VersionRates[] {
  const fields = new Map<string, Map<string, Versioned[]>>();
  for (const entry of versioned) {
    for (const [field, value] of entry.versions) {
      if (!compared.test(field)) continue;
      const values = fields.get(field) ?? new Map<string, Versioned[]>();
      fields.set(field, values);
      const runs = values.get(value);
      if (runs) runs.push(entry);
      else if (values.size <= policy("versionFieldValuesMost")) values.set(value, [entry]);
    }
  }
  return [...fields]
    .filter(([, values]) => values.size > 1 && values.size <= policy("versionFieldValuesMost"))
    .toSorted(([a], [b]) => compareText(a, b))
    .slice(0, policy("versionFieldsShownMost"))
    .map(([field, values]) => ({ field, versions: shown(values) }));
}

function shown(values: ReadonlyMap<string, readonly Versioned[]>): VersionRates["versions"] {
  return [...values]
    .map(([value, entries]) => {
      const runs = entries.map(({ run }) => run);
      return {
        value,
        runs: runs.length,
        failed: runs.filter(({ failed }) => failed.length > 0).length,
        firstMs: timeOf(runs[0]),
        lastMs: timeOf(runs.at(-1)),
        summaries: signalNames.map((signal) => summarize(signal, runs)),
      };
    })
    .toSorted((a, b) => b.lastMs - a.lastMs || compareText(a.value, b.value))
    .slice(0, policy("versionsShownMost"))
    .toSorted((a, b) => a.firstMs - b.firstMs || compareText(a.value, b.value));
}

function timeOf(run: { readonly startedMs: UnixMillis } | undefined): UnixMillis {
  return run?.startedMs ?? 0;
}
