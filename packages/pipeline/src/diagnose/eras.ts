import type { AcceptedBaseline } from "../model/accepted.ts";
import type { Drift, FrozenReference } from "../model/baseline.ts";
import type { Change } from "../model/change.ts";
import type { RunId } from "../model/ids.ts";
import { changesOf } from "./evidence.ts";
import type { Frozen } from "./flowmemory.ts";
import { byStart, frozenOf } from "./flows.ts";
import type { Flow, ReferenceOptions } from "./flows.ts";
import { readWhole } from "./readflow.ts";
import type { Earlier, ReadFlow } from "./readflow.ts";
import type { Slices } from "./slices.ts";

/** Time in which one baseline holds: drifts are looked for in [fromMs, toMs), runs are signed in [signsFromMs, signsToMs). */
interface Era {
  readonly accepted: AcceptedBaseline | null;
  readonly fromMs: number;
  readonly toMs: number;
  readonly signsFromMs: number;
  readonly signsToMs: number;
}

/** Baselines that were accepted for a flow, by the time from which they hold; of several from one time the latest word. */
export function acceptedFor(
  { workflow, environment }: Pick<Flow, "workflow" | "environment">,
  accepted: readonly AcceptedBaseline[],
): readonly AcceptedBaseline[] {
  const own = accepted.filter(
    (one) => one.workflow === workflow && one.environment === environment,
  );
  return own.toSorted((a, b) => a.fromMs - b.fromMs || a.acceptedMs - b.acceptedMs);
}

function erasOf(flow: Flow, accepted: readonly AcceptedBaseline[]): readonly Era[] {
  const own = acceptedFor(flow, accepted);
  const signsFrom = (one: AcceptedBaseline): number =>
    one.reprocess ? one.fromMs : Math.max(one.fromMs, one.acceptedMs);
  return [null, ...own].map((one, index) => {
    const next = own[index];
    return {
      accepted: one,
      fromMs: one?.fromMs ?? -Infinity,
      toMs: next?.fromMs ?? Infinity,
      signsFromMs: one === null ? -Infinity : signsFrom(one),
      signsToMs: next ? signsFrom(next) : Infinity,
    };
  });
}

function within(flow: Flow, fromMs: number, toMs: number): Flow {
  return {
    ...flow,
    runs: flow.runs.filter(({ startedMs }) => startedMs >= fromMs && startedMs < toMs),
  };
}

/** A flow read by its baselines, and the references of the accepted ones among them that are frozen. */
export interface ReadEras {
  readonly read: ReadFlow;
  readonly later: readonly FrozenReference[];
}

/**
 * Reads a flow whose runs are all at hand by the baselines that hold in it. Without an accepted one that is `readWhole`. With some,
 * each baseline is made of the first runs from its time on, and drifts are looked for against the one that holds; an open drift ends
 * where the next begins, since that is what was accepted. Runs that were signed before an acceptance are read as they were, by the
 * clean window of then, unless it asks to have them read again.
 *
 * @param frozen  the references as earlier diagnoses froze them; each stays where no later baseline reaches into it
 * @source diagnosis.md decision 2
 */
export function* readEras(
  flow: Flow,
  options: ReferenceOptions & { readonly accepted?: readonly AcceptedBaseline[] },
  frozen: Frozen = { first: null, later: [] },
): Slices<ReadEras> {
  const read: ReadEra[] = [];
  const later: FrozenReference[] = [];
  for (const era of erasOf(flow, options.accepted ?? [])) {
    const own = within(flow, era.fromMs, era.toMs);
    if (own.runs.length === 0 && era.toMs < Infinity) continue;
    const kept = frozenIn(own, frozenFor(era, frozen));
    const judged = yield* readWhole(own, options, kept);
    const now = kept ?? frozenOf(flow, judged.reference);
    if (era.accepted !== null && now !== null) later.push({ ...now, accepted: era.accepted.id });
    const carried = within(flow, era.toMs, era.signsToMs).runs.length > 0;
    // Signed by this era's clean window although a later baseline holds: read along with its own runs.
    const signed =
      carried && judged.reference.frozen
        ? yield* readWhole(within(flow, era.fromMs, era.signsToMs), options, kept)
        : judged;
    read.push({ era, judged, signed });
  }
  return { read: yield* joined(flow, read), later };
}

function frozenFor({ accepted }: Era, { first, later }: Frozen): FrozenReference | null {
  if (accepted === null) return first;
  return later.find((one) => one.accepted === accepted.id) ?? null;
}

/** The frozen reference, where all of its runs are among those of an era. */
function frozenIn({ runs }: Flow, frozen: FrozenReference | null): FrozenReference | null {
  const ids = new Set(runs.map(({ id }) => id));
  return frozen?.runIds.every((id) => ids.has(id)) === true ? frozen : null;
}

interface ReadEra {
  readonly era: Era;
  /** With the runs of the era. */
  readonly judged: ReadFlow;
  /** With those as well that its clean window signed later. */
  readonly signed: ReadFlow;
}

function* joined(flow: Flow, read: readonly ReadEra[]): Slices<ReadFlow> {
  const last = read.at(-1);
  if (!last) throw new Error("a flow without an era");
  if (read.length === 1 && last.era.accepted === null) return last.judged;
  const signerOf = new Map<RunId, ReadFlow>();
  for (const { judged } of read) for (const run of judged.flow.runs) signerOf.set(run.id, judged);
  for (const { era, signed } of read) {
    for (const run of within(signed.flow, era.signsFromMs, era.signsToMs).runs) {
      signerOf.set(run.id, signed);
    }
  }
  const signed = [...new Set(signerOf.values())];
  const ownOf = <T>(one: ReadFlow, items: readonly T[], idOf: (item: T) => RunId) =>
    items.filter((item) => signerOf.get(idOf(item)) === one);
  const versioned = signed
    .flatMap((one) => ownOf(one, one.versioned, ({ run }) => run.id))
    .toSorted((a, b) => byStart(a.run, b.run));
  const whole = { ...flow, runs: versioned.map(({ run }) => run) };
  return {
    ...last.judged,
    flow: whole,
    reread: new Set(signed.flatMap((one) => ownOf(one, [...one.reread], (id) => id))),
    drifts: read.flatMap(({ era, judged }) =>
      judged.drifts.map((drift) => endedAt(drift, era.toMs)),
    ),
    versioned,
    changes: [
      ...(yield* changesOf(whole, versioned)).filter((change) => !isOfShape(change)),
      ...read.flatMap(({ era, signed: { changes } }) =>
        changes.filter(
          (change) =>
            isOfShape(change) && change.atMs >= era.signsFromMs && change.atMs < era.signsToMs,
        ),
      ),
    ],
    members: signed
      .flatMap((one) => ownOf(one, one.members, ({ entry }) => entry.run.id))
      .toSorted((a, b) => byStart(a.entry.run, b.entry.run)),
    accepted: last.era.accepted,
    earlier: read
      .slice(0, -1)
      .map(({ era, signed: { clean } }): Earlier => ({ signsToMs: era.signsToMs, clean })),
  };
}

/** Shapes are told beside the clean window of their era: between two of them a shape is no other because its name is. */
function isOfShape({ field }: Change): boolean {
  return field?.startsWith("response_schema:") === true;
}

function endedAt(drift: Drift, endMs: number): Drift {
  return drift.open && endMs < Infinity ? { ...drift, open: false, endMs } : drift;
}
