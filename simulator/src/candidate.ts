import { randomBytes } from "node:crypto";
import { genaiSpans } from "./dialects/genai.ts";
import { documentId, namesOf, type Names } from "./names.ts";
import { encodeProtobuf } from "./otlp-protobuf.ts";
import type { AgentStep, DocumentPlan, RunPlan } from "./plan.ts";
import { randomOf } from "./random.ts";
import { policyTopics, trafficRandom } from "./simulate.ts";
import { asks, call, modelOf, returns, says } from "./workflows/moment.ts";
import { honestly, policySystem, policyTools, written, type Topic } from "./workflows/policy.ts";

/**
 * The compliance agent as a candidate of `rootward gate`: one JSON object on standard input, one on standard output, spans over OTLP.
 * It searches through the tool that the gate replays, and what it says depends on what that returned. `SIMULATOR_AGENT=broken` answers
 * from memory when nothing was found, as the deployed one does; `repaired` says so.
 */
async function main(): Promise<void> {
  const seed = process.env["SIMULATOR_SEED"];
  const names = namesOf(seed === undefined || seed === "" ? null : Number(seed));
  const topics = policyTopics(names, trafficRandom(seed ? Number(seed) : null));
  const question = messageOf(JSON.parse(await standardInput()));
  const topic = topics.find((each) => question.includes(each.subject));
  const query = topic?.subject ?? question;
  const found = await search(names, query);
  const answer = answerTo(names, topic, query, found);
  const run = planOf(names, { question, query, found, answer: answer.text });
  await exportSpans(run);
  const retrieved = documentsIn(found).map((document) => document.id);
  console.log(JSON.stringify({ output: answer.text, citations: answer.cited, retrieved }));
}

function answerTo(
  names: Names,
  topic: Topic | undefined,
  query: string,
  found: unknown,
): { readonly text: string; readonly cited: readonly string[] } {
  if (!topic) return honestly(query);
  const known = documentId(names.policy.documents, topic.documents[0]);
  const seen = documentsIn(found).some((document) => document.id === known);
  const fromMemory = process.env["SIMULATOR_AGENT"] !== "repaired";
  return seen || fromMemory ? written(names.policy, topic, [known]) : honestly(topic.subject);
}

async function search(names: Names, query: string): Promise<unknown> {
  const base = process.env["TOOL_BASE_URL"];
  if (base === undefined) throw new Error("TOOL_BASE_URL is not set: run this under rootward gate");
  const response = await fetch(`${base}/${names.policy.search}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  if (!response.ok) throw new Error(`${names.policy.search} answered ${response.status}`);
  return await response.json();
}

function planOf(
  names: Names,
  told: {
    readonly question: string;
    readonly query: string;
    readonly found: unknown;
    readonly answer: string;
  },
): RunPlan {
  const random = randomOf(randomBytes(8).toString("hex"));
  const { policy } = names;
  const speaker = { model: modelOf(policy.model, "before"), probability: null };
  const searched = call(policy.search, { query: told.query }, random);
  const retrieval = {
    dataSource: `${policy.index}-replayed`,
    query: told.query,
    topK: 4,
    documents: documentsIn(told.found),
  };
  const steps: AgentStep[] = [
    asks(speaker, [searched], random),
    returns(searched, told.found, random, { retrieval }),
    says(speaker, told.answer, random),
  ].map((step) => ({ ...step, ms: 2 }));
  return {
    traceId: process.env["TRACEPARENT"]?.split("-")[1] ?? random.hex(16),
    workflow: policy.workflow,
    service: policy.service,
    version: "candidate",
    environment: "ci",
    session: "gate",
    user: "gate",
    startMs: Date.now() - 20,
    question: told.question,
    agents: [
      {
        name: policy.agent,
        system: policySystem(policy),
        tools: policyTools(policy),
        question: told.question,
        steps,
        dataSource: retrieval.dataSource,
        declared: { confidence: null, taskType: null },
      },
    ],
    intake: null,
    touchedBy: null,
  };
}

async function exportSpans(run: RunPlan): Promise<void> {
  const endpoint = process.env["OTEL_EXPORTER_OTLP_ENDPOINT"];
  if (endpoint === undefined) return;
  const spans = genaiSpans(run, randomOf(run.traceId));
  const response = await fetch(`${endpoint}/v1/traces`, {
    method: "POST",
    headers: { "content-type": "application/x-protobuf" },
    body: encodeProtobuf(spans),
  });
  if (!response.ok) throw new Error(`${endpoint}/v1/traces answered ${response.status}`);
}

/** The documents of a search result; none where it has another shape. */
function documentsIn(result: unknown): DocumentPlan[] {
  const list = property(result, "documents");
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown) => {
    const id = property(item, "id");
    const text = property(item, "text");
    return typeof id === "string" && typeof text === "string" ? [{ id, text, score: 1 }] : [];
  });
}

function messageOf(body: unknown): string {
  const input = property(body, "input");
  if (typeof input === "string") return input;
  const message = property(input, "message");
  if (typeof message === "string") return message;
  throw new Error(`input.message is ${JSON.stringify(message)}; expected the question as text`);
}

function property(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

async function standardInput(): Promise<string> {
  process.stdin.setEncoding("utf8");
  let text = "";
  for await (const chunk of process.stdin) text += String(chunk);
  return text;
}

await main();
