/** Nanoseconds since 1970-01-01 UTC, as OTLP carries them; a decimal string in JSON. */
export type UnixNanos = bigint;

/** Milliseconds since 1970-01-01 UTC. What diagnosis counts in: its windows need nothing finer. */
export type UnixMillis = number;

/** A day without a change of clocks, in milliseconds. */
export const dayMs = 86_400_000;

/** A calendar day, `YYYY-MM-DD`. */
export type Day = string;

/** A half-open interval of UTC time: `start` belongs to it, `end` does not. */
export interface TimeWindow {
  readonly start: UnixMillis;
  readonly end: UnixMillis;
}

const nanosPerMilli = 1_000_000n;

/** Nanoseconds to whole milliseconds, rounded down. */
export function millisOf(nanos: UnixNanos): UnixMillis {
  return Number(nanos / nanosPerMilli);
}
