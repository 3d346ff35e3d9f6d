// Prints what the products' own clients send when they keep one case in a dataset: the requests that
// packages/pipeline/src/evals/exchange/products.test.ts compares ours with. The clients are no dependencies: install them elsewhere.
//
//   mkdir /tmp/clients && cd /tmp/clients && npm init -y
//   npm install @langfuse/client@5.11.1 langsmith@0.12.0 @braintrust/api@0.1.1 @arizeai/phoenix-client@6.14.2 deepeval@0.1.32
//   node scripts/record-dataset-clients.mjs /tmp/clients
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const folder = process.argv[2];
if (folder === undefined) {
  console.error("usage: node scripts/record-dataset-clients.mjs FOLDER-WITH-THE-CLIENTS");
  process.exit(2);
}
const clientOf = createRequire(join(resolve(folder), "here.js"));

const id = "11111111-1111-4111-8111-111111111111";
const example = "6a1f3c1e-5b1a-5c5e-9d3c-6d8a1f1f0a11";
const input = { message: "What is the limit for gifts?" };
const metadata = { case_id: "EC-gift", severity: "P0" };

/** What a client wants to hear so that it goes on. */
function answerTo(method, path) {
  if (path.startsWith("/arize_phoenix_version")) return "15.1.0";
  if (path.startsWith("/v1/datasets/upload")) return { data: { dataset_id: "RGF0YXNldDox" } };
  if (path.startsWith("/info"))
    return { version: "0.12.0", instance_flags: { dataset_examples_multipart_enabled: true } };
  if (path.includes("/examples")) return method === "GET" ? [] : { count: 1, example_ids: [] };
  return path.startsWith("/datasets") && method === "GET" ? [] : { id, name: "failure-evals" };
}

async function record(request, response) {
  const body = Buffer.concat(await request.toArray()).toString();
  console.log(`${request.method} ${request.url}`);
  for (const name of ["authorization", "x-api-key", "confident_api_key", "content-type"])
    if (request.headers[name]) console.log(`  ${name}: ${String(request.headers[name])}`);
  if (body !== "") console.log(body);
  const answer = answerTo(request.method, request.url);
  response.setHeader(
    "content-type",
    typeof answer === "string" ? "text/plain" : "application/json",
  );
  response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
}

const server = createServer((request, response) => void record(request, response));

const clients = {
  async langfuse(url) {
    const { LangfuseClient } = clientOf("@langfuse/client");
    const client = new LangfuseClient({ publicKey: "pk-lf-1", secretKey: "sk-lf-1", baseUrl: url });
    await client.api.datasets.create({ name: "failure-evals", metadata: {} });
    await client.api.datasetItems.create({
      datasetName: "failure-evals",
      id: "EC-gift",
      input,
      expectedOutput: null,
      metadata,
      sourceTraceId: "4bf92f3577b34da6a3ce929d0e0e4736",
      sourceObservationId: "00f067aa0ba902b7",
      status: "ACTIVE",
    });
  },
  async langsmith(url) {
    const { Client } = clientOf("langsmith");
    const client = new Client({ apiUrl: url, apiKey: "lsv2_1" });
    await client.hasDataset({ datasetName: "failure-evals" });
    await client.createDataset("failure-evals", { description: "d", dataType: "kv" });
    const kept = { id: example, dataset_id: id, inputs: input, metadata, split: "P0" };
    const answer = { answer: "60 EUR" };
    await client.createExamples([{ ...kept, reference_outputs: answer }]);
    await client.updateExamples([{ ...kept, outputs: answer }]);
    for await (const _ of client.listExamples({ datasetId: id, exampleIds: [example] }));
  },
  async braintrust(url) {
    const { Braintrust } = clientOf("@braintrust/api");
    const client = new Braintrust({ apiKey: "sk-1", baseURL: url, maxRetries: 0 });
    await client.project.create({ name: "rootward" });
    await client.dataset.create({ name: "failure-evals", project_id: id });
    const event = { id: "EC-gift", input, expected: null, metadata, tags: ["P0"] };
    await client.dataset.insert(id, { events: [event] });
  },
  async phoenix(url) {
    const { createClient } = clientOf("@arizeai/phoenix-client");
    const { createDataset } = clientOf("@arizeai/phoenix-client/datasets");
    const client = createClient({
      options: { baseUrl: url, headers: { Authorization: "Bearer p1" } },
    });
    const kept = { id: "EC-gift", input, output: null, metadata, splits: ["P0"] };
    const examples = [{ ...kept, spanId: "00f067aa0ba902b7" }];
    await createDataset({ client, name: "failure-evals", description: "d", examples });
  },
  async deepeval(url) {
    process.env["CONFIDENT_API_KEY"] = "confident_us_1";
    process.env["CONFIDENT_REGION"] = "US";
    process.env["DEEPEVAL_TELEMETRY_OPT_OUT"] = "YES";
    // Its address is a constant of a file that its package does not export.
    const dist = join(resolve(folder), "node_modules/deepeval/dist");
    clientOf(join(dist, "confident/api.js")).API_BASE_URL = url;
    const { EvaluationDataset } = clientOf(join(dist, "dataset/dataset.js"));
    const { Golden } = clientOf(join(dist, "dataset/golden.js"));
    const golden = new Golden({
      input: input.message,
      additionalMetadata: metadata,
      comments: "a title",
      expectedTools: [{ name: "lookup", inputParameters: { a: 1 } }],
      sourceFile: "evals/cases/EC-gift.yaml",
      customColumnKeyValues: { severity: "P0" },
    });
    await new EvaluationDataset({ goldens: [golden] }).push({ alias: "failure-evals" });
  },
};

await new Promise((done) => void server.listen(0, "127.0.0.1", done));
const url = `http://127.0.0.1:${server.address().port}`;
for (const [name, send] of Object.entries(clients)) {
  console.log(`\n# ${name}`);
  try {
    await send(url);
  } catch (error) {
    console.log(`# it stopped: ${error.message}`);
  }
}
process.exit(0);
