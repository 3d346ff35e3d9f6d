// Sends two spans with OpenTelemetry's own OTLP/gRPC exporter and prints the trace id of the first. A program of its own: the
// packages' builds for bundlers, which a test runner asks for, do not load in Node.
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";

const [, , url = ""] = process.argv;
const exporter = new OTLPTraceExporter({ url });
const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
const tracer = provider.getTracer("test");
const span = tracer.startSpan("answer", { attributes: { "gen_ai.operation.name": "chat" } });
span.end();
tracer.startSpan("other").end();
await provider.forceFlush();
await provider.shutdown();
process.stdout.write(span.spanContext().traceId);
