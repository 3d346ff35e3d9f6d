import type { RunDigest } from "../model/digest.ts";
import { policy } from "../model/policy.ts";
import type { Run } from "../model/run.ts";

/** A run that was read from what one trial sent. */
interface Sent {
  readonly run: Pick<Run, "workflow" | "traceIds">;
  readonly digest: Pick<RunDigest, "startedMs" | "steps">;
}

/** The trial, as it was begun. */
interface Begun {
  readonly workflow: string;
  /** Of the `traceparent` that the agent was given. */
  readonly traceId: string;
  /** UTC milliseconds. */
  readonly startedMs: number;
}

/** The run that a trial is graded on, or one sentence on why there is none. */
type Chosen<R> = { readonly run: R } | { readonly run: null; readonly why: string };

/**
 * The trial's run among those that came to its address.
 *
 * Runs of the trial's own trace come first: of the case's workflow, else any, the one with most steps. Runs of other traces beside them
 * are somebody else's, unless only they are of the case's workflow: then nobody knows. An agent that starts a trace of its own has no run
 * in the trial's; it is taken at its word where it sent one run of the workflow (else one at all) that began with the trial or later.
 */
export function trialRun<R extends Sent>(runs: readonly R[], begun: Begun): Chosen<R> {
  const isOwn = ({ run }: R) => run.traceIds.some((traceId) => traceId === begun.traceId);
  const fits = ({ run }: R) => run.workflow === begun.workflow;
  const [own, others] = [runs.filter(isOwn), runs.filter((run) => !isOwn(run))];
  if (own.some(fits)) return { run: longest(own.filter(fits)) };
  if (own.length > 0) {
    const other = others.find(fits);
    if (other === undefined) return { run: longest(own) };
    const why = `the agent's run of ${begun.workflow} is in trace ${traceOf(other)}, other spans in the trial's own: it must go on with the traceparent that it is given`;
    return { run: null, why };
  }
  return ofOtherTraces(others, fits, begun);
}

function ofOtherTraces<R extends Sent>(
  runs: readonly R[],
  fits: (run: R) => boolean,
  { startedMs, workflow }: Begun,
): Chosen<R> {
  const earliestMs = startedMs - policy("candidateClockSkewMs");
  const timely = runs.filter(({ digest }) => digest.startedMs >= earliestMs);
  const same = timely.filter(fits);
  const [run, second] = same.length > 0 ? same : timely;
  if (run !== undefined && second === undefined) return { run };
  if (run !== undefined && second !== undefined) {
    const why = `the agent sent several runs of ${workflow} in traces of its own (${traceOf(run)}, ${traceOf(second)}): which is the trial's can only be told where it goes on with the traceparent that it is given`;
    return { run: null, why };
  }
  const [old] = runs;
  return old === undefined
    ? {
        run: null,
        why: "the agent sent no spans to OTEL_EXPORTER_OTLP_ENDPOINT that could be read as a run",
      }
    : {
        run: null,
        why: `the agent sent a run of trace ${traceOf(old)} that began before the trial did: it is no evidence`,
      };
}

function traceOf({ run }: Sent): string {
  return run.traceIds[0] ?? "without an id";
}

function longest<R extends Sent>(runs: readonly R[]): R {
  const [first, ...rest] = runs;
  if (first === undefined) throw new Error("no run to choose from");
  return rest.reduce(
    (most, run) => (run.digest.steps.length > most.digest.steps.length ? run : most),
    first,
  );
}
