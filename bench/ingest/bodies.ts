import type { Attributes, AttributeValue } from "@rootward/pipeline/model/span";
import {
  encodeResource,
  encodeScope,
  encodeSpan,
  writer,
  written,
} from "@rootward/pipeline/wire/otlp-encode";
import { tags } from "@rootward/pipeline/wire/otlp-fields";
import { randomFillSync } from "node:crypto";

/** What is sent: model calls of some 8 kB as an agent makes them, or spans of some 0.5 kB as a service makes them. */
export type Kind = "llm" | "small";
export const spansPerTrace = 8;

/** A body with places that are filled anew for each request: no two requests hold the same ids, times or texts. */
export interface Template {
  readonly bytes: Buffer;
  readonly spans: number;
  /** Where each trace's id stands, 16 bytes each. */
  readonly traces: readonly (readonly number[])[];
  /** Where each span's id stands, its own and as its children's parent, 8 bytes each. */
  readonly ids: readonly (readonly number[])[];
  readonly times: readonly { readonly at: number; readonly afterNanos: bigint }[];
  /** Where each text stands: what was said once is repeated in every later call's history. */
  readonly texts: readonly { readonly places: readonly number[]; readonly length: number }[];
}

/** DEL: JSON does not escape it and no text holds it. */
const hole = "\x7f";
const numberDigits = 6;
const lengths = new Map<string, number>();

/** A place of its own for a text of so many characters: it begins with its number. */
function textOf(length: number): string {
  const number = String(lengths.size).padStart(numberDigits, "0");
  lengths.set(number, length);
  return `${hole}${number}`.padEnd(length, hole);
}

