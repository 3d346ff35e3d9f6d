import type { ReadRun } from "@rootward/pipeline/ingest/read";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import type { AgentInvocation, Run } from "@rootward/pipeline/model/run";
import type { TraceContent } from "@rootward/pipeline/model/span";
import type { Gathered } from "../gathered.ts";

/** What the server must know of a run that was stored. Its readings are without their evidence. */
export type SettledRun = Pick<
  RunDigest,
  "id" | "aliases" | "traceIds" | "workflow" | "environment" | "signals" | "failed"
>;

/** What is said of a run on the spans that go on to somebody. */
export interface RunOutline extends Pick<ReadRun, "signals" | "agentSignals"> {
  readonly run: Pick<Run, "traceIds" | "rootSpanId"> & {
    readonly agents: readonly Pick<AgentInvocation, "name" | "spanId">[];
  };
  readonly digest: Pick<RunDigest, "ungrounded" | "violations">;
}

/** What was settled together, for whoever passes its spans on. */
export interface Outlined {
  readonly content: TraceContent;
  readonly runs: readonly RunOutline[];
}

/** The stage `settle` of the hallway, somewhere. */
export interface Settler {
  /** Reads what is gathered, passes it on and stores its runs under a version. @throws PortError of the store; Error  what reading threw */
  settle(gathered: Iterable<Gathered>, version: bigint): Promise<readonly SettledRun[]>;
  close(): Promise<void>;
}

export function settledRun(digest: RunDigest): SettledRun {
  const { id, aliases, traceIds, workflow, environment, failed } = digest;
  const { grounded, fallback, confidence, downstream_ok } = digest.signals;
  const signals = {
    grounded: withoutEvidence(grounded),
    fallback: withoutEvidence(fallback),
    confidence: withoutEvidence(confidence),
    downstream_ok: withoutEvidence(downstream_ok),
  };
  return { id, aliases, traceIds, workflow, environment, failed, signals };
}

function withoutEvidence<T extends RunDigest["signals"][keyof RunDigest["signals"]]>(
  reading: T,
): T {
  return reading.kind === "absent" ? reading : { ...reading, evidence: [] };
}

export function outlineOf({ run, signals, agentSignals, digest }: ReadRun): RunOutline {
  const { traceIds, rootSpanId, agents } = run;
  return {
    run: { traceIds, rootSpanId, agents: agents.map(({ name, spanId }) => ({ name, spanId })) },
    signals,
    agentSignals,
    digest: { ungrounded: digest.ungrounded, violations: digest.violations },
  };
}
