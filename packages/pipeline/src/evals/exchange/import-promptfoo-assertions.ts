import { Assertion } from "../../model/assertion.ts";
import { isObject } from "../pointer.ts";
import { anyCase, escaped } from "./texts.ts";

/** An assertion as promptfoo's files hold it. */
export interface PromptfooGiven {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** What one becomes: assertions, a rubric for a judge, or a note that keeps it. */
interface FromPromptfoo {
  readonly assert: readonly Assertion[];
  readonly rubric: { readonly text: string; readonly model: string | null } | null;
  readonly note: string | null;
}

/** Types whose names and values are ours too. */
const same = new Set([
  "trajectory:tool-used",
  "not-trajectory:tool-used",
  "trajectory:tool-sequence",
  "trajectory:tool-args-match",
  "trajectory:step-count",
]);

/** A value that is a text, without the template marks that keep promptfoo from reading it as one. */
function textOf(value: unknown): string | null {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string" || value.startsWith("file://")) return null;
  const raw = /^\{% raw %\}([\s\S]*)\{% endraw %\}$/.exec(value)?.[1];
  return raw ?? (/\{\{|\{%/.test(value) ? null : value);
}

function textsOf(value: unknown): readonly string[] | null {
  if (!Array.isArray(value)) return null;
  const texts = value.map(textOf).filter((each) => each !== null);
  return texts.length === value.length && texts.length > 0 ? texts : null;
}

function matches(pattern: string): Assertion {
  return { type: "output:matches", value: pattern };
}

/** A pattern that holds where the given one occurs nowhere. */
function lacking(pattern: string): Assertion {
  return matches(String.raw`^(?![\s\S]*(?:${pattern}))`);
}

/** The table for types that stand on one text. */
const onText: Readonly<Record<string, (text: string) => Assertion>> = {
  contains: (value) => ({ type: "output:contains", value }),
  "not-contains": (value) => ({ type: "output:not-contains", value }),
  icontains: (text) => matches(anyCase(text)),
  "not-icontains": (text) => lacking(anyCase(text)),
  equals: (text) => matches(`^${escaped(text)}$`),
  "not-equals": (text) => matches(String.raw`^(?!${escaped(text)}$)`),
  "starts-with": (text) => matches(`^${escaped(text)}`),
  "not-starts-with": (text) => matches(String.raw`^(?!${escaped(text)})`),
  regex: (pattern) => matches(pattern),
  "not-regex": (pattern) => lacking(pattern),
};

/** The table for types that stand on several texts. */
const onTexts: Readonly<Record<string, (texts: readonly string[]) => Assertion>> = {
  "contains-all": (texts) => ({ type: "output:contains", value: [...texts] }),
  "not-contains-any": (texts) => ({ type: "output:not-contains", value: [...texts] }),
  "contains-any": (texts) => matches(texts.map(escaped).join("|")),
  "icontains-any": (texts) => matches(texts.map(anyCase).join("|")),
  "icontains-all": (texts) =>
    matches(`^${texts.map((text) => String.raw`(?=[\s\S]*${anyCase(text)})`).join("")}`),
};

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern, "u").source !== "";
  } catch {
    return false;
  }
}

function found(given: PromptfooGiven): Assertion | null {
  const { type, value, threshold } = given;
  const text = textOf(value);
  const texts = textsOf(value);
  const byText = onText[type];
  const byTexts = onTexts[type];
  if (byText && text !== null && (!type.endsWith("regex") || isPattern(text))) return byText(text);
  if (byTexts && texts !== null) return byTexts(texts);
  if (same.has(type)) return Assertion.safeParse({ type, value }).data ?? null;
  if (type === "is-json" && isObject(value))
    return { type: "output:json-schema", value: { ...value } };
  if (type === "is-json" && value === undefined)
    return { type: "output:json-schema", value: { type: ["object", "array"] } };
  if (typeof threshold !== "number" || threshold <= 0) return null;
  if (type === "latency") return { type: "budget", value: { ms: threshold } };
  return type === "cost" ? { type: "budget", value: { usd: threshold } } : null;
}

/** The model as its endpoint calls it: `openai:chat:gpt-6-mini` is `gpt-6-mini`. Ids of other providers stay as they are. */
function modelOf({ provider }: PromptfooGiven): string | null {
  const id = isObject(provider) ? provider["id"] : provider;
  if (typeof id !== "string") return null;
  return id.replace(/^(openai|anthropic):((chat|responses|completion|messages):)?/, "");
}

/** Types whose value is what a model judges by. */
const judged = new Set(["llm-rubric", "model-graded-closedqa", "g-eval"]);

/** The name that a metric gives, where it can be an assertion's id. */
function named(assertion: Assertion, { metric }: PromptfooGiven): Assertion {
  return typeof metric === "string" && metric.trim() !== "" && metric !== assertion.type
    ? { ...assertion, id: metric }
    : assertion;
}

/** Types that look at the output: one that a script changed before is another one. */
function looksAtOutput({ type }: PromptfooGiven): boolean {
  return !type.includes("trajectory:") && type !== "latency" && type !== "cost";
}

/**
 * One of promptfoo's assertions here. What has no counterpart (scripts, similarity, files, templates, other judges, an output that is
 * transformed before, a weight of 0, which never fails a test) is a note that holds it.
 *
 * @param isTransformed  whether the test changes the output before its assertions see it
 */
export function mappedFromPromptfoo(given: PromptfooGiven, isTransformed: boolean): FromPromptfoo {
  const noted = { assert: [], rubric: null, note: `not mapped: assert ${JSON.stringify(given)}` };
  const isOther = looksAtOutput(given) && (isTransformed || given["transform"] !== undefined);
  if (isOther || given["weight"] === 0) return noted;
  const text = textOf(given["value"]);
  if (judged.has(given.type) && text !== null)
    return { assert: [], rubric: { text, model: modelOf(given) }, note: null };
  const assertion = found(given);
  if (assertion === null) return noted;
  return { assert: [named(assertion, given)], rubric: null, note: null };
}