interface Part {
  readonly name: string;
  readonly parent: number | null;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

const system = `You are the assistant of an insurance company. Answer only from the policies that the tool returns, cite their ids in brackets, and say so where they hold no answer. ${"Be brief, be polite, never promise a payment, never give legal advice. ".repeat(12)}`;
const tools = JSON.stringify(
  ["find_policy", "open_claim", "look_up_customer"].map((name) => ({
    type: "function",
    name,
    description: `Use ${name} when the customer asks for it; returns the rows that match.`,
    parameters: {
      type: "object",
      properties: { query: { type: "string" }, limit: { type: "integer" } },
      required: ["query"],
    },
  })),
);

/** An agent of five model calls with a growing history, a search and another tool: on average 8 kB a span. */
function agentTrace(): readonly Part[] {
  const said = (role: string, content: string) => ({ role, parts: [{ type: "text", content }] });
  const call = (name: string, id: string, query: string) => ({
    role: "assistant",
    parts: [{ type: "tool_call", id, name, arguments: { query } }],
  });
  const result = (id: string, response: unknown) => ({
    role: "tool",
    parts: [{ type: "tool_call_response", id, response }],
  });
  const document = (id: string) => ({ id, score: 0.81, text: textOf(1_950) });
  const documents = [document("KB-1042"), document("KB-2210"), document("KB-0007")];
  const answer = `${textOf(900)} [KB-1042]`;
  const history: unknown[] = [said("user", textOf(600))];
  const parts: Part[] = [
    {
      name: "invoke_agent claims",
      parent: null,
      attributes: {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "claims",
        "gen_ai.conversation.id": textOf(16),
        "gen_ai.input.messages": JSON.stringify(history),
        "gen_ai.output.messages": JSON.stringify([said("assistant", answer)]),
      },
    },
  ];
  const model = (output: unknown, finish: string): void => {
    parts.push({
      name: "chat model-large",
      parent: 0,
      attributes: {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "model-large",
        "gen_ai.response.model": "model-large-2026-10-01",
        "gen_ai.response.finish_reasons": [finish],
        "gen_ai.usage.input_tokens": 2_310,
        "gen_ai.usage.output_tokens": 187,
        "gen_ai.system_instructions": JSON.stringify([{ type: "text", content: system }]),
        "gen_ai.tool.definitions": tools,
        "gen_ai.input.messages": JSON.stringify(history),
        "gen_ai.output.messages": JSON.stringify([output]),
      },
    });
    history.push(output);
  };
  const tool = (name: string, id: string, query: string, response: unknown): void => {
    parts.push({
      name: `execute_tool ${name}`,
      parent: 0,
      attributes: {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": name,
        "gen_ai.tool.call.id": id,
        "gen_ai.tool.call.arguments": JSON.stringify({ query }),
        "gen_ai.tool.call.result": JSON.stringify(response),
      },
    });
    history.push(result(id, response));
  };
  const [search, customer] = [textOf(40), textOf(40)];
  model(call("find_policy", "call_1", search), "tool_calls");
  tool("find_policy", "call_1", search, documents);
  model(call("look_up_customer", "call_2", customer), "tool_calls");
  const found = { customer: textOf(16), status: "active", note: textOf(900) };
  tool("look_up_customer", "call_2", customer, found);
  model(said("assistant", textOf(500)), "stop");
  history.push(said("user", textOf(300)));
  model(said("assistant", textOf(500)), "stop");
  history.push(said("user", textOf(300)));
  model(said("assistant", answer), "stop");
  return parts;
}

/** A service that answers a request by way of an agent whose content is switched off: 0.5 kB a span. */
function serviceTrace(): readonly Part[] {
  const plain = (name: string, parent: number | null): Part => ({
    name,
    parent,
    attributes: {
      "http.request.method": "POST",
      "url.path": `/orders/${textOf(18)}`,
      "http.response.status_code": 200,
      "server.address": "orders.internal",
      "code.function.name": "orders.service.handle",
      "thread.id": 41,
      "enduser.id": textOf(24),
      "app.note": textOf(120),
    },
  });
  const model: Part = {
    name: "chat model-small",
    parent: 1,
    attributes: {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "model-small",
      "gen_ai.response.id": textOf(28),
      "gen_ai.usage.input_tokens": 120,
      "gen_ai.usage.output_tokens": 12,
      "app.note": textOf(140),
    },
  };
  return [
    plain("POST /orders", null),
    {
      name: "invoke_agent orders",
      parent: 0,
      attributes: {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "orders",
        "app.note": textOf(240),
      },
    },
    model,
    plain("SELECT orders", 0),
    plain("SELECT customers", 0),
    plain("GET /stock", 0),
    plain("publish order.created", 0),
    plain("cache set", 0),
  ];
}

const timeHole = 0x00cc_cccc_cc00_0000n;
const spanHole = (index: number): string => `dddddddd${index.toString(16).padStart(8, "0")}`;
const traceHole = (index: number): string =>
  `eeeeeeeeeeeeeeeeeeeeeeee${index.toString(16).padStart(8, "0")}`;

/** A body of so many traces of one kind, with its places. */
export function template(kind: Kind, traces: number): Template {
  const spans = Array.from({ length: traces }, (_, trace) => {
    const parts = kind === "llm" ? agentTrace() : serviceTrace();
    return parts.map((part, at) => encoded(part, trace, trace * parts.length + at, parts.length));
  }).flat();
  const resource = writer();
  encodeResource(resource, {
    attributes: new Map<string, AttributeValue>([
      ["service.name", "claims-service"],
      ["service.version", "2026.11.3"],
      ["deployment.environment.name", "production"],
      ["host.name", "claims-7d9f6c5b48-x2x4q"],
    ]),
  });
  const scope = writer();
  encodeScope(scope, { name: "agent", version: "1.4.0" });
  const scopeSpans = Buffer.concat([
    framed(tags.scopeRecords.scope, Buffer.from(written(scope))),
    ...spans.map((span) => framed(tags.scopeRecords.record, span)),
  ]);
  const body = framed(
    tags.request.resourceRecords,
    Buffer.concat([
      framed(tags.resourceRecords.resource, Buffer.from(written(resource))),
      framed(tags.resourceRecords.scopeRecords, scopeSpans),
    ]),
  );
  return withPlaces(body, traces, spans.length);
}

function encoded(part: Part, trace: number, index: number, perTrace: number): Buffer {
  const into = writer();
  const attributes: Attributes = new Map(Object.entries(part.attributes));
  encodeSpan(into, {
    traceId: traceHole(trace),
    spanId: spanHole(index),
    parentSpanId: part.parent === null ? null : spanHole(trace * perTrace + part.parent),
    name: part.name,
    kind: part.parent === null ? "server" : "internal",
    startNanos: timeHole + BigInt(index * 2),
    endNanos: timeHole + BigInt(index * 2 + 1),
    attributes,
    events: [],
    links: [],
    statusCode: "unset",
    statusMessage: "",
  });
  return Buffer.from(written(into));
}

function framed(tag: number, bytes: Buffer): Buffer {
  const head: number[] = [];
  for (let rest = tag; ; rest >>>= 7) {
    head.push(rest < 128 ? rest : (rest & 127) | 128);
    if (rest < 128) break;
  }
  for (let rest = bytes.length; ; rest >>>= 7) {
    head.push(rest < 128 ? rest : (rest & 127) | 128);
    if (rest < 128) break;
  }
  return Buffer.concat([Buffer.from(head), bytes]);
}

function every(bytes: Buffer, wanted: Buffer): readonly number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) found.push(at);
  return found;
}

