import { deliver, type Delivery } from "./deliver.ts";
import { genaiSpans } from "./dialects/genai.ts";
import { openinferenceSpans } from "./dialects/openinference.ts";
import { vercelSpans } from "./dialects/vercel.ts";
import {
  dayMs,
  faultCauses,
  faultsOf,
  harmlessDeployMs,
  type Fault,
  type FaultCause,
  type WorkflowKey,
} from "./faults.ts";
import { namesOf, type Names } from "./names.ts";
import type { RunPlan } from "./plan.ts";
import { randomOf, type Random } from "./random.ts";
import { startTimes } from "./schedule.ts";
import type { WireSpan } from "./wire.ts";
import { claimsRun } from "./workflows/claims.ts";
import { activeAt, type Moment } from "./workflows/moment.ts";
import { policyRun, topicsOf, type Topic } from "./workflows/policy.ts";
import { refundRun } from "./workflows/refunds.ts";

export interface SimulationOptions {
  /** null tells the story with its own names; a number renames everything and shifts times and choices. */
  readonly seed: number | null;
  /** The traffic ends here: milliseconds since 1970. */
  readonly endAt: number;
  readonly days: number;
  readonly runsPerWorkflow: number;
  /** Which faults act; without it all six. */
  readonly faults?: readonly FaultCause[];
}

/** What was injected. Kept apart from the traffic: only benchmarks and tests read it. */
export interface Truth {
  readonly names: Names;
  readonly faults: readonly Fault[];
  readonly runs: number;
  readonly startMs: number;
  readonly endMs: number;
}

export interface Simulation {
  readonly truth: Truth;
  /** The fault behind each run that one touched, by trace id. */
  touched(): ReadonlyMap<string, FaultCause>;
  /** The requests of all senders in order of time. Iterating again gives the same ones. */
  readonly deliveries: Iterable<Delivery>;
}

/**
 * Traffic of three agents as OTLP/HTTP bodies, the same for the same options.
 *
 * @throws RangeError  if days or runs are not positive
 */
export function simulate(options: SimulationOptions): Simulation {
  const { seed, endAt, days, runsPerWorkflow } = options;
  if (!(days > 0)) throw new RangeError(`days must be positive, not ${days}`);
  if (!(runsPerWorkflow > 0)) {
    throw new RangeError(`runsPerWorkflow must be positive, not ${runsPerWorkflow}`);
  }
  const random = trafficRandom(seed);
  const names = namesOf(seed);
  const faults = faultsOf(endAt, options.faults ?? faultCauses, seed === null ? null : random);
  const window = { startMs: endAt - days * dayMs, endMs: endAt };
  const truth = { names, faults, runs: runsPerWorkflow * 3, ...window };
  const scripts = scriptsOf(names, faults, endAt, random);
  return {
    truth,
    touched: () => touchedRuns(scripts, window, options, { faults, random }),
    deliveries: {
      *[Symbol.iterator]() {
        const all = scripts.map((script) => {
          const own = random.fork(script.key);
          const times = startTimes(window, runsPerWorkflow, own.fork("times"));
          const spans = traces(script, plansOf(script, times, faults, own));
          return deliver(spans, script.encoding, own.fork("network"));
        });
        yield* merged(all);
      },
    },
  };
}

/** Where all choices of the traffic of a seed come from. */
export function trafficRandom(seed: number | null): Random {
  return randomOf(`traffic/${seed ?? "story"}`);
}

/** What the compliance agent's handbook holds. */
export function policyTopics(names: Names, random: Random): readonly Topic[] {
  return topicsOf(names.policy, random.fork("topics"));
}

interface Script {
  readonly key: WorkflowKey;
  readonly encoding: "protobuf" | "json";
  readonly plan: (moment: Moment) => RunPlan;
  readonly spans: (plan: RunPlan, random: Random) => WireSpan[];
}

function scriptsOf(
  names: Names,
  faults: readonly Fault[],
  endMs: number,
  random: Random,
): readonly Script[] {
  const topics = policyTopics(names, random);
  const harmlessMs = harmlessDeployMs(faults, endMs);
  const misaligned = faults.find((fault) => fault.cause === "inter_agent_misalignment");
  const releasedMs = misaligned?.startMs ?? Infinity;
  return [
    {
      key: "policy",
      encoding: "protobuf",
      plan: (moment) => policyRun(names.policy, topics, moment, harmlessMs),
      spans: genaiSpans,
    },
    {
      key: "claims",
      encoding: "protobuf",
      plan: (moment) => claimsRun(names.claims, moment, releasedMs),
      spans: openinferenceSpans,
    },
    {
      key: "refunds",
      encoding: "json",
      plan: (moment) => refundRun(names.refunds, moment, endMs - 7 * dayMs),
      spans: vercelSpans,
    },
  ];
}

interface Planned {
  readonly plan: RunPlan;
  readonly random: Random;
}

function* plansOf(
  script: Script,
  times: readonly number[],
  faults: readonly Fault[],
  random: Random,
): Generator<Planned> {
  const own = faults.filter((fault) => fault.workflow === script.key);
  for (const [index, startMs] of times.entries()) {
    const local = random.fork(`run ${index}`);
    const traceId = local.hex(16);
    const plan = script.plan({ startMs, traceId, random: local, active: activeAt(own, startMs) });
    yield { plan, random: local };
  }
}

function* traces(script: Script, plans: Iterable<Planned>): Generator<WireSpan[]> {
  for (const { plan, random } of plans) yield script.spans(plan, random.fork("spans"));
}

function touchedRuns(
  scripts: readonly Script[],
  window: { readonly startMs: number; readonly endMs: number },
  { runsPerWorkflow }: SimulationOptions,
  { faults, random }: { readonly faults: readonly Fault[]; readonly random: Random },
): Map<string, FaultCause> {
  const touched = new Map<string, FaultCause>();
  for (const script of scripts) {
    const own = random.fork(script.key);
    const times = startTimes(window, runsPerWorkflow, own.fork("times"));
    for (const { plan } of plansOf(script, times, faults, own)) {
      if (plan.touchedBy !== null) touched.set(plan.traceId, plan.touchedBy);
    }
  }
  return touched;
}

/** Several sequences that are each in order of time, as one. */
function* merged(sequences: readonly Generator<Delivery>[]): Generator<Delivery> {
  const heads = sequences.map((sequence) => ({ sequence, next: sequence.next() }));
  for (;;) {
    let first: (typeof heads)[number] | null = null;
    let firstMs = Infinity;
    for (const head of heads) {
      if (head.next.done !== true && head.next.value.atMs < firstMs) {
        first = head;
        firstMs = head.next.value.atMs;
      }
    }
    if (!first || first.next.done === true) return;
    yield first.next.value;
    first.next = first.sequence.next();
  }
}
