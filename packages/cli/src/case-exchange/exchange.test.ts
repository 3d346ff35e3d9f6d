// `rootward cases export` and `cases import` as a person calls them, and what goes over the wire, against an endpoint on this machine.
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { products } from "@rootward/pipeline/evals/exchange/products";
import type { ProductName } from "@rootward/pipeline/evals/exchange/products";
import { langsmithId } from "@rootward/pipeline/evals/exchange/langsmith";
import { buildCase } from "@rootward/pipeline/testing/build-case";
import { deskCase, deskProject } from "../testing/desk.ts";
import { converse } from "./converse.ts";
import type { Api } from "./converse.ts";

const root = mkdtempSync(join(tmpdir(), "rootward-exchange-"));
const program = fileURLToPath(new URL("../main.ts", import.meta.url));
const loader = createRequire(import.meta.url).resolve("tsx");

interface Taken {
  readonly request: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** What came, and what is answered: by `METHOD path`, else `{}`. */
const taken: Taken[] = [];
let answers: Record<
  string,
  { status?: number; headers?: Record<string, string>; value: unknown }[]
>;
let server: Server;
let url = "";

beforeAll(async () => {
  server = createServer((request, response) => {
    void request.toArray().then((chunks: Buffer[]) => {
      const key = `${request.method} ${request.url}`;
      taken.push({
        request: key,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
      const queue = answers[key] ?? answers[key.split("?")[0] ?? ""] ?? [];
      const answer = (queue.length > 1 ? queue.shift() : queue[0]) ?? { value: {} };
      response.writeHead(answer.status ?? 200, {
        "content-type": "application/json",
        ...answer.headers,
      });
      response.end(typeof answer.value === "string" ? answer.value : JSON.stringify(answer.value));
    });
  });
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  rmSync(root, { recursive: true, force: true });
});

beforeEach(() => {
  taken.length = 0;
  answers = {};
});

const cases = [
  {
    evalCase: buildCase({
      grader: "judge",
      judge: {
        rubric: "../rubrics/gift.md",
        votes: 1,
        inputs: ["input", "output"],
        reference: { answer: "60 EUR" },
      },
    }),
    file: "evals/cases/EC-gift.yaml",
    cassette: [],
    rubric: null,
  },
];

async function send(
  name: ProductName,
  keys: readonly string[],
  base = url,
  stop = new AbortController().signal,
): Promise<number | null> {
  const { title, headers, converse: talk } = products[name];
  const api: Api = {
    title,
    url: base,
    headers: headers(keys),
    keys: products[name].keys.join(" and "),
  };
  const place = { dataset: "failure-evals", project: "rootward", overwrite: false };
  const patience = { stop, onWait: () => undefined };
  return await converse(talk(cases, place), api, patience);
}

describe("over the wire", () => {
  test("LangSmith: a form as langsmith 0.12.0 writes it, byte for byte but for its boundary", async () => {
    const id = "0b1f6a1e-7b7c-4c5e-9d3c-6d8a1f1f0a11";
    answers = { "GET /datasets": [{ value: [{ id }] }], "GET /examples": [{ value: [] }] };
    expect(await send("langsmith", ["lsv2_1"])).toBe(3);
    const form = taken[2];
    expect(form?.request).toBe(`POST /v1/platform/datasets/${id}/examples`);
    expect(form?.headers["x-api-key"]).toBe("lsv2_1");
    const boundary = /boundary=(\S+)/.exec(String(form?.headers["content-type"]))?.[1] ?? "none";
    const example = langsmithId("failure-evals", "EC-gift");
    const part = (name: string, text: string) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="blob"\r\nContent-Type: application/json\r\n\r\n${text}\r\n`;
    const body = form?.body.replace(/"metadata":\{.*\},"split"/, '"metadata":{},"split"');
    expect(body?.trimEnd()).toBe(
      part(example, '{"metadata":{},"split":"P0"}') +
        part(`${example}.inputs`, '{"message":"What is the limit for gifts?"}') +
        part(`${example}.outputs`, '{"answer":"60 EUR"}') +
        `--${boundary}--`,
    );
  });

  test("what is stopped sends no further request", async () => {
    const stop = new AbortController();
    stop.abort();
    expect(await send("langsmith", ["lsv2_1"], url, stop.signal)).toBeNull();
    expect(taken).toEqual([]);
  });

  test.each([
    ["langfuse", ["pk-lf-1", "sk-lf-1"], "authorization", "Basic cGstbGYtMTpzay1sZi0x"],
    ["braintrust", ["sk-1"], "authorization", "Bearer sk-1"],
    ["phoenix", ["p1"], "authorization", "Bearer p1"],
    ["deepeval", ["confident_us_1"], "confident_api_key", "confident_us_1"],
  ] as const)(
    "%s: the keys stand where its own client puts them",
    async (name, keys, header, value) => {
      answers = {
        "POST /v1/project": [{ value: { id: "p" } }],
        "POST /v1/dataset": [{ value: { id: "d" } }],
        "GET /arize_phoenix_version": [{ value: "15.1.0" }],
      };
      await send(name, keys);
      for (const { headers, request } of taken) {
        expect(headers[header]).toBe(value);
        if (request.startsWith("POST")) expect(headers["content-type"]).toBe("application/json");
      }
      expect(taken.length).toBeGreaterThan(0);
    },
  );

  test("a product that asks to wait is asked again", async () => {
    const busy = { status: 429, headers: { "retry-after": "0" }, value: { message: "slow down" } };
    answers = { "POST /api/public/dataset-items": [busy, { value: {} }] };
    expect(await send("langfuse", ["a", "b"])).toBe(2);
    expect(taken.map(({ request }) => request)).toEqual([
      "POST /api/public/v2/datasets",
      "POST /api/public/dataset-items",
      "POST /api/public/dataset-items",
    ]);
  });

  test("a refusal names product, address, request, status, what is accepted and what was said", async () => {
    answers = { "POST /v1/project": [{ status: 422, value: { error: "name is reserved" } }] };
    await expect(send("braintrust", ["x"])).rejects.toThrow(
      `Braintrust at ${url} answered 422 to POST /v1/project (accepted: 200 to 299): {"error":"name is reserved"}`,
    );
    answers = { "POST /v1/project": [{ status: 401, value: "no" }] };
    await expect(send("braintrust", ["x"])).rejects.toThrow(
      "it does not accept BRAINTRUST_API_KEY",
    );
    answers = { "POST /v1/project": [{ status: 404, value: "no" }] };
    await expect(send("braintrust", ["x"])).rejects.toThrow("is --url the address of its API?");
  });

  test("an address that ends with the version is not given it twice", async () => {
    answers = {
      "GET /v1/datasets": [{ value: [{ id: "d" }] }],
      "GET /v1/examples": [{ value: [] }],
    };
    await send("langsmith", ["k"], `${url}/v1`);
    expect(taken.at(-1)?.request).toBe("POST /v1/platform/datasets/d/examples");
  });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function rootward(
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const keys = [
    "LANGFUSE_PUBLIC_KEY",
    "LANGFUSE_SECRET_KEY",
    "LANGSMITH_API_KEY",
    "PHOENIX_API_KEY",
  ];
  const unset = Object.fromEntries(keys.map((key) => [key, ""]));
  const child = spawn(
    process.execPath,
    ["--conditions=rootward-source", "--import", loader, program, "cases", ...args],
    { cwd: folder, env: { ...process.env, ...unset, ...env } },
  );
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => (stderr += chunk));
  return await new Promise((resolve) =>
    child.on("close", (code) => resolve({ code, stdout, stderr })),
  );
}

let projects = 0;

function project(...made: readonly ReturnType<typeof deskCase>[]): string {
  projects += 1;
  const folder = join(root, `p${projects}`);
  mkdirSync(folder);
  deskProject(folder, "honest", made);
  return folder;
}

describe("cases export", () => {
  test("to a product: with keys of the environment, the same requests each time, and what was lost", async () => {
    const folder = project(deskCase(), deskCase({ id: "EC-draft", status: "draft" }));
    const args = ["export", "--to", "langfuse", "--url", `${url}/`];
    const env = { LANGFUSE_PUBLIC_KEY: "pk-lf-1", LANGFUSE_SECRET_KEY: "sk-lf-1" };
    const { code, stdout, stderr } = await rootward(folder, args, env);
    expect(stdout).toBe(`Langfuse at ${url}: dataset failure-evals, 1 case in 2 requests\n`);
    expect(stderr).toContain("environment.cassette: not sent: Langfuse has no recorded tools");
    expect(code).toBe(0);
    const first = taken.map(({ request, body }) => [request, body]);
    taken.length = 0;
    await rootward(folder, args, env);
    expect(taken.map(({ request, body }) => [request, body])).toEqual(first);
  });

  test("a dry run prints what would be sent, without a key, and asks nobody", async () => {
    const dry = ["export", "--to", "langsmith", "--dry-run", "--url", url];
    const { code, stdout, stderr } = await rootward(project(deskCase()), dry);
    expect(stdout).toContain(`GET ${url}/datasets?limit=1&name=failure-evals`);
    expect(stdout).toMatch(/POST \S+\/v1\/platform\/datasets\/\S+\/examples/);
    expect(stderr).toContain("nothing was sent");
    expect(taken).toEqual([]);
    expect(code).toBe(0);
  });

  test("wrong options name the option, the value and what is accepted", async () => {
    const folder = project(deskCase());
    const wrong: readonly (readonly [readonly string[], string])[] = [
      [["--to", "excel"], '--to is "excel"; accepted are promptfoo, jsonl, langfuse'],
      [["--to", "langfuse"], "LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY are not set"],
      [["--to", "phoenix"], "--url is missing: the address of Phoenix, or set PHOENIX_HOST"],
      [["--to", "phoenix", "EC-gift"], "gets all active cases; leave out EC-gift"],
      [["--to", "jsonl", "EC-none"], "EC-none is no case of evals; there are EC-gift"],
      [["--to", "langsmith", "--out", "x"], "--out: langsmith takes no file"],
    ];
    for (const [args, message] of wrong) {
      const { code, stderr } = await rootward(folder, ["export", ...args]);
      expect(stderr).toContain(message);
      expect(code).toBe(2);
    }
    expect(taken).toEqual([]);
  });

  test("a malformed case stops the export before anything is written or sent", async () => {
    const folder = project(deskCase(), deskCase({ id: "EC-wrong", severity: "P9" }));
    const { code, stderr, stdout } = await rootward(folder, ["export", "--to", "jsonl"]);
    expect(stderr).toMatch(/nothing is exported from evals: .*EC-wrong\.yaml:\d+:\d+: severity/);
    expect(stdout).toBe("");
    expect(code).toBe(1);
  });

  test("to promptfoo: a config with its module beside it; a config of somebody else stays", async () => {
    const folder = project(deskCase());
    const args = ["export", "--to", "promptfoo", "--out", "pf/promptfooconfig.yaml"];
    const { code, stderr } = await rootward(folder, args);
    expect(code).toBe(0);
    expect(stderr).toContain("citations:subset-of-retrieved: a javascript assertion");
    const path = join(folder, "pf/promptfooconfig.yaml");
    const text = readFileSync(path, "utf8");
    expect(parse(text)).toMatchObject({
      providers: [
        {
          id: "file://rootward-promptfoo.mjs",
          config: {
            folder: "..",
            agents: {
              desk: {
                run: [process.execPath, "agent.mjs"],
                toolUrls: ["TOOLS"],
                timeoutMs: 30_000,
              },
            },
          },
        },
      ],
      tests: [
        {
          options: { repeat: 2 },
          metadata: {
            case_id: "EC-gift",
            agent: "desk",
            cassette: "../evals/cases/../cassettes/EC-gift",
          },
        },
      ],
    });
    expect(existsSync(join(folder, "pf/rootward-promptfoo.mjs"))).toBe(true);
    await rootward(folder, args);
    expect(readFileSync(path, "utf8")).toBe(text);
    writeFileSync(path, "prompts: [mine]\n");
    const refused = await rootward(folder, args);
    expect(refused.stderr).toContain("is a config that was not written by this command");
    expect(refused.code).toBe(2);
    expect(readFileSync(path, "utf8")).toBe("prompts: [mine]\n");
  });

  test("to DeepEval as a file: goldens under the key names that its loader reads", async () => {
    const folder = project(deskCase());
    await rootward(folder, ["export", "--to", "deepeval", "--out", "goldens.json"]);
    expect(JSON.parse(readFileSync(join(folder, "goldens.json"), "utf8"))).toEqual([
      {
        name: "EC-gift",
        input: "What is the limit for gifts?",
        expected_output: null,
        expected_tools: [],
        comments: "Cites a rule that retrieval did not return",
        source_file: "evals/cases/EC-gift.yaml",
        additional_metadata: expect.objectContaining({ severity: "P0" }) as unknown,
      },
    ]);
  });
});

describe("cases import", () => {
  const tests = `tests:
  - description: Answers the gift question
    vars: {message: What is the gift limit?}
    assert:
      - {type: contains, value: 60 EUR}
      - {type: similar, value: sixty}
  - vars: {message: hello}
    assert: [{type: llm-rubric, value: Is friendly.}]
`;

  test("writes drafts that the gate's own reader takes; a second import changes nothing", async () => {
    const folder = project(deskCase());
    writeFileSync(join(folder, "pf.yaml"), tests);
    const args = ["import", "pf.yaml", "--from", "promptfoo", "--workflow", "desk", "--by", "jo"];
    const { code, stdout, stderr } = await rootward(folder, args);
    expect(stdout).toMatch(
      /EC-answers-the-gift-question-[0-9a-f]{8}\.yaml {3}P1 draft, from pf\.yaml:2: output:contains/,
    );
    expect(stdout).toContain("2 drafts written");
    expect(stderr).toContain('pf.yaml:2: not mapped: assert {"type":"similar"');
    expect(code).toBe(0);
    const files = readdirSync(join(folder, "evals/cases"));
    const name = files.find((file) => file.startsWith("EC-answers")) ?? "";
    const written = readFileSync(join(folder, "evals/cases", name), "utf8");
    expect(written).toContain("# not mapped: assert");
    expect(parse(written)).toMatchObject({
      status: "draft",
      owner: "@jo",
      agent: "desk",
      provenance: { origin: "imported", source: "promptfoo: pf.yaml" },
    });
    expect(readdirSync(join(folder, "evals/rubrics"))).toHaveLength(1);
    const list = await rootward(folder, ["list"]);
    expect(list.code).toBe(0);
    writeFileSync(join(folder, "evals/cases", name), `${written}# looked at\n`);
    const again = await rootward(folder, args);
    expect(again.stdout).toContain("0 drafts written, 2 there already and left as they are");
    expect(readFileSync(join(folder, "evals/cases", name), "utf8")).toContain("# looked at");
  });

  test("a wrong file is named with line and column, and nothing is written", async () => {
    const folder = project(deskCase());
    writeFileSync(join(folder, "pf.yaml"), `${tests}  - assert: 7\n`);
    const args = ["import", "pf.yaml", "--from", "promptfoo", "--workflow", "desk"];
    const { code, stderr } = await rootward(folder, args);
    expect(stderr).toMatch(/nothing is imported: pf\.yaml:9:13: tests\.2\.assert is 7/);
    expect(code).toBe(1);
    expect(readdirSync(join(folder, "evals/cases"))).toEqual(["EC-gift.yaml"]);
    const usage = await rootward(folder, ["import", "pf.yaml", "--from", "excel"]);
    expect(usage.stderr).toContain(
      '--from is "excel"; accepted are promptfoo, jsonl, openai-evals',
    );
    expect(usage.code).toBe(2);
  });

  test("what one repository exports as JSON lines another one imports, with the recordings", async () => {
    const from = project(deskCase());
    const to = project();
    await rootward(from, ["export", "--to", "jsonl", "--out", join(to, "cases.jsonl")]);
    const dry = await rootward(to, ["import", "cases.jsonl", "--from", "jsonl", "--dry-run"]);
    expect(dry.stdout).toContain("1 draft would be written");
    expect(readdirSync(join(to, "evals/cases"))).toEqual([]);
    await rootward(to, ["import", "cases.jsonl", "--from", "jsonl"]);
    const tape = (folder: string) =>
      readFileSync(join(folder, "evals/cassettes/EC-gift/lookup.jsonl"), "utf8");
    expect(tape(to)).toBe(tape(from));
    const read = (folder: string): Record<string, unknown> =>
      parse(readFileSync(join(folder, "evals/cases/EC-gift.yaml"), "utf8")) as Record<
        string,
        unknown
      >;
    expect(read(to)).toMatchObject({
      ...read(from),
      status: "draft",
      provenance: { origin: "imported", source: "jsonl: cases.jsonl" },
    });
  });
});
