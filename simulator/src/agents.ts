import { randomBytes } from "node:crypto";
import { playClaims } from "./candidate/claims.ts";
import { playPolicy } from "./candidate/policy.ts";
import { playRefund } from "./candidate/refunds.ts";
import { property, textAt, type AskTool, type Played, type Setting } from "./candidate/setting.ts";
import { genaiSpans } from "./dialects/genai.ts";
import { openinferenceSpans } from "./dialects/openinference.ts";
import { vercelSpans } from "./dialects/vercel.ts";
import { faultCauses, type FaultCause, type WorkflowKey } from "./faults.ts";
import { namesOf } from "./names.ts";
import { encodeJson } from "./otlp-json.ts";
import { encodeProtobuf } from "./otlp-protobuf.ts";
import type { RunPlan } from "./plan.ts";
import { randomOf, type Random } from "./random.ts";
import { policyTopics, trafficRandom } from "./simulate.ts";
import type { WireSpan } from "./wire.ts";

/** Where a trial's spans and tool calls go. */
export interface TrialContext {
  readonly traceparent: string | null;
  readonly otlp_endpoint: string | null;
  readonly tool_base_url: string | null;
}

/** What a trial gives back to the gate. */
type Answer = Pick<Played, "output" | "citations" | "retrieved">;

interface Kind {
  readonly play: (setting: Setting) => Promise<Played>;
  readonly spans: (run: RunPlan, random: Random) => WireSpan[];
  readonly contentType: string;
  readonly encode: (spans: readonly WireSpan[]) => Uint8Array;
}

const protobuf = { contentType: "application/x-protobuf", encode: encodeProtobuf };
const json = { contentType: "application/json", encode: encodeJson };

/** The agents of the traffic, each in the telemetry that it has there. */
const kinds = {
  policy: { play: playPolicy, spans: genaiSpans, ...protobuf },
  claims: { play: playClaims, spans: openinferenceSpans, ...protobuf },
  refunds: { play: playRefund, spans: vercelSpans, ...json },
} as const satisfies Record<WorkflowKey, Kind>;

type Agent = (input: unknown, context: TrialContext) => Promise<Answer>;

/**
 * The agents of the traffic as candidates of `rootward gate`, for `adapter: module`. What one says depends on what the replayed tools
 * return and on the faults that SIMULATOR_FAULTS names, joined by commas; without any it is the repaired one.
 */
export const policy: Agent = async (input, context) => await answer(kinds.policy, input, context);
export const claims: Agent = async (input, context) => await answer(kinds.claims, input, context);
export const refunds: Agent = async (input, context) => await answer(kinds.refunds, input, context);

async function answer(kind: Kind, input: unknown, context: TrialContext): Promise<Answer> {
  const { SIMULATOR_SEED: seed = "", SIMULATOR_FAULTS: faults = "" } = process.env;
  const random = randomOf(randomBytes(8).toString("hex"));
  const names = namesOf(seed === "" ? null : Number(seed));
  const played = await kind.play({
    names,
    topics: policyTopics(names, trafficRandom(seed === "" ? null : Number(seed))),
    faults: new Set(faults.split(",").filter(Boolean).map(faultOf)),
    question: messageOf(input),
    traceId: context.traceparent?.split("-")[1] ?? random.hex(16),
    startMs: Date.now() - 40,
    random,
    askTool: askerAt(context.tool_base_url),
  });
  await exportSpans(kind, played.plan, context.otlp_endpoint);
  const { output, citations, retrieved } = played;
  return { output, ...(citations && { citations }), ...(retrieved && { retrieved }) };
}

function faultOf(name: string): FaultCause {
  const found = faultCauses.find((cause) => cause === name);
  if (found) return found;
  throw new Error(`SIMULATOR_FAULTS has "${name}"; there is ${faultCauses.join(", ")}`);
}

function askerAt(base: string | null): AskTool {
  if (base === null) throw new Error("no address for tools: run this under rootward gate");
  return async (name, args) => {
    const response = await fetch(`${base}/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(args),
    });
    const text = await response.text();
    if (!response.ok) return { result: null, error: text };
    const isJson = (response.headers.get("content-type") ?? "").includes("json");
    const result: unknown = isJson ? JSON.parse(text) : text;
    return { result, error: null };
  };
}

async function exportSpans(kind: Kind, run: RunPlan, endpoint: string | null): Promise<void> {
  if (endpoint === null) return;
  const response = await fetch(`${endpoint}/v1/traces`, {
    method: "POST",
    headers: { "content-type": kind.contentType },
    body: kind.encode(kind.spans(run, randomOf(run.traceId))),
  });
  if (!response.ok) throw new Error(`${endpoint}/v1/traces answered ${response.status}`);
}

function messageOf(input: unknown): string {
  if (typeof input === "string") return input;
  const message = textAt(input, "message");
  if (message !== null) return message;
  throw new Error(
    `input.message is ${JSON.stringify(property(input, "message"))}; expected the question as text`,
  );
}