function withPlaces(bytes: Buffer, traces: number, spans: number): Template {
  const times: { at: number; afterNanos: bigint }[] = [];
  const wanted = Buffer.alloc(8);
  for (let index = 0; index < spans; index += 1) {
    // The root ends last; what is below it follows one another, a millisecond each.
    const within = index % spansPerTrace;
    const starts = BigInt(within) * 1_000_000n;
    const ends = within === 0 ? BigInt(spansPerTrace) * 1_000_000n : starts + 900_000n;
    for (const [which, afterNanos] of [starts, ends].entries()) {
      wanted.writeBigUInt64LE(timeHole + BigInt(index * 2 + which));
      for (const at of every(bytes, wanted)) times.push({ at, afterNanos });
    }
  }
  const byNumber = new Map<string, { places: number[]; length: number }>();
  for (let at = bytes.indexOf(hole); at >= 0; at = bytes.indexOf(hole, at + 1)) {
    const number = bytes.toString("latin1", at + 1, at + 1 + numberDigits);
    const length = lengths.get(number);
    // The same byte may be a length of protobuf's.
    if (length === undefined) continue;
    const text = byNumber.get(number) ?? { places: [], length };
    text.places.push(at);
    byNumber.set(number, text);
    at += length - 1;
  }
  const places = (holes: number, of: (index: number) => string) =>
    Array.from({ length: holes }, (_, index) => every(bytes, Buffer.from(of(index), "hex")));
  return {
    bytes,
    spans,
    traces: places(traces, traceHole),
    ids: places(spans, spanHole),
    times,
    texts: [...byNumber.values()],
  };
}

/**
 * Fills a template: new ids, the time now, other stretches of text. The bytes are the template's own: send or copy them before it
 * is filled again.
 *
 * @returns the id of its first trace, 32 hex digits
 */
export function fill(of: Template, corpus: Buffer, random: () => number, nowNanos: bigint): string {
  const ids = randomFillSync(Buffer.allocUnsafe(of.traces.length * 16 + of.ids.length * 8));
  let from = 0;
  for (const places of of.traces) {
    for (const at of places) ids.copy(of.bytes, at, from, from + 16);
    from += 16;
  }
  for (const places of of.ids) {
    for (const at of places) ids.copy(of.bytes, at, from, from + 8);
    from += 8;
  }
  for (const { at, afterNanos } of of.times)
    of.bytes.writeBigUInt64LE(nowNanos - BigInt(spansPerTrace) * 1_000_000n + afterNanos, at);
  for (const { places, length } of of.texts) {
    const start = Math.floor(random() * (corpus.length - length));
    for (const at of places) corpus.copy(of.bytes, at, start, start + length);
  }
  return ids.toString("hex", 0, 16);
}
