import type { RunPlan, ToolStep } from "../plan.ts";
import type { Random } from "../random.ts";
import type { Timeline } from "../timeline.ts";
import type { WireAttributes, WireEvent, WireScope, WireSpan } from "../wire.ts";

/** What the spans of one run share, with the id of one of them. */
export interface Base {
  readonly traceId: string;
  readonly spanId: string;
  readonly scope: WireScope;
  readonly resource: WireAttributes;
}

/** The same trace, scope and resource with a span id of its own. */
export function base(shared: Omit<Base, "spanId">, random: Random): Base {
  const { traceId, scope, resource } = shared;
  return { traceId, scope, resource, spanId: random.hex(8) };
}

const resources = new Map<string, WireAttributes>();

/** The resource of the process that ran a run. One object for equal ones, so that their spans share a group of the body. */
export function resourceOf(run: RunPlan): WireAttributes {
  const key = `${run.service} ${run.version} ${run.environment}`;
  const known = resources.get(key);
  if (known) return known;
  const made: WireAttributes = {
    "service.name": run.service,
    "service.version": run.version,
    "deployment.environment.name": run.environment,
    "telemetry.sdk.language": "nodejs",
  };
  resources.set(key, made);
  return made;
}

/** How a tool that threw shows: status ERROR and an exception event. */
export function thrown(
  tool: ToolStep,
  atMs: number,
): { status: "error"; statusMessage: string; events: WireEvent[] } | Record<string, never> {
  if (!tool.thrown) return {};
  const { type, message } = tool.thrown;
  const attributes = { "exception.type": type, "exception.message": message };
  return {
    status: "error",
    statusMessage: message,
    events: [{ name: "exception", atMs, attributes }],
  };
}

/** The application's own step after the agent: a span of its own tracer, outside every agent convention. */
export function intakeSpan(
  run: RunPlan,
  timeline: Timeline,
  parent: Base,
  random: Random,
): WireSpan[] {
  if (!run.intake || !timeline.intake) return [];
  return [
    {
      ...base(parent, random),
      parentSpanId: parent.spanId,
      name: run.intake.name,
      kind: "internal",
      ...timeline.intake,
      attributes: {
        "app.input": JSON.stringify(run.intake.input),
        "app.output": JSON.stringify(run.intake.output),
      },
    },
  ];
}
