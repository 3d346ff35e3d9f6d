import { encodeProtobuf } from "../../simulator/src/otlp-protobuf.ts";
import { nanosOf, type WireAttributes, type WireSpan } from "../../simulator/src/wire.ts";

/** Texts that differ from run to run, by the character that stands for them in a template; the last one differs at each place. */
export const marks = { question: "~", result: "^", answer: "|", other: "`" } as const;

/** When every template starts; a run is moved to its own time. */
export const templateStartMs = 1_700_000_000_000;

const traceId = "00112233445566778899aabbccddeeff";
const scope = { name: "agentkit.telemetry", version: "0.9.2" };

/** One run as the bytes of a request, and where in them stands what differs from run to run. */
export interface Template {
  readonly workflow: string;
  readonly spans: number;
  readonly durationMs: number;
  readonly body: Buffer;
  readonly traceIds: readonly number[];
  readonly spanIds: readonly number[];
  readonly times: readonly number[];
  readonly texts: readonly {
    readonly mark: string;
    readonly at: number;
    readonly length: number;
  }[];
}

const text = (mark: string, length: number) => mark.repeat(length);
const said = (role: string, content: string) => ({ role, parts: [{ type: "text", content }] });

export const outcomes = ["good", "ungrounded", "fallback", "error"] as const;
export type Outcome = (typeof outcomes)[number];

/** A run that answers with three model calls and three tools, of which one retrieves: ten spans of about 1 kB. */
export function answering(workflow: string, outcome: Outcome): Template {
  const spans = new Spans(workflow);
  const root = spans.add(null, `invoke_workflow ${workflow}`, 0, 4_000, {
    "gen_ai.operation.name": "invoke_workflow",
    "gen_ai.workflow.name": workflow,
  });
  const cited = outcome === "ungrounded" ? "DOC-9" : "DOC-1";
  const answer = `${text(marks.answer, 280)} [${cited}]`;
  const question = said("user", text(marks.question, 160));
  const agent = spans.add(root, `invoke_agent ${workflow}-agent`, 5, 3_900, {
    "gen_ai.operation.name": "invoke_agent",
    "gen_ai.agent.name": `${workflow}-agent`,
    "gen_ai.input.messages": JSON.stringify([question]),
    "gen_ai.output.messages": JSON.stringify([said("assistant", answer)]),
  });
  spans.model(agent, 10, [question], null);
  const search = spans.tool(agent, 700, "search_notes", [
    { id: "DOC-1", text: text(marks.result, 420), score: 0.82 },
    { id: "DOC-2", text: text(marks.other, 240), score: 0.61 },
  ]);
  spans.add(search, "retrieval notes", 701, 760, {
    "gen_ai.operation.name": "retrieval",
    "gen_ai.data_source.id": "notes",
    "gen_ai.retrieval.query.text": text(marks.other, 60),
    "gen_ai.retrieval.documents": JSON.stringify([
      { id: "DOC-1", score: 0.82 },
      { id: "DOC-2", score: 0.61 },
    ]),
  });
  spans.model(agent, 800, [question, said("tool", text(marks.result, 420))], null);
  const fails = outcome === "fallback" || outcome === "error";
  spans.tool(
    agent,
    1_600,
    "account_status",
    { status: "open", note: text(marks.other, 120) },
    fails,
  );
  const other = outcome === "fallback" ? "account_status_backup" : "price_list";
  spans.tool(agent, 1_900, other, { total: 12, note: text(marks.other, 90) }, outcome === "error");
  spans.model(agent, 2_200, [question, said("tool", text(marks.result, 420))], answer);
  spans.add(root, "store answer", 3_910, 3_990, {
    "app.bytes": 512,
    "app.note": text(marks.other, 40),
  });
  return templateOf(workflow, spans.all);
}

/** A run of one agent that calls a model and a tool again and again, until it has so many spans. */
export function looping(workflow: string, count: number): Template {
  const spans = new Spans(workflow);
  const root = spans.add(null, `invoke_agent ${workflow}-agent`, 0, count * 100, {
    "gen_ai.operation.name": "invoke_agent",
    "gen_ai.agent.name": `${workflow}-agent`,
    "gen_ai.input.messages": JSON.stringify([said("user", text(marks.question, 160))]),
    "gen_ai.output.messages": JSON.stringify([said("assistant", text(marks.answer, 280))]),
  });
  for (let at = 0; spans.all.length < count; at += 1) {
    const startMs = 10 + at * 200;
    if (at % 2 === 0) spans.model(root, startMs, [said("user", text(marks.other, 200))], null);
    else spans.tool(root, startMs, `step_${at % 7}`, { note: text(marks.other, 200), at });
  }
  return templateOf(workflow, spans.all);
}

