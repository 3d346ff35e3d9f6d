import type { Diagnosis, Drift } from "@rootward/pipeline/model/baseline";
import { rate, rateOf, type Rate } from "../shared/say.ts";
import { plainName } from "./pairs.ts";
import type { Truth } from "./truth.ts";

const hourMs = 3_600_000;
/** How far an onset may lie from the true one and still be that of the same drift. */
const beforeMs = 36 * hourMs;
const afterMs = 12 * 24 * hourMs;
/** The signals whose alarms are counted as false where nothing was injected; falls of confidence are reported apart. */
const alarming: ReadonlySet<string> = new Set(["grounded", "fallback", "downstream_ok"]);

interface Event {
  readonly workflow: string;
  readonly signal: string;
  readonly onsetMs: number;
  readonly endMs: number;
  readonly own: number;
}

export interface DriftScore {
  readonly found: Rate;
  readonly firstOnSignal: Rate;
  /** Of faults that fail a tenth of all runs or more. */
  readonly tenPercent: Rate;
  readonly confidence: Rate;
  readonly onsetErrorHours: readonly number[];
  readonly cleanWorkflowsWithDrift: Rate;
  readonly claims: number;
  readonly falseClaims: number;
  readonly repeatedClaims: number;
}

function eventsOf(truth: Truth): readonly Event[] {
  return truth.faults.flatMap((fault) =>
    (fault.drifts ?? []).map(({ signal, own = 0 }) => ({
      workflow: fault.workflow,
      signal: plainName(signal),
      onsetMs: Date.parse(fault.onset),
      endMs: fault.end ? Date.parse(fault.end) : Infinity,
      own,
    })),
  );
}

/** Each true drift with the nearest unused claim on its signal within the tolerance; what is left was claimed for nothing, or again. */
function matched(
  events: readonly Event[],
  claims: readonly Drift[],
): { found: ReadonlyMap<Event, number>; falseClaims: number; repeated: number } {
  const used = new Set<Drift>();
  const found = new Map<Event, number>();
  for (const event of events.toSorted((a, b) => a.onsetMs - b.onsetMs)) {
    const [nearest] = claims
      .filter(
        (claim) =>
          !used.has(claim) &&
          claim.signal === event.signal &&
          claim.onsetMs >= event.onsetMs - beforeMs &&
          claim.onsetMs <= Math.min(event.endMs, event.onsetMs + afterMs),
      )
      .toSorted(
        (a, b) => Math.abs(a.onsetMs - event.onsetMs) - Math.abs(b.onsetMs - event.onsetMs),
      );
    if (!nearest) continue;
    used.add(nearest);
    found.set(event, Math.abs(nearest.onsetMs - event.onsetMs) / hourMs);
  }
  const left = claims.filter((claim) => !used.has(claim) && alarming.has(claim.signal));
  const repeats = left.filter((claim) =>
    events.some(
      (event) => event.signal === claim.signal && claim.onsetMs >= event.onsetMs - beforeMs,
    ),
  );
  return { found, falseClaims: left.length - repeats.length, repeated: repeats.length };
}

/** Drifts claimed against the true ones, workflow by workflow. */
export function scoreDrifts(truth: Truth, diagnosis: Diagnosis): DriftScore {
  const found = new Map<Event, number>();
  const events = eventsOf(truth);
  let [claims, falseClaims, repeatedClaims, clean, cleanWithDrift] = [0, 0, 0, 0, 0];
  for (const workflow of truth.workflows) {
    const names = [workflow.name, workflow.service, workflow.rootAgent].map(plainName);
    const own = diagnosis.workflows.filter(({ name }) => names.includes(plainName(name)));
    const drifts = own.flatMap((one) => one.drifts);
    claims += drifts.length;
    if (workflow.clean) {
      clean += 1;
      if (drifts.some(({ signal }) => alarming.has(signal))) cleanWithDrift += 1;
      falseClaims += drifts.length;
      continue;
    }
    const here = matched(
      events.filter((event) => event.workflow === workflow.name),
      drifts,
    );
    for (const [event, hours] of here.found) found.set(event, hours);
    falseClaims += here.falseClaims;
    repeatedClaims += here.repeated;
  }
  const counted = events.filter(
    ({ signal, workflow }) =>
      signal !== "confidence" && truth.workflows.some(({ name }) => name === workflow),
  );
  const isFirst = (event: Event): boolean =>
    !counted.some(
      (other) =>
        other.workflow === event.workflow &&
        other.signal === event.signal &&
        other.onsetMs < event.onsetMs,
    );
  const isFound = (event: Event): boolean => found.has(event);
  return {
    found: rateOf(counted, isFound),
    firstOnSignal: rateOf(counted.filter(isFirst), isFound),
    tenPercent: rateOf(
      counted.filter(({ own }) => own >= 0.1),
      isFound,
    ),
    confidence: rateOf(
      events.filter(({ signal }) => signal === "confidence"),
      isFound,
    ),
    onsetErrorHours: counted.flatMap((event) => found.get(event) ?? []).toSorted((a, b) => a - b),
    cleanWorkflowsWithDrift: rate(cleanWithDrift, clean),
    claims,
    falseClaims,
    repeatedClaims,
  };
}
