import type { Assertion } from "../../model/assertion.ts";
import type { EvalCase } from "../../model/evalcase.ts";
import { isObject, valuesAt } from "../pointer.ts";
import { contentHash } from "./exported.ts";
import { draftsOf, oneRubric } from "./imported.ts";
import type { Importing, ImportSetting, SourceRecord } from "./imported.ts";
import { evalRecords } from "./openai-evals-records.ts";
import type { Criterion, EvalItem, EvalRecords } from "./openai-evals-records.ts";
import { anyCase, escaped, expectation } from "./texts.ts";

type Json = Readonly<Record<string, unknown>>;

const accepted =
  'an eval ({"testing_criteria": […]}), its runs ({"data_source": {"source": {"content": […]}}}), output items ({"datasource_item": …}), rows ({"item": …}) or samples ({"input", "ideal"})';

/**
 * Drafts from what OpenAI's hosted Evals gave out (evals, runs, output items, uploaded rows; JSON or JSON lines) and from samples of the
 * open-source registry. An item that several runs tested is one case. Graders by text become assertions, graders by a model a rubric.
 *
 * @source OpenAI API reference, "Evals" (string_check, label_model, score_model; `{{item.…}}`, `{{sample.output_text}}`); openai/evals, "Match"
 */
export function fromOpenaiEvals(text: string, setting: ImportSetting): Importing {
  const read = evalRecords(text, setting.file);
  if (!read.ok) return read;
  const { items, unknown } = read.value;
  if (items.length === 0) {
    const why = unknown.length === 0 ? ["it holds no item"] : unknown;
    return {
      ok: false,
      errors: why.map((each) =>
        each.startsWith(setting.file)
          ? `${each}; accepted: ${accepted}`
          : `${setting.file}:1: ${each}; accepted: ${accepted}`,
      ),
    };
  }
  const distinct = new Map(items.map((item) => [contentHash([item.evalId, item.item]), item]));
  const records = [...distinct.values()].map((item) => recordOf(item, read.value));
  const drafts = draftsOf(records, setting);
  return {
    ok: true,
    value: { ...drafts, remarks: unknown.map((each) => `${each}: not understood`) },
  };
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

/** A template with the item's fields filled in. What names nothing stays as it is. */
function filled(template: string, item: Json): string {
  return template.replaceAll(/\{\{\s*item\.([\w.]+)\s*\}\}/g, (whole, path: string) => {
    const values = valuesAt(item, `/${path.replaceAll(".", "/")}`);
    return values.length === 0 ? whole : asText(values[0]);
  });
}

interface Message {
  readonly role: string;
  readonly content: string;
  /** Tells examples in a system message apart. */
  readonly name?: string;
}

function contentOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (isObject(content) && typeof content["text"] === "string") return content["text"];
  if (Array.isArray(content)) return content.map(contentOf).join("\n");
  return asText(content);
}

function messagesOf(messages: readonly unknown[], item: Json): readonly Message[] {
  return messages.filter(isObject).map(({ role, content, name }) => ({
    role: typeof role === "string" ? role : "user",
    content: filled(contentOf(content), item),
    ...(typeof name === "string" ? { name } : {}),
  }));
}

/** The fields of a row that only graders look at. */
function referenced(criteria: readonly Criterion[]): ReadonlySet<string> {
  const text = JSON.stringify(criteria.map(({ reference }) => reference ?? ""));
  return new Set([...text.matchAll(/\{\{\s*item\.(\w+)/g)].map((match) => match[1] ?? ""));
}

function inputOf({ item, messages }: EvalItem, criteria: readonly Criterion[]): EvalCase["input"] {
  if (messages !== null && messages.length > 0) {
    const list = messagesOf(messages, item);
    const [only] = list;
    return list.length === 1 && only?.role === "user"
      ? { message: only.content }
      : list.map((message) => ({ ...message }));
  }
  if (typeof item["input"] === "string" && "ideal" in item) return { message: item["input"] };
  const hidden = referenced(criteria);
  const kept = Object.entries(item).filter(([key]) => !hidden.has(key));
  return Object.fromEntries(kept.length > 0 ? kept : Object.entries(item));
}

interface Asked {
  readonly assert: readonly Assertion[];
  readonly rubric: { readonly text: string; readonly model: string | null } | null;
  readonly notes: readonly string[];
}

const nothing: Asked = { assert: [], rubric: null, notes: [] };

/** The table of text comparisons. Source: OpenAI API reference, StringCheckGrader: operation. */
const comparisons: Readonly<Record<string, (text: string) => Assertion>> = {
  eq: (text) => ({ type: "output:matches", value: `^${escaped(text)}$` }),
  ne: (text) => ({ type: "output:matches", value: `^(?!${escaped(text)}$)` }),
  like: (text) => ({ type: "output:contains", value: text }),
  ilike: (text) => ({ type: "output:matches", value: anyCase(text) }),
};

function isOutput(template: unknown): boolean {
  return (
    typeof template === "string" && /^\{\{\s*sample\.output_text\s*\}\}$/.test(template.trim())
  );
}

function asked(criterion: Criterion, item: Json): Asked {
  const { type, name, input, reference, operation } = criterion;
  const note = { ...nothing, notes: [`not mapped: grader ${JSON.stringify(criterion)}`] };
  if (type === "string_check" && typeof reference === "string" && isOutput(input)) {
    const compare = comparisons[String(operation)];
    const text = filled(reference, item);
    if (!compare || text === "" || text.includes("{{")) return note;
    const id = typeof name === "string" && name !== "" ? { id: name } : {};
    return { ...nothing, assert: [{ ...compare(text), ...id }] };
  }
  if ((type === "label_model" || type === "score_model") && Array.isArray(input)) {
    const text = messagesOf(input, item).map(({ content }) => content);
    const labels = criterion["passing_labels"];
    const passing = Array.isArray(labels) ? [`Pass if the label is ${labels.join(" or ")}.`] : [];
    const model = typeof criterion["model"] === "string" ? criterion["model"] : null;
    const score =
      type === "score_model"
        ? [`not mapped: score threshold ${asText(criterion["pass_threshold"])}`]
        : [];
    return {
      assert: [],
      rubric: { text: [...text, ...passing].join("\n\n"), model },
      notes: score,
    };
  }
  return note;
}

function recordOf(entry: EvalItem, { criteria }: EvalRecords): SourceRecord {
  const [only] = criteria.size === 1 ? [...criteria.values()] : [];
  const own = (entry.evalId === null ? undefined : criteria.get(entry.evalId)) ?? only;
  const list = own?.list ?? [];
  const { item } = entry;
  const each = list.map((criterion) => asked(criterion, item));
  const ideal = "ideal" in item ? expectation(item["ideal"]) : { assert: [], notes: [] };
  const rubrics = each.flatMap(({ rubric }) => (rubric === null ? [] : [rubric]));
  const input = inputOf(entry, list);
  const last = Array.isArray(input) ? input.at(-1)?.["content"] : input["message"];
  return {
    place: entry.place,
    title:
      typeof last === "string" && last !== "" ? last : `${own?.name ?? "item"} ${asText(item)}`,
    input,
    assert: [...each.flatMap(({ assert }) => assert), ...ideal.assert],
    rubric: oneRubric(rubrics),
    notes: [...each.flatMap(({ notes }) => notes), ...ideal.notes],
    said: {},
    twin: "",
  };
}