class Spans {
  readonly all: WireSpan[] = [];
  readonly workflow: string;
  readonly resource: WireAttributes;

  constructor(workflow: string) {
    this.workflow = workflow;
    this.resource = {
      "service.name": `${workflow}-service`,
      "service.version": "4.1.0",
      "deployment.environment.name": "production",
      "telemetry.sdk.language": "nodejs",
    };
  }

  add(
    parentSpanId: string | null,
    name: string,
    fromMs: number,
    toMs: number,
    attributes: WireAttributes,
    failed = false,
  ): string {
    const spanId = (0xa5a5_0000_0000 + this.all.length + 1).toString(16).padStart(16, "c");
    this.all.push({
      traceId,
      spanId,
      parentSpanId,
      name,
      kind: name.startsWith("chat") ? "client" : "internal",
      startMs: templateStartMs + fromMs,
      endMs: templateStartMs + toMs,
      attributes,
      scope,
      resource: this.resource,
      ...(failed ? { status: "error", statusMessage: "503 from upstream: timeout" } : {}),
    });
    return spanId;
  }

  model(parent: string, atMs: number, input: readonly object[], answer: string | null): string {
    const output = answer ?? text(marks.other, 120);
    return this.add(parent, "chat gpt-5-mini", atMs, atMs + 600, {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "gpt-5-mini",
      "gen_ai.response.model": "gpt-5-mini-2026-08-01",
      "gen_ai.response.id": `resp_${text(marks.other, 24)}`,
      "gen_ai.system_instructions": JSON.stringify([
        {
          type: "text",
          content: `You answer for ${this.workflow}. ${"Be exact and cite. ".repeat(12)}`,
        },
      ]),
      "gen_ai.input.messages": JSON.stringify(input),
      "gen_ai.output.messages": JSON.stringify([said("assistant", output)]),
      "gen_ai.response.finish_reasons": [answer === null ? "tool_call" : "stop"],
      "gen_ai.usage.input_tokens": 812,
      "gen_ai.usage.output_tokens": 64,
    });
  }

  tool(parent: string, atMs: number, name: string, result: unknown, failed = false): string {
    const outcome: WireAttributes = failed
      ? { "error.type": "timeout" }
      : { "gen_ai.tool.call.result": JSON.stringify(result) };
    const attributes: WireAttributes = {
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": name,
      "gen_ai.tool.call.id": `call_${this.all.length}`,
      "gen_ai.tool.call.arguments": JSON.stringify({ query: text(marks.other, 60) }),
      ...outcome,
    };
    return this.add(parent, `execute_tool ${name}`, atMs, atMs + 90, attributes, failed);
  }
}

function templateOf(workflow: string, spans: readonly WireSpan[]): Template {
  const body = Buffer.from(encodeProtobuf(spans));
  return {
    workflow,
    spans: spans.length,
    durationMs: Math.max(...spans.map(({ endMs }) => endMs)) - templateStartMs,
    body,
    traceIds: placesOf(body, Buffer.from(traceId, "hex")),
    // Each id is as long as its prefix is constant: all of them are found by it.
    spanIds: placesOf(body, Buffer.from("cccca5a5", "hex")),
    times: timesIn(body),
    texts: textsIn(body),
  };
}

/** Fields 7 and 8 of a span, fixed64: what follows their tags and is a time of the template. */
function timesIn(body: Buffer): readonly number[] {
  const high = nanosOf(templateStartMs) >> 48n;
  const places: number[] = [];
  for (let at = 0; at + 9 <= body.length; at += 1) {
    if (body[at] !== 0x39 && body[at] !== 0x41) continue;
    if (body.readUInt16LE(at + 7) === Number(high)) places.push(at + 1);
  }
  return places;
}

function placesOf(body: Buffer, wanted: Buffer): readonly number[] {
  const places: number[] = [];
  for (let at = body.indexOf(wanted); at >= 0; at = body.indexOf(wanted, at + wanted.length))
    places.push(at);
  return places;
}

/** A mark stands for a text where it stands at least sixteen times in a row. */
function textsIn(body: Buffer): Template["texts"] {
  const codes = new Map(Object.values(marks).map((mark) => [mark.charCodeAt(0), mark]));
  const texts: { mark: string; at: number; length: number }[] = [];
  for (let at = 0; at < body.length; at += 1) {
    const code = body[at] ?? 0;
    const mark = codes.get(code);
    if (mark === undefined) continue;
    let end = at;
    while (body[end] === code) end += 1;
    if (end - at >= 16) texts.push({ mark, at, length: end - at });
    at = end;
  }
  return texts;
}
