import type { Exchange } from "./exchange.ts";
import { fromJaeger, jaegerTraces } from "./jaeger.ts";
import { fromLangfuse } from "./langfuse.ts";
import { isLangfuse } from "./langfuse-records.ts";
import { fromLangsmith, langsmithRuns } from "./langsmith.ts";
import { fromMlflow, mlflowTraces } from "./mlflow.ts";
import { fromOtlpJson, otlpBodies } from "./otlp.ts";
import { fromPhoenix, phoenixSpans } from "./phoenix.ts";

export const formatNames = [
  "otlp",
  "jaeger",
  "langfuse",
  "langsmith",
  "mlflow",
  "phoenix",
] as const;
export type FormatName = (typeof formatNames)[number];

interface Format {
  /** What a file of it looks like, for a message. */
  readonly shape: string;
  readonly recognizes: (value: unknown) => boolean;
  readonly convert: (values: readonly unknown[]) => Exchange;
  /** `all`: records of one trace stand apart and must be converted together; `each`: every value stands for itself. */
  readonly needs: "all" | "each";
}

/** Converts value by value and puts the results together. */
function eachBy(convert: (value: unknown) => Exchange): Format["convert"] {
  return (values) => {
    const parts = values.map((value) => convert(value));
    const unmapped = new Map<string, number>();
    for (const part of parts)
      for (const [name, count] of part.unmapped)
        unmapped.set(name, (unmapped.get(name) ?? 0) + count);
    return {
      spans: parts.flatMap((part) => part.spans),
      logs: parts.flatMap((part) => part.logs),
      refused: parts.flatMap((part) => part.refused),
      unmapped,
    };
  };
}

/** In the order in which they are tried: what only one product writes before what several could. */
export const formats = {
  otlp: {
    shape: "OTLP: {resourceSpans: […]} as JSON or JSON lines, or protobuf (.pb, .bin)",
    recognizes: (value) => otlpBodies(value) !== null,
    convert: eachBy(fromOtlpJson),
    needs: "each",
  },
  jaeger: {
    shape: "Jaeger: {data: [{traceID, spans, processes}]}",
    recognizes: (value) => jaegerTraces(value) !== null,
    convert: eachBy(fromJaeger),
    needs: "each",
  },
  mlflow: {
    shape: "MLflow: {info, data: {spans}} of Trace.to_json(), one or a list",
    recognizes: (value) => mlflowTraces(value) !== null,
    convert: eachBy(fromMlflow),
    needs: "each",
  },
  langsmith: {
    shape:
      "LangSmith: runs {id, trace_id, run_type, inputs, outputs}, a list, lines or {runs: […]}",
    recognizes: (value) => langsmithRuns(value) !== null,
    convert: eachBy((value) => fromLangsmith(value)),
    needs: "each",
  },
  phoenix: {
    shape:
      "Phoenix: spans {context: {trace_id, span_id}, attributes}, a list, {data: […]} or a data frame",
    recognizes: (value) => phoenixSpans(value) !== null,
    convert: eachBy(fromPhoenix),
    needs: "each",
  },
  langfuse: {
    shape: "Langfuse: traces with observations, observations, a list, lines or {data: […], meta}",
    recognizes: isLangfuse,
    convert: fromLangfuse,
    needs: "all",
  },
} as const satisfies Record<FormatName, Format>;

/** The format of a parsed value, by its shape; null where it is none that is known. */
export function recognize(value: unknown): FormatName | null {
  const names = ["otlp", "jaeger", "mlflow", "langsmith", "phoenix", "langfuse"] as const;
  return names.find((name) => formats[name].recognizes(value)) ?? null;
}

/** What is accepted, in one line for a message. */
export function acceptedShapes(): string {
  return formatNames.map((name) => formats[name].shape).join("; ");
}
