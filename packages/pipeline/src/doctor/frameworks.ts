import type { TraceId } from "../model/ids.ts";
import type { Span } from "../model/span.ts";
import { passes } from "./framework.ts";
import type { Framework } from "./framework.ts";
import { scriptFrameworks } from "./frameworks-javascript.ts";
import { openInferenceFrameworks } from "./frameworks-openinference.ts";
import { openLlmetryFrameworks } from "./frameworks-openllmetry.ts";
import { otelFrameworks } from "./frameworks-otel.ts";
import { platformFrameworks } from "./frameworks-platforms.ts";
import { pythonFrameworks } from "./frameworks-python.ts";

/**
 * Every framework and instrumentation that is known, specific before generic: a new one is a row in one of these files. What it
 * sends is read by `kinds.ts` and `fields.ts`; the rows here say whose spans they are, what to switch on and what cannot be had.
 *
 * @source conventions.md
 */
export const frameworks: readonly Framework[] = [
  ...platformFrameworks,
  ...scriptFrameworks,
  ...pythonFrameworks,
  ...openInferenceFrameworks,
  ...openLlmetryFrameworks,
  ...otelFrameworks,
];

/** Whose span this is: the first row that knows it; null for a span that no row knows, such as one of the application's own. */
export function frameworkOf(span: Span): Framework | null {
  return frameworks.find(({ knownBy }) => knownBy.some((test) => passes(test, span))) ?? null;
}

/** Whose spans these are, as `frameworkOf`; in a trace, a broader row gives way to the one that narrows it. */
export function frameworksOf(spans: readonly Span[]): ReadonlyMap<Span, Framework> {
  const own = new Map<Span, Framework>();
  const narrower = new Map<TraceId, Map<string, Framework>>();
  for (const span of spans) {
    const framework = frameworkOf(span);
    if (framework === null) continue;
    own.set(span, framework);
    if (framework.narrows === undefined) continue;
    const inTrace = narrower.get(span.traceId) ?? new Map<string, Framework>();
    narrower.set(span.traceId, inTrace.set(framework.narrows, framework));
  }
  return new Map(
    [...own].map(([span, framework]) => [
      span,
      narrower.get(span.traceId)?.get(framework.id) ?? framework,
    ]),
  );
}
