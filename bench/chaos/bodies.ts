import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { encodeJson } from "../../simulator/src/otlp-json.ts";
import { encodeProtobuf } from "../../simulator/src/otlp-protobuf.ts";
import type { WireAttributes, WireSpan, WireValue } from "../../simulator/src/wire.ts";
import { randomOf } from "../shared/random.ts";
import type { Random } from "../shared/random.ts";

/** A request to `/v1/traces`: always the same for a seed and a number. */
export interface Body {
  readonly number: number;
  readonly spans: readonly WireSpan[];
  readonly bytes: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** Bodies of one round have numbers that begin with it. */
export const bodiesOfRound = 100_000;

const roundOf = (number: number): number => Math.floor(number / bodiesOfRound);

const hex = (of: number, digits: number): string => of.toString(16).padStart(digits, "0");

/** The first characters of the ids of a round's traces. */
export const tracePrefix = (round: number): string => hex(round, 8);

const words =
  "refund policy customer order shipment delayed invoice §12 ”quoted” account closed naïve 日本 retained years audit".split(
    " ",
  );

function said(random: Random, least: number): string {
  const text: string[] = [];
  for (let length = 0; length < least; length += 8) text.push(random.pick(words));
  return text.join(" ");
}

type Draft = Omit<WireSpan, "traceId" | "scope" | "resource">;

/** One run of an agent: it asks a model, retrieves, calls a tool and answers. The root is the last: it ends last. */
function runOf(random: Random, startMs: number): readonly Draft[] {
  const spanId = (): string =>
    hex(1 + random.below(2 ** 32 - 1), 8) + hex(random.below(2 ** 32), 8);
  const root = spanId();
  let at = startMs + 1;
  const child = (name: string, attributes: WireAttributes): Draft => {
    const start = at;
    at += 5 + random.below(900);
    const kind = name.startsWith("chat") ? "client" : "internal";
    const event = { name: "note", atMs: start, attributes: { "note.text": said(random, 20) } };
    return {
      spanId: spanId(),
      parentSpanId: root,
      name,
      kind,
      startMs: start,
      endMs: at,
      attributes,
      ...(random.chance(0.2) ? { events: [event] } : {}),
      ...(random.chance(0.1) ? { status: "error", statusMessage: said(random, 10) } : {}),
    };
  };
  const question = said(random, 60);
  const document = `DOC-${random.below(500)}`;
  const answer = `${said(random, 200)} [${document}]`;
  const message = (role: string, content: string): string =>
    JSON.stringify([{ role, parts: [{ type: "text", content }] }]);
  const chat = (output: string): Draft =>
    child("chat gpt-4o", {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "gpt-4o",
      "gen_ai.input.messages": message("user", `${question} ${said(random, 1_500)}`),
      "gen_ai.output.messages": message("assistant", output),
      "gen_ai.usage.input_tokens": random.below(4_000),
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.request.temperature": { double: 0.1 + random.next() },
      "llm.is_streaming": random.chance(0.5),
    });
  const children = [
    chat("search"),
    child("retrieve", {
      "gen_ai.operation.name": "retrieval",
      "gen_ai.retrieval.documents": JSON.stringify([{ id: document, content: said(random, 300) }]),
    }),
    child("execute_tool lookup", {
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "lookup",
      "gen_ai.tool.call.arguments": JSON.stringify({ order: random.below(10_000) }),
      "gen_ai.tool.call.result": said(random, 100),
    }),
    chat(answer),
  ];
  const whole: Draft = {
    spanId: root,
    parentSpanId: null,
    name: "invoke_agent support",
    kind: "server",
    startMs,
    endMs: at + 1,
    attributes: {
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": "support",
      "gen_ai.input.messages": message("user", question),
      "gen_ai.output.messages": message("assistant", answer),
    },
  };
  return [...children, whole];
}

const resource: WireAttributes = {
  "service.name": "support",
  "deployment.environment.name": "chaos",
};
const scope = { name: "chaos", version: "1" };
const firstMs = 1_794_000_000_000;

function spansOfTrace(seed: number, number: number, which: number): readonly WireSpan[] {
  const random = randomOf(seed, number * 4 + which);
  const index = number % bodiesOfRound;
  const traceId = `${tracePrefix(roundOf(number))}${hex(index, 6)}${hex(which, 2)}${hex(random.below(2 ** 32), 8)}${hex(random.below(2 ** 32), 8)}`;
  return runOf(random, firstMs + number).map((draft) => {
    const attributes = { ...draft.attributes, "chaos.body": number };
    const span = { ...draft, traceId, scope, resource, attributes };
    return { ...span, attributes: { ...attributes, "chaos.sum": sumOf(stored(span)) } };
  });
}

/**
 * What a body holds: one or two whole traces; and of a trace that is spread over two bodies, the even one has the steps and the odd
 * one after it the root.
 */
export function spansOf(seed: number, number: number): readonly WireSpan[] {
  const own = spansOfTrace(seed, number, 0);
  const more = number % 3 === 0 ? spansOfTrace(seed, number, 1) : [];
  const isOdd = number % 2 === 1;
  const spread = spansOfTrace(seed, isOdd ? number - 1 : number, 2).filter(
    ({ parentSpanId }) => (parentSpanId === null) === isOdd,
  );
  // Whose steps they are is known by what they say: the body that carries them.
  return [...own, ...more, ...(isOdd ? spread.map((span) => carriedBy(span, number)) : spread)];
}

function carriedBy(span: WireSpan, number: number): WireSpan {
  const carried = { ...span, attributes: { ...span.attributes, "chaos.body": number } };
  // The checksum leaves itself out: the old one in it does not matter.
  const sum = sumOf(stored(carried));
  return { ...carried, attributes: { ...carried.attributes, "chaos.sum": sum } };
}

/** Half of the bodies are JSON, a third are packed. */
export function bodyOf(seed: number, number: number): Body {
  const spans = spansOf(seed, number);
  const random = randomOf(seed, -number - 1);
  const isJson = random.chance(0.5);
  const isPacked = random.chance(0.33);
  const plain = isJson ? encodeJson(spans) : encodeProtobuf(spans);
  const bytes = isPacked ? gzipSync(plain, { level: 1 }) : plain;
  return {
    number,
    spans,
    bytes,
    headers: {
      "content-type": isJson ? "application/json" : "application/x-protobuf",
      "content-length": String(bytes.length),
      ...(isPacked ? { "content-encoding": "gzip" } : {}),
    },
  };
}

/** A span as SQL answers it. */
export interface StoredSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: string;
  readonly startNanos: string;
  readonly endNanos: string;
  readonly status: string;
  readonly statusMessage: string;
  readonly events: number;
  readonly attributes: Readonly<Record<string, string>>;
}

function textOf(value: WireValue): string {
  if (typeof value !== "object") return String(value);
  return "double" in value ? String(value.double) : JSON.stringify(value);
}

const nanos = (ms: number): string => String(BigInt(Math.round(ms * 1_000)) * 1_000n);

/** What the store must answer for a span that was sent. */
export function stored(span: WireSpan): StoredSpan {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? "",
    name: span.name,
    kind: span.kind,
    startNanos: nanos(span.startMs),
    endNanos: nanos(span.endMs),
    status: span.status ?? "unset",
    statusMessage: span.statusMessage ?? "",
    events: span.events?.length ?? 0,
    attributes: Object.fromEntries(
      Object.entries(span.attributes).map(([key, value]) => [key, textOf(value)]),
    ),
  };
}

/** The checksum of everything that a span holds but the checksum itself. */
export function sumOf(span: StoredSpan): string {
  const { attributes, ...rest } = span;
  const held = Object.entries(attributes)
    .filter(([key]) => key !== "chaos.sum")
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = [...Object.values(rest).map(String), ...held.flat()];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}
