import type { CleanWindow } from "../model/baseline.ts";
import type { RunDigest } from "../model/digest.ts";
import { policy } from "../model/policy.ts";
import { cleanWindowInSlices, withRates } from "./cleanwindow.ts";
import type { Clean } from "./cleanwindow.ts";
import { deviationsOf, rateKey } from "./deviations.ts";
import type { Versioned } from "./evidence.ts";
import { rereadDownstream } from "./reread.ts";
import { eachInSlices, inOneGo, mapInSlices } from "./slices.ts";
import type { Slices } from "./slices.ts";
import { viewOf } from "./view.ts";

/** Runs of a frozen reference that no rule fails and that ended. */
function cleanRunsOf(runs: readonly RunDigest[]): readonly RunDigest[] {
  return runs.filter((run) => run.failed.length === 0 && run.error === null);
}

/** The clean window of a flow, made again only where the digests behind it are others. */
export interface Windows {
  /** The last one, without rates. */
  readonly current: Clean | null;
  readonly ofRuns: (reference: readonly RunDigest[]) => Slices<Clean>;
  readonly withRatesOf: (clean: Clean, entries: readonly Versioned[]) => Slices<Clean>;
}

export function newWindows(): Windows {
  let made: { readonly from: readonly RunDigest[]; readonly clean: Clean } | null = null;
  let rated: { readonly from: readonly Versioned[]; readonly clean: Clean } | null = null;
  return {
    get current() {
      return made?.clean ?? null;
    },
    *ofRuns(reference) {
      if (made && isSame(made.from, reference)) return made.clean;
      const clean = yield* cleanOf(reference);
      made = { from: reference, clean };
      rated = null;
      return clean;
    },
    *withRatesOf(clean, entries) {
      const members = entries.filter(({ run }) => clean.memberIds.has(run.id));
      if (rated && isSame(rated.from, members)) return rated.clean;
      const runs = members.map(({ run }) => run);
      const rates = yield* ratesInSlices(clean, runs);
      rated = { from: members, clean: withRates(clean, rates) };
      return rated.clean;
    },
  };
}

function isSame<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index]);
}

/** The clean window of a reference. A run of it whose output turns out to be unlike the others leaves it. */
function* cleanOf(reference: readonly RunDigest[]): Slices<Clean> {
  const unfailed = cleanRunsOf(reference);
  const rough = yield* cleanWindowInSlices(unfailed);
  const readings = yield* mapInSlices("window", unfailed, (run) => rereadDownstream(run, rough));
  const ordinary = unfailed.filter((_, index) => {
    const reading = readings[index];
    return !(reading?.kind === "measured" && !reading.value);
  });
  return ordinary.length === unfailed.length ? rough : yield* cleanWindowInSlices(ordinary);
}

/**
 * Share of the window's runs that show each deviation: what is usual is no deviation. Of a tool that is called now and then, the
 * share of the runs that call it, where enough of them show it.
 *
 * @param runs  those of the window are looked at
 */
export function ratesOf(clean: Clean, runs: readonly RunDigest[]): CleanWindow["rates"] {
  return inOneGo(ratesInSlices(clean, runs));
}

function* ratesInSlices(clean: Clean, runs: readonly RunDigest[]): Slices<CleanWindow["rates"]> {
  const counts = new Map<string, { component: string; count: number }>();
  yield* eachInSlices("window", runs, (run) => {
    if (!clean.memberIds.has(run.id)) return;
    const shown = deviationsOf(viewOf(run), clean);
    for (const [key, { component }] of new Map(shown.map((one) => [rateKey(one), one]))) {
      const entry = counts.get(key) ?? { component, count: 0 };
      counts.set(key, entry);
      entry.count += 1;
    }
  });
  return new Map(
    [...counts].map(([key, { component, count }]) => {
      const uses = clean.window.tools.get(component)?.runs ?? clean.window.runs;
      const isUsual =
        count >= policy("clusterShownFrom") && count / uses >= policy("usualOfUsesShare");
      return [key, count / (isUsual ? uses : clean.window.runs)];
    }),
  );
}
