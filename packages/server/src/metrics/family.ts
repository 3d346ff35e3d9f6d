/** One metric with its series: what `/metrics` prints and what is pushed. */
export interface Family {
  /** Without the `_total` that Prometheus puts behind a counter. */
  readonly name: string;
  /** A counter only grows while the server runs, and begins at zero when it starts. */
  readonly kind: "counter" | "gauge";
  /** One sentence. */
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

type Given = number | readonly Sample[];

export function counter(name: string, help: string, value: Given): Family {
  return { name, kind: "counter", help, samples: samplesOf(value) };
}

export function gauge(name: string, help: string, value: Given): Family {
  return { name, kind: "gauge", help, samples: samplesOf(value) };
}

function samplesOf(value: Given): readonly Sample[] {
  return typeof value === "number" ? [{ labels: {}, value }] : value;
}

/** A series for each entry of a table. */
export function series(
  label: string,
  table: Iterable<readonly [string, number]>,
): readonly Sample[] {
  return [...table].map(([name, value]) => ({ labels: { [label]: name }, value }));
}

const labelLength = 100;

/** A sender's text as the value of a label: not longer than is read, and never half a character, so that two stay two when encoded. */
export function labelOf(text: string): string {
  return text.slice(0, labelLength).replaceAll(/\p{Surrogate}/gu, "\ufffd");
}
