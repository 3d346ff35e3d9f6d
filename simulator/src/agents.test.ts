import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { read } from "@rootward/pipeline/ingest/read";
import { noSettings } from "@rootward/pipeline/model/workflow";
import { receive } from "@rootward/pipeline/wire/receive";
import { claims, policy, refunds } from "./agents.ts";
import { faultCauses, type FaultCause } from "./faults.ts";

/** What the tools answer, by name; what they do not know fails, as a call without a recording does. */
const recordings = new Map<string, unknown>();
const sent: { readonly json: boolean; readonly bytes: Buffer }[] = [];
const asked: { readonly tool: string; readonly args: unknown }[] = [];

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const bytes = Buffer.concat(chunks);
    const [, kind, name = ""] = (request.url ?? "").split("/");
    response.setHeader("content-type", "application/json");
    if (kind === "v1") {
      sent.push({ json: request.headers["content-type"] === "application/json", bytes });
      response.end("{}");
      return;
    }
    asked.push({ tool: name, args: JSON.parse(bytes.toString()) });
    response.statusCode = recordings.has(name) ? 200 : 501;
    response.end(JSON.stringify(recordings.get(name) ?? { error: "no recording" }));
  });
});
let url = "";
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
afterEach(() => {
  delete process.env["SIMULATOR_FAULTS"];
  recordings.clear();
  sent.length = 0;
  asked.length = 0;
});

async function play(agent: typeof policy, message: string, fault: FaultCause | null) {
  process.env["SIMULATOR_FAULTS"] = fault ?? "";
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const context = { traceparent, otlp_endpoint: url, tool_base_url: `${url}/tool` };
  return await agent({ message }, context);
}

/** The one run that the spans of the last trial make. */
function run() {
  const [body] = sent.splice(0);
  const encoding = body?.json ? "json" : "protobuf";
  const { batch } = receive({ signal: "traces", encoding, bytes: body?.bytes ?? Buffer.alloc(0) });
  const spans = Array.from({ length: batch.length }, (_, row) => batch.span(row));
  const runs = read(
    { spans, logs: [] },
    { settingsFor: () => noSettings, contractFor: () => null, map: [], closedBy: null },
  );
  expect(runs).toHaveLength(1);
  return runs[0];
}

const claim = "New claim CLM-100200: storm, home, contract C1234567, 470 and 462 EUR.";
const hits = [{ id: "GC-2.10", text: "covered", score: 0.8 }];

test("the compliance agent answers from memory when nothing is found; repaired, it says so", async () => {
  recordings.set("search_policies", { documents: [] });
  const question = "What does the handbook say about outside employment?";
  const broken = await play(policy, question, "retrieval_drift");
  expect(broken.citations).toHaveLength(1);
  expect(run()?.run.workflow).toBe("policy-check");
  expect((await play(policy, question, null)).citations).toEqual([]);
});

test("a misaligned front leaves out what the search needs", async () => {
  recordings.set("find_clauses", { hits });
  await play(claims, claim, "inter_agent_misalignment");
  await play(claims, claim, null);
  expect(asked.map(({ args }) => args)).toEqual([
    { query: "storm" },
    { query: "home storm", policy_no: "C1234567" },
  ]);
  expect(run()?.run.workflow).toBe("claims-triage");
});

test("without its rules the handler cites what was not found; beyond its ability it adds up wrongly", async () => {
  recordings.set("find_clauses", { hits });
  const repaired = { clauses: ["GC-2.10"], reserve: 932 };
  expect((await play(claims, claim, null)).output).toMatchObject(repaired);
  const regressed = await play(claims, claim, "prompt_regression");
  expect(regressed.output).toMatchObject({ clauses: null, reserve: 932 });
  const beyond = await play(claims, claim, "capability_boundary");
  expect(beyond.output).toMatchObject({ clauses: ["GC-2.10"], reserve: 470 });
});

test("the refund agent loses a renamed field, or asks for a payment in another form", async () => {
  const question = "Please refund BK885150, the customer cancelled on Sunday.";
  recordings.set("getBooking", { booking: "BK885150", payment_id: "pay_ce4a3b973f", fee: 12.5 });
  recordings.set("getPayment", { amount: 100, currency_code: "CHF" });
  const renamed = await play(refunds, question, "tool_schema_change");
  expect(renamed.output).toMatchObject({ amount: 87.5, currency: null });
  const repaired = await play(refunds, question, null);
  expect(repaired.output).toMatchObject({ amount: 87.5, currency: "CHF", method: "card" });
  recordings.set("getPayment", { error: "no payment" });
  recordings.set("searchLedger", { entries: [{ booked: 200 }] });
  const moved = await play(refunds, question, "provider_model_drift");
  expect(moved.output).toMatchObject({ amount: 187.5 });
  expect(asked.at(-2)?.args).toEqual({ payment_id: "ce4a3b973f" });
  expect(run()?.run.workflow).toBe("refund-desk");
});

test("a tool without a recording is a failed step, and the agent still answers", async () => {
  for (const fault of [null, ...faultCauses]) {
    const answer = await play(claims, claim, fault);
    expect(answer.output).toMatchObject({ reserve: expect.any(Number) });
  }
});
