// What the clients send is printed by scripts/record-dataset-clients.mjs; the expectations below are that, with our values.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EvalCase } from "../../model/evalcase.ts";
import { anyCase, buildCase } from "../../testing/build-case.ts";
import type { ApiAnswer, ApiCall, Conversation } from "./api.ts";
import { contentHash, uuidOf } from "./exported.ts";
import type { ExportedCase } from "./exported.ts";
import { langsmithId } from "./langsmith.ts";
import { products, productNames } from "./products.ts";

function exported(evalCase: EvalCase): ExportedCase {
  const recording = {
    tool: "lookup",
    args: { query: "limit" },
    result: { documents: [{ id: "DOC-1" }] },
    from: { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", span_id: "00f067aa0ba902b7" },
  };
  const file = `evals/cases/${evalCase.id}.yaml`;
  return { evalCase, file, cassette: [recording], rubric: null };
}

function exportedOf(more: Partial<EvalCase> = {}): ExportedCase {
  return exported(buildCase(more));
}

const place = { dataset: "failure-evals", project: "rootward", overwrite: false };
const gift = exportedOf({
  provenance: {
    origin: "written",
    traces: [
      {
        trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
        span_id: "00f067aa0ba902b7",
        role: "failing",
      },
    ],
    created: { at: "2026-10-06", by: "@mira", tool: "rootward/0.1.0" },
  },
});

/** The calls of a conversation that is answered by the given answers in order, and then by nothing in particular. */
function calls(conversation: Conversation, answers: readonly unknown[]): ApiCall[] {
  const made: ApiCall[] = [];
  let step = conversation.next();
  while (step.done !== true) {
    made.push(step.value);
    const given = answers[made.length - 1] ?? {};
    const answer: ApiAnswer = isAnswer(given) ? given : { status: 200, value: given };
    step = conversation.next(answer);
  }
  return made;
}

function isAnswer(value: unknown): value is ApiAnswer {
  return typeof value === "object" && value !== null && "status" in value;
}

function sent({ method, path, body }: ApiCall) {
  if (body === null) return { method, path };
  return { method, path, body: body.kind === "json" ? body.value : body.parts };
}

/** Metadata is free in every product: what the client was given was less than what a case says. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, entry: unknown) =>
      key === "metadata" || key === "additionalMetadata" ? "…" : entry,
    ),
  );
}

const id = "11111111-1111-4111-8111-111111111111";

describe("Langfuse gets what @langfuse/client 5.11.1 sends", () => {
  test("the dataset, then an item a case", () => {
    const made = calls(products.langfuse.converse([gift], place), []);
    expect(plain(made.map(sent))).toEqual([
      {
        method: "POST",
        path: "/api/public/v2/datasets",
        body: { name: "failure-evals", metadata: "…" },
      },
      {
        method: "POST",
        path: "/api/public/dataset-items",
        body: {
          datasetName: "failure-evals",
          id: "EC-gift",
          input: { message: "What is the limit for gifts?" },
          expectedOutput: null,
          metadata: "…",
          sourceTraceId: "4bf92f3577b34da6a3ce929d0e0e4736",
          sourceObservationId: "00f067aa0ba902b7",
          status: "ACTIVE",
        },
      },
    ]);
  });

  test("a retired case is archived", () => {
    const retired = exportedOf({ status: "retired" });
    const [, item] = calls(products.langfuse.converse([retired], place), []);
    expect(item?.body).toMatchObject({ value: { status: "ARCHIVED" } });
  });
});

describe("LangSmith gets what langsmith 0.12.0 sends", () => {
  const dataset = "0b1f6a1e-7b7c-4c5e-9d3c-6d8a1f1f0a11";
  const example = langsmithId("failure-evals", "EC-gift");
  const judged = exportedOf({
    grader: "judge",
    judge: {
      rubric: "../rubrics/gift.md",
      votes: 1,
      inputs: ["input", "output"],
      reference: { answer: "60 EUR" },
    },
  });
  const parts = [
    { name: example, value: { metadata: "…", split: "P0" } },
    { name: `${example}.inputs`, value: { message: "What is the limit for gifts?" } },
    { name: `${example}.outputs`, value: { answer: "60 EUR" } },
  ];
  const listing = {
    method: "GET",
    path: `/examples?dataset=${dataset}&inline_s3_urls=true&id=${example}&offset=0&limit=100`,
  };

  test("no dataset of that name: it is made, and the case added", () => {
    const made = calls(products.langsmith.converse([judged], place), [[], { id: dataset }, []]);
    expect(plain(made.map(sent))).toEqual([
      { method: "GET", path: "/datasets?limit=1&name=failure-evals" },
      {
        method: "POST",
        path: "/datasets",
        body: {
          name: "failure-evals",
          description: expect.any(String) as unknown,
          extra: { source: "sdk" },
          data_type: "kv",
        },
      },
      listing,
      { method: "POST", path: `/v1/platform/datasets/${dataset}/examples`, body: parts },
    ]);
  });

  test("a case that is there is changed in place", () => {
    const there = [[{ id: dataset, name: "failure-evals" }], [{ id: example }]];
    const made = calls(products.langsmith.converse([judged], place), there);
    expect(plain(made.map(sent))).toEqual([
      { method: "GET", path: "/datasets?limit=1&name=failure-evals" },
      listing,
      { method: "PATCH", path: `/v1/platform/datasets/${dataset}/examples`, body: parts },
    ]);
  });

  test("ids are UUIDs of version 5, one for each dataset", () => {
    expect(example).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(langsmithId("other", "EC-gift")).not.toBe(example);
    expect(uuidOf("a")).toBe(uuidOf("a"));
  });
});

test("Braintrust gets what @braintrust/api 0.1.1 sends", () => {
  const made = calls(products.braintrust.converse([gift], place), [{ id }, { id }]);
  expect(plain(made.map(sent))).toEqual([
    { method: "POST", path: "/v1/project", body: { name: "rootward" } },
    { method: "POST", path: "/v1/dataset", body: { name: "failure-evals", project_id: id } },
    {
      method: "POST",
      path: `/v1/dataset/${id}/insert`,
      body: {
        events: [
          {
            id: "EC-gift",
            input: { message: "What is the limit for gifts?" },
            expected: null,
            metadata: "…",
            tags: ["P0", "compliance"],
          },
        ],
      },
    },
  ]);
});

describe("Phoenix gets what @arizeai/phoenix-client 6.14.2 sends", () => {
  test("its version is asked, then all cases go at once", () => {
    const made = calls(products.phoenix.converse([gift], place), ["15.1.0"]);
    const upload = made[1]?.body;
    expect(made.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /arize_phoenix_version",
      "POST /v1/datasets/upload?sync=true",
    ]);
    expect(upload).toMatchObject({
      value: {
        name: "failure-evals",
        action: "update",
        inputs: [{ message: "What is the limit for gifts?" }],
        outputs: [{}],
        metadata: [{ case_id: "EC-gift", severity: "P0" }],
        splits: [["P0"]],
        span_ids: ["00f067aa0ba902b7"],
        example_ids: ["EC-gift"],
      },
    });
  });

  test("an older server is refused before anything is sent", () => {
    for (const version of ["14.9.0", "<!doctype html>", ""])
      expect(() => calls(products.phoenix.converse([gift], place), [version])).toThrow(
        "need 15.0.0 or newer",
      );
  });
});

describe("Confident AI gets what deepeval 0.1.32 sends", () => {
  const called = exportedOf({
    assert: [
      { type: "trajectory:tool-args-match", value: { name: "lookup", args: { a: 1 } } },
      { type: "trajectory:tool-sequence", value: ["lookup", "quote"] },
    ],
  });

  test("all goldens at once, with the tools that must be called", () => {
    const made = calls(products.deepeval.converse([called], place), []);
    expect(plain(made.map(sent))).toEqual([
      {
        method: "POST",
        path: "/v1/datasets/failure-evals",
        body: {
          finalized: true,
          goldens: [
            {
              input: "What is the limit for gifts?",
              additionalMetadata: "…",
              comments: "Cites a rule that retrieval did not return",
              expectedTools: [{ name: "lookup", inputParameters: { a: 1 } }, { name: "quote" }],
              sourceFile: "evals/cases/EC-gift.yaml",
              customColumnKeyValues: { case_id: "EC-gift", severity: "P0" },
            },
          ],
        },
      },
    ]);
  });

  test("a dataset that is there is replaced only where that is said", () => {
    const conflict = { status: 409, value: { message: "exists" } };
    expect(() => calls(products.deepeval.converse([gift], place), [conflict])).toThrow(
      'has a dataset "failure-evals" already; --overwrite replaces its goldens',
    );
    const overwriting = products.deepeval.converse([gift], { ...place, overwrite: true });
    const made = calls(overwriting, [conflict]);
    expect(made).toHaveLength(2);
    expect(made[1]?.body).toMatchObject({ value: { overwrite: true, finalized: true } });
  });

  test("the region is in the key, as its own client infers it", () => {
    expect(products.deepeval.url(["confident_eu_1"])).toBe("https://eu.api.confident-ai.com");
    expect(products.deepeval.url(["confident_us_1"])).toBe("https://api.confident-ai.com");
  });
});

describe("every product", () => {
  const answers: Readonly<Record<string, readonly unknown[]>> = {
    langsmith: [[{ id }], []],
    braintrust: [{ id }, { id }],
    phoenix: ["15.0.0"],
  };

  test.each(productNames)("%s: the same cases give the same requests, twice", (name) => {
    const made = (cases: readonly ExportedCase[]) =>
      calls(products[name].converse(cases, place), answers[name] ?? []);
    fc.assert(
      fc.property(fc.array(anyCase, { minLength: 1, maxLength: 4 }), (cases) => {
        const once = made(cases.map(exported));
        expect(made(cases.map(exported))).toEqual(once);
        for (const { id: caseId } of cases) expect(JSON.stringify(once)).toContain(caseId);
      }),
      { numRuns: 30 },
    );
  });

  test.each(productNames)("%s: says what becomes of assertions and recordings", (name) => {
    const losses = products[name].losses(gift);
    expect(losses.map(({ part }) => part)).toEqual(
      expect.arrayContaining(["assert", "environment.cassette"]),
    );
    expect(losses.every(({ caseId, why }) => caseId === "EC-gift" && why.length > 10)).toBe(true);
  });

  test.each(productNames)("%s: its metadata holds what the gate would ask", (name) => {
    const made = calls(products[name].converse([gift], place), answers[name] ?? []);
    const text = JSON.stringify(made.map(sent));
    for (const part of ["citations:subset-of-retrieved", "case_sha256", "P0", "compliance"])
      expect(text).toContain(part);
  });
});

test("an answer without an id says that this is no such API", () => {
  expect(() => calls(products.braintrust.converse([gift], place), [{}])).toThrow(
    'POST /v1/project was answered without "id": is --url the address of the API?',
  );
});

test("more cases than go into one request go into several", () => {
  const many: ExportedCase[] = Array.from({ length: 201 }, (_, index) =>
    exportedOf({ id: `EC-${index}` }),
  );
  const made = calls(products.braintrust.converse(many, place), [{ id }, { id }]);
  expect(made).toHaveLength(2 + 3);
});

test("a case's hash depends on what it says, not on the order of its keys", () => {
  expect(contentHash({ a: 1, b: { c: 2, d: undefined } })).toBe(contentHash({ b: { c: 2 }, a: 1 }));
  expect(contentHash({ a: 1 })).not.toBe(contentHash({ a: 2 }));
});
