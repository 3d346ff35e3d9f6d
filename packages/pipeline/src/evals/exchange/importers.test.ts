import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { EvalCase } from "../../model/evalcase.ts";
import { anyCase, buildCase, everyAssertion } from "../../testing/build-case.ts";
import { readCase } from "../casefile.ts";
import type { ExportedCase } from "./exported.ts";
import { importers } from "./importers.ts";
import type { ImportName } from "./importers.ts";
import { writeImported } from "./imported.ts";
import type { Import, ImportedCase, ImportSetting } from "./imported.ts";
import { jsonlFile } from "./jsonl.ts";
import { promptfooFile } from "./promptfoo.ts";

function setting(from: ImportName, more: Partial<ImportSetting> = {}): ImportSetting {
  return {
    from,
    file: "tests.yaml",
    workflow: "desk",
    agent: null,
    by: "@mira",
    today: "2026-11-27",
    version: "0.1.0",
    ...more,
  };
}

function imported(from: ImportName, text: string, more: Partial<ImportSetting> = {}): Import {
  const read = importers[from](text, setting(from, more));
  if (!read.ok) throw new Error(read.errors.join("\n"));
  return read.value;
}

function only(from: ImportName, text: string): ImportedCase {
  const { cases, left } = imported(from, text);
  expect(left).toEqual([]);
  const [first] = cases;
  if (first === undefined || cases.length > 1) throw new Error(`${cases.length} cases`);
  return first;
}

function errorsOf(from: ImportName, text: string): readonly string[] {
  const read = importers[from](text, setting(from));
  if (read.ok) throw new Error("it was read");
  return read.errors;
}

