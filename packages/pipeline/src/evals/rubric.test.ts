import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readLabels, writeLabels } from "./labels.ts";
import { readRubric, writeRubric } from "./rubric.ts";

const file = "evals/rubrics/figures.md";

function errorsOf(
  read: { ok: true } | { ok: false; errors: readonly string[] },
): readonly string[] {
  return read.ok ? [] : read.errors;
}

describe("a rubric", () => {
  test("is front matter and the text below it", () => {
    const text = `---
schema: rubric/v1
id: figures
model: judge-1
params: {max_output_tokens: 400, temperature: default}
calibration: other.labels.jsonl
---

Fail an answer that states a figure that no passage states.
---
Pass it otherwise.
`;
    expect(readRubric(text, file)).toEqual({
      ok: true,
      value: {
        schema: "rubric/v1",
        id: "figures",
        verdicts: ["pass", "fail"],
        model: "judge-1",
        params: { max_output_tokens: 400, temperature: "default" },
        calibration: "other.labels.jsonl",
        text: "Fail an answer that states a figure that no passage states.\n---\nPass it otherwise.",
      },
    });
    expect(readRubric(`\uFEFF${text.replaceAll("\n", "\r\n")}`, file).ok).toBe(true);
  });

  test("that is written is read as it was", () => {
    const texts = fc.string({ minLength: 1 }).map((text) => `Fail ${text} now`);
    const models = fc.option(fc.string({ minLength: 1 }), { nil: null });
    fc.assert(
      fc.property(texts, models, (text, model) => {
        const read = readRubric(writeRubric({ id: "figures", model, text }), file);
        expect(read).toMatchObject({ ok: true, value: { text: text.replaceAll("\r\n", "\n") } });
        expect(read.ok && read.value.model).toBe(model ?? undefined);
      }),
    );
  });

  test.each([
    ["", "figures.md:1:1: the front matter is missing; accepted: a line ---, the keys schema, id"],
    ["Fail it.", "figures.md:1:1: the front matter is missing"],
    ["---\nschema: rubric/v1\nid: figures\n", "figures.md:1:1: the front matter is missing"],
    ["---\nschema: rubric/v1\nid: figures\n---\n \n", "figures.md:4:1: there is no text below"],
    [
      "---\nschema: rubric/v2\nid: figures\n---\nx",
      'figures.md:2:9: schema is "rubric/v2"; accepted: rubric/v1',
    ],
    [
      "---\nschema: rubric/v1\nid: other\n---\nx",
      'figures.md:3:1: id is "other"; accepted: figures',
    ],
    [
      "---\nschema: rubric/v1\nid: figures\nscale: 10\n---\nx",
      'figures.md:4:1: unknown key "scale"; accepted: the keys schema, id, verdicts',
    ],
    [
      "---\nschema: rubric/v1\nid: figures\nverdicts: [good, bad]\n---\nx",
      'figures.md:4:12: verdicts.0 is "good"; accepted: pass, fail',
    ],
    [
      "---\nschema: rubric/v1\nid: figures\nverdicts: [pass]\n---\nx",
      "figures.md:4:11: verdicts: expected [pass, fail]",
    ],
    [
      "---\nschema: rubric/v1\nid: figures\nparams: {temperature: hot}\n---\nx",
      'figures.md:4:23: params.temperature is "hot"; accepted: a number, default',
    ],
    ["---\nschema: [\n---\nx", "figures.md:"],
  ])("%j is refused with place, value and what is accepted", (text, error) => {
    expect(errorsOf(readRubric(text, file)).join("\n")).toContain(error);
  });
});

const label = {
  id: "L-1",
  trace_id: "7c1d",
  input: { message: "What is the limit?" },
  output: "It is 60 EUR.",
  retrieved: ["The limit is 50 EUR.", { id: "DOC-1", text: "Gifts" }],
  human: "fail",
  by: "@mira",
  at: "2026-10-15",
} as const;

describe("labels", () => {
  test("stand one on each line and come back as they were written", () => {
    const labels = [
      { ...label, retrieved: [...label.retrieved] },
      { ...label, id: "L-2", human: "pass" as const, output: { due: 1 }, retrieved: [] },
    ];
    const text = writeLabels(labels);
    expect(readLabels(`\uFEFF${text.replace("\n", "\r\n\r\n")}`, "l.jsonl")).toEqual({
      ok: true,
      value: labels,
    });
    expect(readLabels("\n", "l.jsonl")).toEqual({ ok: true, value: [] });
  });

  test("every line that is wrong is named with its column, what stands there and what is accepted", () => {
    const lines = [
      JSON.stringify(label),
      '{"id": "L-2", nonsense}',
      JSON.stringify({ ...label, id: "L-3", human: "unsure" }),
      JSON.stringify({ ...label, id: "L-4", score: 7 }),
      JSON.stringify(label),
      JSON.stringify({ ...label, id: "L-6", at: "yesterday" }),
      "[]",
    ];
    const errors = errorsOf(readLabels(lines.join("\n"), "l.jsonl"));
    expect(errors).toEqual([
      expect.stringMatching(
        /^l\.jsonl:2:\d+: "\{\\"id\\": \\"L-2\\", nonsense\}" is no JSON; accepted/,
      ),
      expect.stringMatching(/^l\.jsonl:3:\d\d\d: human is "unsure"; accepted: pass, fail$/),
      expect.stringMatching(
        /^l\.jsonl:4:\d\d\d: unknown key "score"; accepted: the keys id, trace_id/,
      ),
      "l.jsonl:5:1: label L-1 stands on line 1 too; accepted: each id once",
      expect.stringMatching(/^l\.jsonl:6:\d\d\d: at is "yesterday": expected a day, YYYY-MM-DD$/),
      expect.stringMatching(/^l\.jsonl:7:1: the document is of the wrong form; accepted: the keys/),
    ]);
  });

  test("whatever stands in a file, there are labels or errors that name the file", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const read = readLabels(text, "l.jsonl");
        if (!read.ok) for (const error of read.errors) expect(error).toMatch(/^l\.jsonl:\d+:\d+: /);
      }),
    );
  });
});
