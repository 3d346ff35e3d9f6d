// OpenTelemetry as any application sets it up: a provider, a batch processor, OTLP over HTTP.
import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BatchSpanProcessor, BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";

/** `through` may wrap the exporter; `version` is the deployed service version. */
export function startTelemetry({ through = (exporter) => exporter, version = "1.0.0" } = {}) {
  // Without it no span knows its parent, and each becomes a trace of its own.
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      "service.name": "travel-desk",
      "service.version": version,
      "deployment.environment.name": "production",
    }),
    spanProcessors: [
      new BatchSpanProcessor(through(new OTLPTraceExporter()), {
        maxExportBatchSize: 512,
        maxQueueSize: 65536,
        scheduledDelayMillis: 200,
      }),
    ],
  });
  // An agent answers its user also while nobody takes its spans.
  const undelivered = (error) => console.error(`spans were not delivered: ${String(error)}`);
  return {
    tracer: provider.getTracer("ai"),
    flush: () => provider.forceFlush().catch(undelivered),
    stop: () => provider.shutdown().catch(undelivered),
  };
}

/** An exporter that tells every span of a trace as so many milliseconds older: past traffic, told now. */
export function older(exporter, ageMsOf) {
  const shift = ([seconds, nanos], ageMs) => {
    const at = BigInt(seconds) * 1_000_000_000n + BigInt(nanos) - BigInt(ageMs) * 1_000_000n;
    return [Number(at / 1_000_000_000n), Number(at % 1_000_000_000n)];
  };
  const shifted = (span) => {
    const ageMs = Math.round(ageMsOf(span.spanContext().traceId));
    return Object.create(span, {
      startTime: { value: shift(span.startTime, ageMs) },
      endTime: { value: shift(span.endTime, ageMs) },
      events: { value: span.events.map((event) => ({ ...event, time: shift(event.time, ageMs) })) },
    });
  };
  return {
    export: (spans, done) => exporter.export(spans.map(shifted), done),
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}
