import { z } from "zod";
import { isObject } from "../pointer.ts";
import { parseYaml } from "../yaml.ts";
import { linesOf } from "./lines.ts";

type Json = Readonly<Record<string, unknown>>;

/** A grader of an eval, as OpenAI writes it. */
export type Criterion = Json;

/** One item to be tested, from wherever in an export it stands. */
export interface EvalItem {
  readonly place: string;
  /** The fields of the data source's row. */
  readonly item: Json;
  /** The messages that the model got, or the template that they are made by; null: not said. */
  readonly messages: readonly unknown[] | null;
  /** The eval it belongs to; null: not said. */
  readonly evalId: string | null;
}

/** Everything that is understood of an export of OpenAI Evals. */
export interface EvalRecords {
  /** Graders by the id of their eval. */
  readonly criteria: ReadonlyMap<
    string,
    { readonly name: string; readonly list: readonly Criterion[] }
  >;
  readonly items: readonly EvalItem[];
  /** What is none of the known records, each with its place and its keys. */
  readonly unknown: readonly string[];
}

interface Value {
  readonly value: unknown;
  readonly placeOf: (path: readonly (string | number)[]) => string;
}

/** The values of a file: one JSON document, or one on each line. */
function valuesOf(
  text: string,
  file: string,
): { readonly values: readonly Value[]; readonly errors: readonly string[] } {
  try {
    const value: unknown = JSON.parse(text);
    const lines = parseYaml(text, file, z.unknown());
    const placeOf = (path: readonly (string | number)[]) =>
      `${file}:${(lines.ok ? lines.lineOf(path) : null) ?? 1}`;
    return { values: [{ value, placeOf }], errors: [] };
  } catch {
    const { lines, errors } = linesOf(text, file);
    return { values: lines.map(({ place, value }) => ({ value, placeOf: () => place })), errors };
  }
}

/** Keys under which records stand inside others. */
const containers = ["data", "eval", "evals", "runs", "run", "items", "output_items"];

interface Collected {
  readonly criteria: Map<string, { readonly name: string; readonly list: readonly Criterion[] }>;
  readonly items: EvalItem[];
  readonly unknown: string[];
}

/** Where in a document a value stands. */
interface At {
  readonly path: readonly (string | number)[];
  readonly placeOf: Value["placeOf"];
  readonly evalId: string | null;
}

function visit(value: unknown, at: At, into: Collected): void {
  const { path, placeOf } = at;
  if (Array.isArray(value)) {
    value.forEach((each, index) => visit(each, { ...at, path: [...path, index] }, into));
    return;
  }
  const place = placeOf(path);
  if (!isObject(value)) {
    into.unknown.push(`${place}: ${JSON.stringify(value)?.slice(0, 60)} is no record`);
    return;
  }
  const own = typeof value["eval_id"] === "string" ? value["eval_id"] : at.evalId;
  const here = { ...at, evalId: own };
  if (takeEval(value, into) || takeItem(value, here, into) || takeRun(value, here, into)) return;
  const inside = containers.filter((key) => isObject(value[key]) || Array.isArray(value[key]));
  for (const key of inside) visit(value[key], { ...here, path: [...path, key] }, into);
  if (inside.length === 0)
    into.unknown.push(`${place}: a record with ${Object.keys(value).slice(0, 6).join(", ")}`);
}

/** @returns whether it was an eval */
function takeEval({ testing_criteria: list, id, name }: Json, into: Collected): boolean {
  if (!Array.isArray(list)) return false;
  const key = typeof id === "string" ? id : "";
  const title = typeof name === "string" ? name : key;
  into.criteria.set(key, { name: title, list: list.filter(isObject) });
  return true;
}

/** @returns whether it was an output item, a row or a sample */
function takeItem(value: Json, { path, placeOf, evalId }: At, into: Collected): boolean {
  const place = placeOf(path);
  const sample = isObject(value["sample"]) ? value["sample"] : {};
  const messages = Array.isArray(sample["input"]) ? sample["input"] : null;
  const item = value["datasource_item"] ?? value["item"];
  if (isObject(item)) {
    // A row may be wrapped once more, as it was in the file that was uploaded.
    const row = isObject(item["item"]) ? item["item"] : item;
    into.items.push({ place, item: row, messages, evalId });
    return true;
  }
  if (!("ideal" in value && "input" in value)) return false;
  const input = Array.isArray(value["input"]) ? value["input"] : null;
  into.items.push({ place, item: value, messages: input, evalId });
  return true;
}

/** @returns whether it was a run with its rows in it */
function takeRun(
  { data_source: data }: Json,
  { path, placeOf, evalId }: At,
  into: Collected,
): boolean {
  if (!isObject(data) || !isObject(data["source"])) return false;
  const content = data["source"]["content"];
  if (!Array.isArray(content)) return false;
  const input = isObject(data["input_messages"]) ? data["input_messages"] : {};
  const messages = Array.isArray(input["template"]) ? input["template"] : null;
  for (const [index, row] of content.entries()) {
    const item = isObject(row) && isObject(row["item"]) ? row["item"] : null;
    const place = placeOf([...path, "data_source", "source", "content", index]);
    if (item === null) into.unknown.push(`${place}: a row without "item"`);
    else into.items.push({ place, item, messages, evalId });
  }
  return true;
}

/** Reads an export: evals, runs with their rows, output items, uploaded rows, samples of the open-source registry. */
export function evalRecords(
  text: string,
  file: string,
):
  | { readonly ok: true; readonly value: EvalRecords }
  | { readonly ok: false; readonly errors: readonly string[] } {
  const { values, errors } = valuesOf(text, file);
  if (errors.length > 0) return { ok: false, errors };
  const collected: Collected = { criteria: new Map(), items: [], unknown: [] };
  for (const { value, placeOf } of values)
    visit(value, { path: [], placeOf, evalId: null }, collected);
  return { ok: true, value: collected };
}
