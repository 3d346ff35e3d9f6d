import type { Diagnosis } from "@rootward/pipeline/model/baseline";
import type { TraceId } from "@rootward/pipeline/model/ids";
import { policy } from "@rootward/pipeline/model/policy";
import type { Store } from "@rootward/pipeline/ports";
import type { TraceContent } from "@rootward/pipeline/model/span";
import type { Counters } from "./counters.ts";
import type { Flights } from "./flights.ts";
import { type Gathered, gatheredOf, gatheredTogether } from "./gathered.ts";
import { hasEndedRoot, type OpenTraces, type QuietTrace } from "./open-traces.ts";
import { groupsOf, type Kin } from "./kin.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import type { SettledRun } from "./settling/settler.ts";
import { linkedTo, split } from "./trace-content.ts";

/** The two stages that time drives, as the hallway offers them. */
export interface Stages {
  /** Makes runs of what is gathered, each by itself, and stores them under a version. */
  readonly settle: (
    gathered: Iterable<Gathered>,
    version: bigint,
  ) => Promise<readonly SettledRun[]>;
  /** Everything about all runs; stored. `all`: settings are learned from every new run first, not only from many. */
  readonly diagnose: (all: boolean) => Promise<Diagnosis>;
}

interface Parts {
  readonly store: Store;
  readonly open: OpenTraces;
  readonly flights: Pick<Flights, "mark">;
  readonly counters: Counters;
  readonly kin: Kin;
  readonly stages: Stages;
  /** Called with what went wrong in a tick; the next tick tries again. */
  readonly onError: (error: unknown) => void;
}

/** When `settle` and `diagnose` run. Time comes as an argument, so that a test need not wait. */
export interface Schedule {
  /** Settles what has gone quiet, then diagnoses if new runs came and the last time is long enough ago. */
  tick(nowMs: number): Promise<void>;
  /** Settles every trace whose root has ended, quiet or not, and diagnoses. */
  diagnoseNow(nowMs: number): Promise<Diagnosis>;
  /** Diagnoses what is settled, and settles nothing. `all`: as `Stages.diagnose`; false without it. */
  diagnoseAgain(nowMs: number, all?: boolean): Promise<Diagnosis>;
  /** Something that a diagnosis reads has changed beside the runs: the next tick diagnoses again, if the last time is long enough ago. */
  diagnoseSoon(): void;
  /** Does something while nothing is settled or diagnosed. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when nothing runs any more; what is asked later is not done. */
  rest(): Promise<void>;
  readonly diagnosis: Diagnosis | null;
  /** True until the runs of the last settling are diagnosed, and what was said about them. */
  readonly behind: boolean;
}

/** @param first  the diagnosis that was stored before this start, or null */
export function schedule(parts: Parts, first: Diagnosis | null): Schedule {
  // Two settlings of one trace at once would be two answers.
  const alone = oneAtATime();
  let diagnosis = first;
  // What the last diagnosis has not seen: runs, and what was said about them.
  let unseen = 0;
  let diagnosedMs = Number.NEGATIVE_INFINITY;
  let tookMs = 0;
  let waiting = 0;

  async function settleQuiet(nowMs: number, quietMs: number): Promise<void> {
    for (let runs: number | null = 0; runs !== null; unseen += runs ?? 0)
      runs = await settleNext(parts, nowMs, quietMs);
  }

  async function diagnose(nowMs: number, all: boolean): Promise<Diagnosis> {
    const startMs = performance.now();
    const seen = unseen;
    // One that fails is tried again as soon as the next would be due.
    diagnosedMs = nowMs;
    diagnosis = await parts.stages.diagnose(all);
    unseen -= seen;
    tookMs = performance.now() - startMs;
    return diagnosis;
  }

  async function tick(nowMs: number): Promise<void> {
    await settleQuiet(nowMs, policy("settleQuietMs"));
    // A diagnosis that takes long is made less often, so that it never takes more than a tenth of the time.
    const pauseMs = Math.max(policy("diagnoseEveryMs"), tookMs * 10);
    if (unseen > 0 && nowMs - diagnosedMs >= pauseMs) await diagnose(nowMs, false);
  }

  return {
    async tick(nowMs) {
      if (waiting > 0) return;
      waiting += 1;
      try {
        await alone(async () => await tick(nowMs));
      } catch (error) {
        parts.counters.failures += 1;
        parts.onError(error);
      } finally {
        waiting -= 1;
      }
    },
    diagnoseNow: (nowMs) =>
      alone(async () => {
        await settleQuiet(nowMs, 0);
        return await diagnose(nowMs, true);
      }),
    diagnoseAgain: (nowMs, all = false) => alone(async () => await diagnose(nowMs, all)),
    diagnoseSoon: () => void (unseen += 1),
    alone,
    async rest() {
      waiting = Number.POSITIVE_INFINITY;
      await alone(async () => undefined);
    },
    get diagnosis() {
      return diagnosis;
    },
    get behind() {
      return unseen > 0;
    },
  };
}

