import type { SpanId, TraceId } from "../model/ids.ts";
import type {
  Attributes,
  Resource,
  Scope,
  Span,
  SpanEvent,
  SpanKind,
  SpanLink,
  StatusCode,
} from "../model/span.ts";
import { isObject, member, textOf } from "../wire/json-fields.ts";
import type { Json } from "../wire/json-fields.ts";
import { asAttribute, listAt } from "./exchange.ts";
import type { Attributing } from "./exchange.ts";
import { nanosIn } from "./times.ts";

/** What a foreign record must say to be a span; everything else has a default. */
interface Draft {
  readonly traceId: TraceId;
  readonly spanId: SpanId;
  readonly parentSpanId: SpanId | null;
  readonly name: string;
  readonly startNanos: bigint;
  /** null: it has not ended, or nobody wrote when. */
  readonly endNanos: bigint | null;
  readonly kind?: SpanKind;
  readonly statusCode?: StatusCode;
  readonly statusMessage?: string;
  readonly attributes: Attributes;
  readonly events?: readonly SpanEvent[];
  readonly links?: readonly SpanLink[];
  readonly resource: Resource;
  readonly scope: Scope;
}

/** The span of a draft. One without an end, or with one before its start, ends where it starts. */
export function spanOf(draft: Draft): Span {
  const end = draft.endNanos ?? draft.startNanos;
  return {
    kind: "internal",
    statusCode: "unset",
    statusMessage: "",
    events: [],
    links: [],
    ...draft,
    endNanos: end < draft.startNanos ? draft.startNanos : end,
  };
}

/** An object as attributes, keys as they are; what is null is left out. */
export function plainAttributes(object: Json): Attributing {
  const attributes: Attributing = new Map();
  for (const [key, value] of Object.entries(object))
    if (value !== null && value !== undefined) attributes.set(key, asAttribute(value));
  return attributes;
}

/** Events written as `{name, timestamp, attributes}`, as OpenTelemetry's own JSON of a span has them. */
export function eventsOf(record: Json, timeNames: readonly string[]): readonly SpanEvent[] {
  return listAt(record, "events").flatMap((entry) => {
    if (!isObject(entry)) return [];
    const at = timeNames.map((name) => member(entry, name)).find((value) => value !== undefined);
    const attributes = member(entry, "attributes");
    return [
      {
        name: textOf(entry, "name"),
        timeNanos: nanosIn(at, "an event's time") ?? 0n,
        attributes: plainAttributes(isObject(attributes) ? attributes : {}),
      },
    ];
  });
}

/** The status that some word means: `OK`, `STATUS_CODE_ERROR`, `success`. */
export function statusOf(word: unknown): StatusCode {
  if (typeof word === "number") return word === 2 ? "error" : word === 1 ? "ok" : "unset";
  const text = typeof word === "string" ? word.toUpperCase().replace(/^STATUS_CODE_/, "") : "";
  if (text === "ERROR") return "error";
  return text === "OK" || text === "SUCCESS" ? "ok" : "unset";
}
