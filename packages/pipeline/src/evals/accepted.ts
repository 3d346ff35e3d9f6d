import { z } from "zod";
import { isObject, valuesAt } from "./pointer.ts";

type JsonSchema = Readonly<Record<string, unknown>>;

/** What a schema accepts at a place of a document, in words; "" where it cannot be said. */
export type Accepted = (path: readonly (string | number)[]) => string;

/**
 * Tells what a schema accepts, for messages to whoever wrote a file.
 *
 * @param written  the document as it stands: a union is narrowed to what its author meant (`type: output:path`)
 */
export function acceptedBy(schema: z.ZodType, written: unknown): Accepted {
  const root: unknown = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return (path) => {
    let found: readonly JsonSchema[] = branches(root, root);
    for (const [index, part] of path.entries()) {
      const place = path.slice(0, index);
      const meant = narrowed(found, valueAt(written, place));
      found = meant.flatMap((each) => branches(inside(each, part), root));
    }
    return words(narrowed(found, valueAt(written, path)));
  };
}

function valueAt(written: unknown, path: readonly (string | number)[]): unknown {
  const parts = path.map((part) => String(part).replaceAll("~", "~0").replaceAll("/", "~1"));
  return valuesAt(written, parts.map((part) => `/${part}`).join(""))[0];
}

/** A schema's alternatives, references followed. */
function branches(schema: unknown, root: unknown): readonly JsonSchema[] {
  if (!isObject(schema)) return [];
  const { $ref: reference, anyOf, oneOf } = schema;
  if (typeof reference === "string") {
    return valuesAt(root, reference.replace(/^#/, "")).flatMap((target) => branches(target, root));
  }
  const options: unknown = anyOf ?? oneOf;
  if (!Array.isArray(options)) return [schema];
  return options.flatMap((option: unknown) => branches(option, root));
}

/** Of several alternatives those whose fixed keys (`type: …`) are as written; all of them where that leaves none. */
function narrowed(options: readonly JsonSchema[], value: unknown): readonly JsonSchema[] {
  if (!isObject(value)) return options;
  const meant = options.filter(({ properties }) => {
    if (!isObject(properties)) return false;
    return Object.entries(properties).every(
      ([key, inner]) => !isObject(inner) || !("const" in inner) || inner["const"] === value[key],
    );
  });
  return meant.length > 0 ? meant : options;
}

function inside(schema: JsonSchema, part: string | number): unknown {
  const { properties, additionalProperties, items } = schema;
  if (typeof part === "number") return items;
  return isObject(properties) && Object.hasOwn(properties, part)
    ? properties[part]
    : additionalProperties;
}

function words(options: readonly JsonSchema[]): string {
  return [...new Set(options.map(word))].filter((text) => text !== "").join(", ");
}

function word(schema: JsonSchema): string {
  const { properties, items, type } = schema;
  if ("const" in schema) return String(schema["const"]);
  if (Array.isArray(schema["enum"])) return schema["enum"].map(String).join(", ");
  if (isObject(properties)) return `the keys ${Object.keys(properties).join(", ")}`;
  if (type === "array") {
    const each = isObject(items) ? word(items) : "";
    return each === "" ? "a list" : `a list of ${each}`;
  }
  return typeof type === "string" ? (typeWords[type] ?? type) : "";
}

const typeWords: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  object: "a map",
  null: "nothing",
};
