import type { AgentStep } from "./plan.ts";

/** A double is written as such; a plain number is an OTLP int. */
export type WireValue = string | number | boolean | readonly string[] | { readonly double: number };
export type WireAttributes = Readonly<Record<string, WireValue>>;

export interface WireEvent {
  readonly name: string;
  readonly atMs: number;
  readonly attributes: WireAttributes;
}

/** One span as a sender's SDK would export it. Times are milliseconds since 1970, fractions allowed. */
export interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly kind: "internal" | "server" | "client";
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: WireAttributes;
  readonly events?: readonly WireEvent[];
  readonly status?: "ok" | "error";
  readonly statusMessage?: string;
  readonly scope: WireScope;
  readonly resource: WireAttributes;
  /** The step of the plan that it shows, for the truth: never sent. */
  readonly of?: AgentStep;
}

export interface WireScope {
  readonly name: string;
  readonly version: string;
}

export const kindCodes = { internal: 1, server: 2, client: 3 } as const;
export const statusCodes = { ok: 1, error: 2 } as const;

/** Milliseconds to whole nanoseconds, kept to the microsecond: more than that a double does not hold. */
export function nanosOf(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n;
}

/** Spans grouped as OTLP wants them: by resource, then by scope, in order of first appearance. */
export function grouped(
  spans: readonly WireSpan[],
): Map<WireAttributes, Map<WireScope, WireSpan[]>> {
  const byResource = new Map<WireAttributes, Map<WireScope, WireSpan[]>>();
  for (const span of spans) {
    const scopes = byResource.get(span.resource) ?? new Map<WireScope, WireSpan[]>();
    byResource.set(span.resource, scopes);
    const members = scopes.get(span.scope);
    if (members) members.push(span);
    else scopes.set(span.scope, [span]);
  }
  return byResource;
}
