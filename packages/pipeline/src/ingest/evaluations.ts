import type { Evaluation } from "../model/run.ts";
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

/** Evaluations and guardrails that the run's own spans and logs hold. Source: conventions.md 1.19. */
export function evaluationsOf(steps: readonly Step[]): readonly Evaluation[] {
  return steps.flatMap((step) => [
    ...step.span.events.flatMap((event) => {
      if (event.name !== `${prefix}.result`) return [];
      return fromEvent((key) => plainOf(event.attributes.get(key)), "event") ?? [];
    }),
    ...step.logs.flatMap((log) => {
      if (
        log.eventName !== `${prefix}.result` &&
        log.attributes.get("event.name") !== `${prefix}.result`
      )
        return [];
      return fromEvent((key) => plainOf(log.attributes.get(key)), "log") ?? [];
    }),
    ...fromAttributes(step),
    ...fromGuardrail(step),
  ]);
}
