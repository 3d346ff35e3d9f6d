import type { CleanWindow } from "../model/baseline.ts";
import type { RunDigest } from "../model/digest.ts";
import { cleanWindowInSlices, withRates } from "./cleanwindow.ts";
import type { Clean } from "./cleanwindow.ts";
import { deviationsOf, rateKey } from "./deviations.ts";
import type { Versioned } from "./evidence.ts";
import { rereadDownstream } from "./reread.ts";
import { mapInSlices } from "./slices.ts";
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
      const rates = yield* ratesOf(clean, members);
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

/** Share of the window's runs that show each deviation: what is usual is no deviation. */
function* ratesOf(clean: Clean, members: readonly Versioned[]): Slices<CleanWindow["rates"]> {
  const counts = new Map<string, number>();
  const keys = yield* mapInSlices(
    "window",
    members,
    ({ run }) => new Set(deviationsOf(viewOf(run), clean).map(rateKey)),
  );
  for (const key of keys.flatMap((some) => [...some])) counts.set(key, (counts.get(key) ?? 0) + 1);
  return new Map([...counts].map(([key, count]) => [key, count / clean.window.runs]));
}
