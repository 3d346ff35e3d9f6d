import type { Evaluation } from "../model/run.ts";
import type { LogRecord } from "../model/span.ts";
import { find } from "./fields.ts";
import type { Step } from "./steps.ts";
import { at, isList, numberOf, plainOf, textOf } from "./value.ts";

const prefix = "gen_ai.evaluation";

function fromEvent(read: (key: string) => unknown, source: "event" | "log"): Evaluation | null {
  const name = textOf(read(`${prefix}.name`));
  if (name === null) return null;
  return {
    name,
    value: numberOf(read(`${prefix}.score.value`)),
    label: textOf(read(`${prefix}.score.label`)),
    explanation: textOf(read(`${prefix}.explanation`)),
    source,
  };
}

function fromAttributes(step: Step): readonly Evaluation[] {
  const listed = (["evaluations", "annotations"] as const).flatMap((key) => {
    const list = find(step.span, key)?.value;
    return isList(list) ? list : [];
  });
  return listed.flatMap((item) => {
    const one = at(item, ["evaluation"]) ?? at(item, ["annotation"]);
    const name = textOf(at(one, ["name"]));
    if (name === null) return [];
    return [
      {
        name,
        value: numberOf(at(one, ["score"])),
        label: textOf(at(one, ["label"])),
        explanation: textOf(at(one, ["explanation"])),
        source: "attr" as const,
      },
    ];
  });
}

function fromGuardrail(step: Step): readonly Evaluation[] {
  if (step.kind !== "guardrail") return [];
  const triggered = plainOf(step.span.attributes.get("gen_ai.guardrail.triggered"));
  return [
    {
      name: textOf(plainOf(step.span.attributes.get("gen_ai.guardrail.name"))) ?? step.span.name,
      value: typeof triggered === "boolean" ? Number(!triggered) : null,
      label: typeof triggered === "boolean" ? (triggered ? "triggered" : "passed") : null,
      explanation: null,
      source: "guardrail",
    },
  ];
}

function isResult(log: LogRecord): boolean {
  return (
    log.eventName === `${prefix}.result` || log.attributes.get("event.name") === `${prefix}.result`
  );
}

/**
 * Feedback that came beside the spans: results that name a response of this run, or one of its traces and no span of it. A flag or
 * rating that a user gave later arrives like this.
 *
 * @param logs all log records of the traces, those of the run's own steps too
 * @param responses ids of the model responses in the run
 */
export function feedbackOf(
  logs: readonly LogRecord[],
  steps: readonly Step[],
  responses: ReadonlySet<string>,
): readonly Evaluation[] {
  const results = logs.filter(isResult);
  if (results.length === 0) return [];
  const traces = new Set(steps.map((step) => step.span.traceId));
  const spans = new Set(steps.map((step) => step.span.spanId));
  return results.flatMap((log) => {
    const response = textOf(plainOf(log.attributes.get("gen_ai.response.id")));
    const isNamed = response !== null && responses.has(response);
    const isOfTrace =
      log.traceId !== null && traces.has(log.traceId) && (response === null || isNamed);
    // What belongs to a span of the run is read with it.
    if (log.spanId !== null && spans.has(log.spanId)) return [];
    if (!isNamed && !isOfTrace) return [];
    return fromEvent((key) => plainOf(log.attributes.get(key)), "log") ?? [];
  });
}

/** Evaluations and guardrails that the run's own spans and logs hold. Source: conventions.md 1.19. */
export function evaluationsOf(steps: readonly Step[]): readonly Evaluation[] {
  return steps.flatMap((step) => [
    ...step.span.events.flatMap((event) => {
      if (event.name !== `${prefix}.result`) return [];
      return fromEvent((key) => plainOf(event.attributes.get(key)), "event") ?? [];
    }),
    ...step.logs.flatMap((log) => {
      if (!isResult(log)) return [];
      return fromEvent((key) => plainOf(log.attributes.get(key)), "log") ?? [];
    }),
    ...fromAttributes(step),
    ...fromGuardrail(step),
  ]);
}
