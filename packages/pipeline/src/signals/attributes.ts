import type { SignalName } from "../model/signal.ts";

const prefix = "agent.behavioral";

/** The attributes that Rootward reads from, and writes to, each agent's span. Source: conventions.md 3.3. */
export const behavioral = {
  grounded: `${prefix}.grounded`,
  fallback: `${prefix}.fallback`,
  confidence: `${prefix}.confidence`,
  downstream_ok: `${prefix}.downstream_ok`,
  source: `${prefix}.source`,
  ungroundedIds: `${prefix}.ungrounded_ids`,
  downstreamViolations: `${prefix}.downstream_violations`,
  taskType: `${prefix}.task_type`,
} as const;

/** The attribute that names how a signal was measured. */
export function methodAttribute(signal: SignalName): string {
  return `${prefix}.${signal}_method`;
}

/** The attribute that says why a signal is absent; then the signal's own attribute is not set. */
export function absentAttribute(signal: SignalName): string {
  return `${prefix}.${signal}_absent`;
}
