import type { Run } from "../model/run.ts";
import type { TraceContent } from "../model/span.ts";
import { adviceOn } from "./advice.ts";
import type { Advice } from "./advice.ts";
import type { Fact, Framework } from "./framework.ts";
import { frameworksOf } from "./frameworks.ts";
import { detect } from "../ingest/kinds.ts";
import { ownersOf } from "./owners.ts";
import { presenceIn } from "./presence.ts";
import type { Presence } from "./presence.ts";
import { unreadOf } from "./unread.ts";
import type { Unread } from "./unread.ts";

/** A fact, and in how many of the things that could say it it stands. */
export interface FactCount {
  readonly name: string;
  readonly fact: Fact;
  readonly unit: Presence["unit"];
  readonly have: number;
  readonly of: number;
}

/** What spans say and lack. */
export interface SpanReport {
  readonly spans: {
    readonly received: number;
    /** Spans whose convention is known. */
    readonly understood: number;
    readonly logs: number;
    /** Spans and log records of which something was too long. */
    readonly cut: number;
  };
  readonly runs: number;
  readonly frameworks: readonly (Pick<Framework, "id" | "title" | "evidence" | "cannotSee"> & {
    readonly spans: number;
  })[];
  /** Spans that no framework's row knows, and the most frequent of their scopes and names. */
  readonly otherSpans: {
    readonly spans: number;
    readonly scopes: readonly string[];
    readonly names: readonly string[];
  };
  readonly conventions: readonly { readonly name: string; readonly spans: number }[];
  readonly facts: readonly FactCount[];
  readonly advice: readonly Advice[];
  readonly unread: Unread;
}

const shownOthers = 5;

/**
 * What some spans say, what they lack, and which setting of the framework that sent them would provide it. A span that arrived
 * twice counts once. Without spans every count is 0.
 *
 * @param runs  those that were read from the same spans
 */
export function examine(content: TraceContent, runs: readonly Run[]): SpanReport {
  const spans = [
    ...new Map(content.spans.map((span) => [`${span.traceId}${span.spanId}`, span])).values(),
  ];
  const owned = frameworksOf(spans);
  const known = spans.map((span) => detect(span).convention).filter((name) => name !== "app");
  const others = spans.filter((span) => !owned.has(span));
  const owners = ownersOf(owned);
  const presence = presenceIn(runs, owned.keys(), owners);
  return {
    spans: {
      received: spans.length,
      understood: known.length,
      logs: content.logs.length,
      cut: [...spans, ...content.logs].filter((one) => one.attributes.has("rootward.truncated"))
        .length,
    },
    runs: runs.length,
    frameworks: counted([...owned.values()]).map(([{ id, title, evidence, cannotSee }, count]) => ({
      id,
      title,
      evidence,
      cannotSee,
      spans: count,
    })),
    otherSpans: {
      spans: others.length,
      scopes: frequent(others.map((span) => span.scope.name)),
      names: frequent(others.map((span) => span.name)),
    },
    conventions: counted(known).map(([name, count]) => ({ name, spans: count })),
    facts: presence.map(({ name, fact, unit, items }) => ({
      name,
      fact,
      unit,
      have: items.filter((item) => item.have).length,
      of: items.length,
    })),
    advice: adviceOn(presence, owners),
    unread: unreadOf(spans),
  };
}

/** What is in a list, with how often, the most frequent first. */
function counted<T>(list: readonly T[]): readonly (readonly [T, number])[] {
  const counts = new Map<T, number>();
  for (const one of list) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1]);
}

function frequent(names: readonly string[]): readonly string[] {
  return counted(names.filter((name) => name !== ""))
    .slice(0, shownOthers)
    .map(([name]) => name);
}