/** @returns how many runs were made of the next few quiet traces; null where none is */
async function settleNext(parts: Parts, nowMs: number, quietMs: number): Promise<number | null> {
  const version = parts.flights.mark();
  const taken = parts.open.takeQuiet(nowMs, quietMs, policy("settleBatchTraces"));
  return taken.length === 0 ? null : await settleTaken(parts, { taken, version }, nowMs);
}

/** @returns how many runs were made; a trace that could not be settled waits in the store for the next tick */
async function settleTaken(
  parts: Parts,
  { taken, version }: { readonly taken: readonly QuietTrace[]; readonly version: bigint },
  nowMs: number,
): Promise<number> {
  try {
    const ready = await completed(parts, taken, nowMs);
    if (ready.size === 0) return 0;
    const runs = await parts.stages.settle(await withKin(parts, ready), version);
    parts.kin.learn(runs);
    parts.counters.settled += runs.length;
    return runs.length;
  } catch (error) {
    parts.open.reopen(
      taken.map((trace) => trace.id),
      nowMs,
    );
    throw error;
  } finally {
    parts.open.letGo(taken);
  }
}

/** A trace that is settled now: the traces that its links name, and its records. */
interface Ready {
  readonly links: readonly TraceId[];
  readonly held: Gathered;
}

function readyOf(content: TraceContent): Ready {
  return { links: linkedTo(content), held: gatheredOf(content) };
}

/** What is held, completed from the store where it must be; what has not ended is put back. */
async function completed(
  parts: Parts,
  taken: readonly QuietTrace[],
  nowMs: number,
): Promise<ReadonlyMap<TraceId, Ready>> {
  const incomplete = taken.filter((trace) => trace.stored).map((trace) => trace.id);
  const stored = split(incomplete.length === 0 ? nothing : await parts.store.traces(incomplete));
  const ready = new Map<TraceId, Ready>();
  for (const trace of taken) {
    if (!trace.stored) {
      ready.set(trace.id, trace);
      continue;
    }
    const content = stored.get(trace.id) ?? nothing;
    if (trace.idle || hasEndedRoot(content)) {
      ready.set(trace.id, readyOf(content));
      parts.counters.readBack += 1;
    } else {
      parts.open.putBack(trace, nowMs);
    }
  }
  return ready;
}

const nothing: TraceContent = { spans: [], logs: [] };

/** What to make runs of: each trace together with those that links or an earlier run join it to. */
async function withKin(
  parts: Parts,
  ready: ReadonlyMap<TraceId, Ready>,
): Promise<Iterable<Gathered>> {
  const kinOf = (id: TraceId, { links }: Ready) => [...parts.kin.of(id), ...links];
  const wanted = [...ready].flatMap(([id, one]) => kinOf(id, one));
  if (wanted.length === 0) return [...ready.values()].map(({ held }) => held);
  const missing = [...new Set(wanted)].filter((id) => !ready.has(id));
  const more = missing.length === 0 ? [] : split(await parts.store.traces(missing));
  const all = new Map(ready);
  for (const [id, content] of more) all.set(id, readyOf(content));
  const pairs = [...all].flatMap(([id, one]) =>
    kinOf(id, one)
      .filter((other) => all.has(other))
      .map((other) => [id, other] as const),
  );
  const groups = groupsOf([...all.keys()], pairs);
  return groups.map((group) => gatheredTogether(group.flatMap((id) => all.get(id)?.held ?? [])));
}
