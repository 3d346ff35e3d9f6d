import type { Random } from "./random.ts";

export const dayMs = 86_400_000;
const hourMs = 3_600_000;

export const faultCauses = [
  "retrieval_drift",
  "prompt_regression",
  "tool_schema_change",
  "provider_model_drift",
  "capability_boundary",
  "inter_agent_misalignment",
] as const;
export type FaultCause = (typeof faultCauses)[number];

export type WorkflowKey = "policy" | "claims" | "refunds";

/** When each fault acts and where: half-open intervals of run start times. */
export interface Fault {
  readonly cause: FaultCause;
  readonly workflow: WorkflowKey;
  readonly startMs: number;
  readonly endMs: number;
}

/** In days before the end of the traffic; `to` is 0 where the fault is still there. */
const story = {
  retrieval_drift: { workflow: "policy", from: 8, to: 0, clockHour: 5.97 },
  inter_agent_misalignment: { workflow: "claims", from: 9.4, to: 6.1, clockHour: 13.4 },
  capability_boundary: { workflow: "claims", from: 6, to: 0, clockHour: 8.5 },
  prompt_regression: { workflow: "claims", from: 3, to: 0, clockHour: 15.2 },
  tool_schema_change: { workflow: "refunds", from: 9, to: 5.2, clockHour: 13.9 },
  provider_model_drift: { workflow: "refunds", from: 4, to: 0, clockHour: 2.3 },
} as const satisfies Record<
  FaultCause,
  {
    readonly workflow: WorkflowKey;
    readonly from: number;
    readonly to: number;
    readonly clockHour: number;
  }
>;

/**
 * The faults of the traffic that ends at `endMs`. With a source of chance each begins up to 14 hours earlier or later.
 *
 * @param causes  which of the six to inject; none gives traffic without any fault
 */
export function faultsOf(
  endMs: number,
  causes: readonly FaultCause[],
  random: Random | null,
): readonly Fault[] {
  const midnight = endMs - (endMs % dayMs);
  return causes.map((cause): Fault => {
    const { workflow, from, to, clockHour } = story[cause];
    const shift = random ? (random.fork(cause).next() - 0.5) * 28 * hourMs : 0;
    const startMs = midnight - Math.floor(from) * dayMs + clockHour * hourMs + shift;
    return { cause, workflow, startMs, endMs: to === 0 ? Infinity : endMs - to * dayMs };
  });
}

/** A deploy of the compliance agent's service that changed nothing: it comes a day before the index. */
export function harmlessDeployMs(faults: readonly Fault[], endMs: number): number {
  const drift = faults.find((fault) => fault.cause === "retrieval_drift");
  return (drift?.startMs ?? endMs - 8 * dayMs) - 19.9 * hourMs;
}
