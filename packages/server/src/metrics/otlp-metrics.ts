import type { Family, Sample } from "./family.ts";

/** Whose metrics these are, and the time that their sums cover. */
export interface Reported {
  readonly version: string;
  /** Tells this process from others and from the one before it. */
  readonly instance: string;
  readonly startedMs: number;
  readonly nowMs: number;
}

const cumulative = 2;

/**
 * An ExportMetricsServiceRequest in JSON: counters as cumulative monotonic sums since the start, gauges as gauges. A metric
 * without a series yet is left out.
 * Source: opentelemetry/proto/metrics/v1/metrics.proto; OTLP specification, "JSON Protobuf Encoding".
 */
export function otlpMetricsJson(families: readonly Family[], reported: Reported): string {
  const { version, instance } = reported;
  const resource = {
    attributes: attributesOf({
      "service.name": "rootward",
      "service.version": version,
      "service.instance.id": instance,
    }),
  };
  const metrics = families
    .filter(({ samples }) => samples.length > 0)
    .map((family) => metricOf(family, reported));
  const scopeMetrics = [{ scope: { name: "rootward", version }, metrics }];
  return JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics }] });
}

function metricOf({ name, kind, help, samples }: Family, { startedMs, nowMs }: Reported) {
  const timeUnixNano = nanosOf(nowMs);
  if (kind === "gauge") {
    const dataPoints = samples.map((sample) => ({ ...pointOf(sample), timeUnixNano }));
    return { name, description: help, gauge: { dataPoints } };
  }
  const startTimeUnixNano = nanosOf(startedMs);
  const dataPoints = samples.map((sample) => ({
    ...pointOf(sample),
    startTimeUnixNano,
    timeUnixNano,
  }));
  const sum = { aggregationTemporality: cumulative, isMonotonic: true, dataPoints };
  return { name, description: help, sum };
}

function pointOf({ labels, value }: Sample) {
  const attributes = attributesOf(labels);
  return Number.isSafeInteger(value)
    ? { attributes, asInt: String(value) }
    : { attributes, asDouble: value };
}

function attributesOf(labels: Readonly<Record<string, string>>) {
  return Object.entries(labels).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

function nanosOf(ms: number): string {
  return `${Math.floor(ms)}000000`;
}