const recording = {
  tool: "lookup",
  args: { query: "limit" },
  result: { documents: [{ id: "DOC-1" }] },
  from: { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", span_id: "00f067aa0ba902b7" },
};

function exported(evalCase: EvalCase): ExportedCase {
  const file = `evals/cases/${evalCase.id}.yaml`;
  return { evalCase, file, cassette: [recording], rubric: null };
}

/** A case with what an import decides anew made the same. */
function kept(evalCase: EvalCase): EvalCase {
  const { source: _, ...provenance } = evalCase.provenance;
  return { ...evalCase, status: "draft", provenance: { ...provenance, origin: "imported" } };
}

describe("JSON lines", () => {
  test("what was exported comes back as it was, as an imported draft, with its recordings", () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyCase, { selector: ({ id }) => id, minLength: 1 }), (cases) => {
        const text = jsonlFile(cases.map(exported));
        const { cases: back, left } = imported("jsonl", text, { workflow: null });
        expect(left).toEqual([]);
        expect(back.map(({ evalCase }) => kept(evalCase))).toEqual(cases.map(kept));
        for (const { evalCase, recordings } of back) {
          expect([evalCase.status, evalCase.provenance.origin]).toEqual(["draft", "imported"]);
          expect(recordings).toEqual([recording]);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("a second export and import changes nothing more", () => {
    fc.assert(
      fc.property(anyCase, (evalCase) => {
        const [once] = imported("jsonl", jsonlFile([exported(evalCase)])).cases;
        const [twice] = imported("jsonl", jsonlFile([exported(once?.evalCase ?? evalCase)])).cases;
        expect(twice?.evalCase).toEqual(once?.evalCase);
      }),
      { numRuns: 30 },
    );
  });

  test("a written import is a valid case file", () => {
    fc.assert(
      fc.property(anyCase, (evalCase) => {
        const [back] = imported("jsonl", jsonlFile([exported(evalCase)])).cases;
        if (back === undefined) throw new Error("no case");
        expect(readCase(writeImported(back), "x.yaml")).toMatchObject({
          ok: true,
          value: back.evalCase,
        });
      }),
      { numRuns: 30 },
    );
  });

  test("a row of another product becomes a draft; what has no place is a note", () => {
    const row = { id: "17", input: "What is the limit?", expected: "60 EUR", score: 0.4 };
    const { evalCase, notes, place } = only("jsonl", `\n${JSON.stringify(row)}\n`);
    expect(evalCase).toMatchObject({
      id: expect.stringMatching(/^EC-what-is-the-limit-[0-9a-f]{8}$/) as unknown,
      severity: "P1",
      failure_class: "quality",
      status: "draft",
      input: { message: "What is the limit?" },
      assert: [{ type: "output:contains", value: "60 EUR" }],
      provenance: { origin: "imported", source: "jsonl: tests.yaml" },
    });
    expect(notes).toEqual([
      expect.stringContaining("expected is asked as"),
      "not mapped: score 0.4",
    ]);
    expect(place).toBe("tests.yaml:2");
  });

  test("every wrong line is named, and nothing is taken", () => {
    const lines = [
      JSON.stringify({ input: "ok", expected: "ok" }),
      "not JSON",
      '{"output": 1}',
      "[]",
    ];
    const errors = errorsOf("jsonl", lines.join("\n"));
    expect(errors).toHaveLength(3);
    expect(errors[0]).toMatch(
      /^tests\.yaml:2: "not JSON" is no JSON object; accepted: one on each/,
    );
    expect(errors[1]).toMatch(/^tests\.yaml:4: "\[\]" is no JSON object/);
    expect(errors[2]).toMatch(/^tests\.yaml:3: input: .*accepted: a case .* or a row/);
    expect(errorsOf("jsonl", "")).toEqual([expect.stringContaining("the file is empty")]);
  });

  test("a wrong assertion in a case is named with its path", () => {
    const wrong = { ...buildCase(), assert: [{ type: "output:contains" }] };
    expect(errorsOf("jsonl", JSON.stringify(wrong)).join()).toMatch(
      /^tests\.yaml:1: assert\.0\.value: /,
    );
  });
});

const agents = {
  desk: { run: ["node", "agent.mjs"], timeoutMs: 1_000, env: {}, toolUrls: ["TOOLS"] },
};
const promptfoo = {
  agents,
  folder: ".",
  folderOf: () => "evals/cases",
  trials: {},
};

describe("promptfoo", () => {
  test("what was exported gives its assertions, id, severity and input back", () => {
    fc.assert(
      fc.property(anyCase, (evalCase) => {
        const text = promptfooFile([exported(evalCase)], promptfoo);
        const { cases } = imported("promptfoo", text, { workflow: null });
        const unaskable = evalCase.assert.every(({ type }) =>
          [
            "trajectory:tool-args-schema",
            "trajectory:tool-args-supported",
            "handoff:contract",
            "module",
          ].includes(type),
        );
        if (unaskable) return;
        const back = cases[0]?.evalCase;
        for (const key of [
          "id",
          "severity",
          "failure_class",
          "workflow",
          "input",
          "assert",
        ] as const)
          expect(back?.[key]).toEqual(evalCase[key]);
      }),
      { numRuns: 60 },
    );
  });

  test("a config of somebody else becomes drafts, with what was not mapped in notes", () => {
    const text = `# yaml-language-server: $schema=https://promptfoo.dev/config-schema.json
prompts: [file://prompt.txt]
providers: [openai:gpt-6]
redteam: {plugins: [pii]}
defaultTest:
  vars: {language: en}
  assert:
    - {type: latency, threshold: 4000}
tests:
  - description: Answers the gift question
    vars: {message: What is the gift limit?}
    assert:
      - {type: icontains, value: 60 eur}
      - {type: trajectory:tool-used, value: [lookup], metric: looks it up}
      - {type: similar, value: sixty, threshold: 0.8}
      - {type: javascript, value: "output.length < 100"}
  - vars: {message: hello}
    assert:
      - {type: llm-rubric, value: Is friendly., provider: openai:gpt-6-mini}
  - vars: {message: nothing}
    assert: [{type: python, value: "True"}]
`;
    const { cases, left, remarks } = imported("promptfoo", text);
    expect(cases.map(({ evalCase, place }) => [evalCase.title, evalCase.grader, place])).toEqual([
      ["Answers the gift question", "assertion", "tests.yaml:10"],
      ["hello (imported from promptfoo)", "judge", "tests.yaml:17"],
      ["nothing (imported from promptfoo)", "assertion", "tests.yaml:20"],
    ]);
    expect(left).toEqual([]);
    expect(remarks).toEqual([
      "tests.yaml:2: prompts are not taken: the agent gets the variables as its input",
      "tests.yaml:4: redteam is not mapped",
    ]);
    const [first, second] = cases;
    expect(first?.evalCase.input).toEqual({ language: "en", message: "What is the gift limit?" });
    expect(first?.evalCase.assert).toEqual([
      { type: "budget", value: { ms: 4000 } },
      { type: "output:matches", value: "60 [eE][uU][rR]" },
      { type: "trajectory:tool-used", value: ["lookup"], id: "looks it up" },
    ]);
    expect(first?.notes).toEqual([
      'not mapped: assert {"type":"similar","value":"sixty","threshold":0.8}',
      'not mapped: assert {"type":"javascript","value":"output.length < 100"}',
    ]);
    expect(first && writeImported(first)).toContain('# not mapped: assert {"type":"similar"');
    expect(second?.rubric?.text).toBe(
      `---\nschema: rubric/v1\nid: ${second?.evalCase.id}\nverdicts:\n  - pass\n  - fail\nmodel: gpt-6-mini\n---\nIs friendly.\n`,
    );
    expect(second?.evalCase.judge?.rubric).toBe(`../rubrics/${second?.evalCase.id}.md`);
  });

  test("a test of which nothing can be asked is left, with its place and what it asserts", () => {
    const text = `- vars: {q: a}\n  assert: [{type: python, value: "True"}]\n- vars: {q: b}\n`;
    expect(imported("promptfoo", text).left).toEqual([
      {
        place: "tests.yaml:1",
        why: 'nothing of it can be asked here (not mapped: assert {"type":"python","value":"True"})',
      },
      { place: "tests.yaml:3", why: "nothing of it can be asked here (it asserts nothing)" },
    ]);
  });

  test("an assertion on an output that a script changed before, or of weight 0, is a note", () => {
    const text = `- description: Calls the weather tool
  vars: {city: Paris}
  options: {transform: "output[0].name"}
  assert:
    - {type: equals, value: get_weather}
    - {type: trajectory:tool-used, value: get_weather}
- description: Names the city somewhere
  vars: {city: Paris}
  assert:
    - {type: contains, value: Paris, transform: output.city}
    - {type: contains, value: France, weight: 0}
    - {type: contains, value: Seine}
`;
    const { cases } = imported("promptfoo", text);
    expect(cases.map(({ evalCase }) => evalCase.assert)).toEqual([
      [{ type: "trajectory:tool-used", value: "get_weather" }],
      [{ type: "output:contains", value: "Seine" }],
    ]);
    expect(cases.map(({ notes }) => notes.length)).toEqual([2, 2]);
  });

  test("lists among the variables make a case of each combination, as in promptfoo", () => {
    const text = `- description: Greets politely
  vars: {name: [Ann, Bo], tone: [warm, cold]}
  assert: [{type: contains, value: Hello}]`;
    const { cases } = imported("promptfoo", text);
    expect(cases.map(({ evalCase }) => evalCase.input)).toEqual([
      { name: "Ann", tone: "warm" },
      { name: "Ann", tone: "cold" },
      { name: "Bo", tone: "warm" },
      { name: "Bo", tone: "cold" },
    ]);
    expect(new Set(cases.map(({ evalCase }) => evalCase.id)).size).toBe(4);
  });

  test("every mistake is named with file, line, column and what is accepted", () => {
    expect(errorsOf("promptfoo", "tests:\n  - assert: nonsense\n")).toEqual([
      expect.stringMatching(/^tests\.yaml:2:13: tests\.0\.assert is "nonsense"/),
    ]);
    expect(errorsOf("promptfoo", "tests: file://more.yaml\n").join()).toMatch(
      /^tests\.yaml:1:8: tests is "file:\/\/more\.yaml": expected a list of tests/,
    );
    expect(errorsOf("promptfoo", "tests: [\n").join()).toMatch(/^tests\.yaml:2:1: /);
    expect(errorsOf("promptfoo", "prompts: [a]\n").join()).toMatch(/tests is missing/);
  });
});

describe("promptfoo's assertions by text mean the same here", () => {
  const holds = (type: string, value: unknown, output: string): boolean => {
    const text = JSON.stringify([{ vars: { q: "x" }, assert: [{ type, value }] }]);
    const [assertion] = imported("promptfoo", text).cases[0]?.evalCase.assert ?? [];
    if (assertion?.type === "output:matches") return new RegExp(assertion.value, "u").test(output);
    if (assertion?.type === "output:contains" || assertion?.type === "output:not-contains") {
      const parts = [assertion.value].flat();
      return assertion.type === "output:contains"
        ? parts.every((part) => output.includes(part))
        : parts.every((part) => !output.includes(part));
    }
    throw new Error(`${type} became ${JSON.stringify(assertion)}`);
  };
  /** What promptfoo itself does. Source: promptfoo's documentation, "Deterministic assertions". */
  const itself: Readonly<Record<string, (value: string, output: string) => boolean>> = {
    contains: (value, output) => output.includes(value),
    "not-contains": (value, output) => !output.includes(value),
    icontains: (value, output) => output.toLowerCase().includes(value.toLowerCase()),
    "not-icontains": (value, output) => !output.toLowerCase().includes(value.toLowerCase()),
    equals: (value, output) => output === value,
    "not-equals": (value, output) => output !== value,
    "starts-with": (value, output) => output.startsWith(value),
    "not-starts-with": (value, output) => !output.startsWith(value),
  };
  // Letters of which case is a matter of one character, and what patterns treat in their own way.
  const letters = "aAbBzZ09 ._-/$^*+?()[]{}|\\\n\"'é".split("");
  const text = fc.string({
    unit: fc.constantFrom(...letters),
    minLength: 1,
    maxLength: 6,
  });

  test.each(Object.keys(itself))("%s", (type) => {
    fc.assert(
      fc.property(text, text, text, (value, before, after) => {
        fc.pre(!/\{\{|\{%|\{#/.test(value) && value.trim() !== "");
        for (const output of [value, value.toUpperCase(), before + value + after, before])
          expect(holds(type, value, output)).toBe(itself[type]?.(value, output));
      }),
      { numRuns: 80 },
    );
  });
});

describe("OpenAI Evals", () => {
  const graded = {
    object: "eval",
    id: "eval_1",
    name: "Ticket labels",
    testing_criteria: [
      {
        type: "string_check",
        name: "label",
        input: "{{sample.output_text}}",
        reference: "{{item.label}}",
        operation: "ilike",
      },
      { type: "text_similarity", name: "near", evaluation_metric: "bleu" },
    ],
  };
  const run = {
    object: "eval.run",
    id: "evalrun_1",
    eval_id: "eval_1",
    data_source: {
      type: "completions",
      source: {
        type: "file_content",
        content: [
          { item: { text: "My screen is black", label: "Hardware" } },
          { item: { text: "I forgot it", label: "Access" } },
        ],
      },
      input_messages: {
        type: "template",
        template: [
          { role: "developer", content: "Label the ticket." },
          { role: "user", content: "{{ item.text }}" },
        ],
      },
    },
  };

  test("an eval with its run: a draft for each row, with messages and graders filled in", () => {
    const text = JSON.stringify({ evals: [graded], runs: [run] }, null, 2);
    const { cases, remarks } = imported("openai-evals", text, { file: "evals.json" });
    expect(cases.map(({ evalCase }) => evalCase.title)).toEqual([
      "My screen is black",
      "I forgot it",
    ]);
    expect(cases[0]?.evalCase.input).toEqual([
      { role: "developer", content: "Label the ticket." },
      { role: "user", content: "My screen is black" },
    ]);
    expect(cases[0]?.evalCase.assert).toEqual([
      { type: "output:matches", value: "[hH][aA][rR][dD][wW][aA][rR][eE]", id: "label" },
    ]);
    expect(cases[0]?.notes).toEqual([
      'not mapped: grader {"type":"text_similarity","name":"near","evaluation_metric":"bleu"}',
    ]);
    expect(cases[0]?.place).toMatch(/^evals\.json:\d+$/);
    expect(Number(cases[1]?.place.split(":")[1])).toBeGreaterThan(
      Number(cases[0]?.place.split(":")[1]),
    );
    expect(remarks).toEqual([]);
  });

  test("output items of several runs are one case for each row", () => {
    const item = (id: string) => ({
      object: "eval.run.output_item",
      id,
      eval_id: "eval_1",
      datasource_item: { text: "My screen is black", label: "Hardware" },
      results: [{ name: "label", passed: true }],
      sample: { input: [{ role: "user", content: "My screen is black" }], output: [] },
    });
    const lines = [graded, item("a"), item("b")].map((each) => JSON.stringify(each)).join("\n");
    const { evalCase } = only("openai-evals", lines);
    expect(evalCase.input).toEqual({ message: "My screen is black" });
    expect(evalCase.assert).toHaveLength(1);
  });

  test("uploaded rows without messages keep what graders do not look at", () => {
    const row = { item: { text: "My screen is black", label: "Hardware" } };
    const lines = [graded, row].map((each) => JSON.stringify(each)).join("\n");
    expect(only("openai-evals", lines).evalCase.input).toEqual({ text: "My screen is black" });
  });

  test("graders by a model become a rubric with the labels that pass", () => {
    const judged = {
      ...graded,
      testing_criteria: [
        {
          type: "label_model",
          model: "gpt-6-mini",
          input: [{ role: "developer", content: "Is {{item.text}} a matter of hardware?" }],
          labels: ["yes", "no"],
          passing_labels: ["yes"],
        },
      ],
    };
    const row = { item: { text: "a black screen" } };
    const lines = [judged, row].map((each) => JSON.stringify(each)).join("\n");
    const { rubric, evalCase } = only("openai-evals", lines);
    expect(evalCase.grader).toBe("judge");
    expect(rubric?.text).toMatch(
      /model: gpt-6-mini\n---\nIs a black screen a matter of hardware\?\n\nPass if the label is yes\.\n$/,
    );
  });

  test("samples of the open-source registry: input and ideal", () => {
    const sample = {
      input: [
        { role: "system", content: "Answer in one word." },
        { role: "system", content: "Rome", name: "example_assistant" },
        { role: "user", content: "Capital of France?" },
      ],
      ideal: ["Paris", "paris"],
    };
    const { evalCase } = only("openai-evals", JSON.stringify(sample));
    expect(evalCase.input).toEqual(sample.input);
    expect(evalCase.assert).toEqual([{ type: "output:matches", value: "Paris|paris" }]);
  });

  test("a file that is none says what is accepted", () => {
    expect(errorsOf("openai-evals", '{"spans": []}').join()).toMatch(
      /^tests\.yaml:1: a record with spans; accepted: an eval/,
    );
    expect(errorsOf("openai-evals", "nonsense").join()).toMatch(/^tests\.yaml:1: "nonsense" is no/);
    expect(errorsOf("openai-evals", JSON.stringify(graded)).join()).toMatch(/it holds no item/);
  });
});

describe("every import", () => {
  const keys =
    "tests defaultTest vars assert type value metadata options case_id input expected ideal item datasource_item sample data data_source source content testing_criteria reference operation schema recordings evals eval_id input_messages template title".split(
      " ",
    );
  const deep = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom(null, true, 0, "", "x", "{{item.a}}", "file://x"),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...keys), tie("value"), { maxKeys: 4 }),
    ),
  })).value;
  const texts = fc.oneof(
    fc.string({ maxLength: 60 }),
    deep.map((value) => JSON.stringify(value)),
    fc
      .array(deep, { maxLength: 3 })
      .map((each) => each.map((one) => JSON.stringify(one)).join("\n")),
    deep.map((value) => JSON.stringify({ tests: [value] })),
    deep.map((value) => JSON.stringify({ item: value, testing_criteria: [value] })),
  );

  test.each(["promptfoo", "jsonl", "openai-evals"] as const)(
    "%s: whatever a file holds, it gives valid drafts or says at which line why not",
    (from) => {
      fc.assert(
        fc.property(texts, (text) => {
          const read = importers[from](text, setting(from));
          if (!read.ok) {
            expect(read.errors.length).toBeGreaterThan(0);
            for (const error of read.errors) expect(error).toMatch(/^tests\.yaml:\d+/);
            return;
          }
          for (const each of read.value.cases)
            expect(readCase(writeImported(each), "x.yaml")).toMatchObject({ ok: true });
          for (const { place } of read.value.left) expect(place).toMatch(/^tests\.yaml:\d+/);
        }),
        { numRuns: 300 },
      );
    },
  );

  const row = (input: unknown, more: object = {}) =>
    JSON.stringify({ input, expected: "x y", ...more });

  test("has ids without counters: the same record the same id, wherever it stands", () => {
    const alone = only("jsonl", row("What is the limit?")).evalCase.id;
    const among = imported("jsonl", [row("a b c"), row("What is the limit?")].join("\n"));
    expect(among.cases.map(({ evalCase }) => evalCase.id)).toContain(alone);
  });

  test("tells records of one input apart by what they assert; equal ones are one", () => {
    const lines = [row("same"), row("same", { expected: "z" }), row("same")];
    const { cases, left } = imported("jsonl", lines.join("\n"));
    expect(new Set(cases.map(({ evalCase }) => evalCase.id)).size).toBe(2);
    expect(left).toEqual([
      { place: "tests.yaml:3", why: "it is the same as the one at tests.yaml:1" },
    ]);
  });

  test("refuses what looks like a secret, and a record without a workflow", () => {
    const secret = `sk-${"a1".repeat(16)}`;
    expect(imported("jsonl", row(`use ${secret}`)).left[0]?.why).toContain("looks like an API key");
    const { left } = imported("jsonl", row("hello"), { workflow: null });
    expect(left[0]?.why).toBe("it names no workflow; give one with --workflow");
  });

  test("never lowers a severity below what the class demands, and says so", () => {
    const said = row("hello", { metadata: { severity: "P2" } });
    const { evalCase, notes } = only("jsonl", said);
    expect(evalCase.severity).toBe("P1");
    expect(notes.join()).toContain("severity P2: failure class quality is at least P1");
  });
});

describe("the promptfoo config", () => {
  const test_ = (evalCase: EvalCase) => {
    const text = promptfooFile([exported(evalCase)], promptfoo);
    return { text, config: parse(text) as { tests: Record<string, unknown>[] } };
  };

  test("asks what promptfoo has by its own assertions, the rest by javascript, and says what it leaves out", () => {
    const { config, text } = test_(buildCase({ assert: [...everyAssertion] }));
    const asserts = config.tests[0]?.["assert"] as { type: string; metric: string }[];
    const types = new Map(asserts.map(({ metric, type }) => [metric, type]));
    const left = everyAssertion.filter(({ type, id }) => !types.has(id ?? type));
    expect(left.map(({ type }) => type)).toEqual([
      "trajectory:tool-args-schema",
      "trajectory:tool-args-supported",
      "handoff:contract",
      "module",
    ]);
    for (const { type } of left) expect(text).toContain(`# EC-gift ${type}: left out: `);
    expect(Object.fromEntries(types)).toMatchObject({
      "output:contains": "contains-all",
      "output:not-contains": "not-contains",
      "output:matches": "regex",
      "output:json-schema": "is-json",
      "trajectory:tool-used": "trajectory:tool-used",
      "not-trajectory:tool-used": "not-trajectory:tool-used",
      "trajectory:tool-args-match": "trajectory:tool-args-match",
      "citations:subset-of-retrieved": "javascript",
      "downstream:validator": "javascript",
    });
    expect(asserts.filter(({ metric }) => metric === "cheap").map(({ type }) => type)).toEqual([
      "latency",
      "cost",
      "javascript",
    ]);
  });

  test("says where a count of steps means something else there", () => {
    const of = (type: "tool" | "span") =>
      test_(buildCase({ assert: [{ type: "trajectory:step-count", value: { type, max: 3 } }] }))
        .text;
    expect(of("tool")).not.toContain("counts spans of its own");
    expect(of("span")).toContain("# EC-gift trajectory:step-count: promptfoo tells kinds of steps");
  });

  test("keeps a text that looks like a template from being read as one", () => {
    const { config } = test_(
      buildCase({
        title: "A title with {{braces}} in it",
        assert: [{ type: "output:contains", value: "{% if x %}" }],
      }),
    );
    expect(config.tests[0]).toMatchObject({
      description: "{% raw %}EC-gift [P0] A title with {{braces}} in it{% endraw %}",
      assert: [{ type: "contains", value: "{% raw %}{% if x %}{% endraw %}" }],
    });
  });

  test("repeats as the gate tries; a P2 is scored and never fails", () => {
    expect(test_(buildCase()).config.tests[0]).toMatchObject({ options: { repeat: 9 } });
    const p2 = buildCase({ severity: "P2", failure_class: "formatting" });
    expect(test_(p2).config.tests[0]).toMatchObject({ threshold: 0, options: { repeat: 3 } });
    expect(test_(buildCase()).config.tests[0]).not.toHaveProperty("threshold");
  });

  test("leaves out a case of which promptfoo can ask nothing: it would always pass", () => {
    const { config, text } = test_(
      buildCase({ assert: [{ type: "trajectory:tool-args-supported" }] }),
    );
    expect(config.tests).toEqual([]);
    expect(text).toContain("EC-gift case: left out: promptfoo can ask none of its assertions");
  });
});
