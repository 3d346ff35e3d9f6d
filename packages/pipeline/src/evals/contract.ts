import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { Contract, ContractCheck } from "../model/workflow.ts";
import { valuesAt } from "./pointer.ts";

/** Violations of a JSON Schema by a value, each `pointer: what`; empty when it holds. */
export type SchemaCheck = (value: unknown) => readonly string[];

let shared: Ajv2020 | null = null;

/** The schema of schemas takes longer to compile than a hundred small ones: what ajv itself does not refuse is told by `malformed`. */
function newAjv(): Ajv2020 {
  const ajv = new Ajv2020({ allErrors: true, strict: false, validateSchema: false });
  formats.default(ajv);
  return ajv;
}

const counts = /^(min|max)(Length|Items|Properties|Contains)$/;

/** What is wrong with a keyword's value, beyond its type, as the schema of schemas has it; null where nothing is. */
function malformed(schema: unknown, path = "#"): string | null {
  if (typeof schema !== "object" || schema === null) return null;
  for (const [key, value] of Object.entries(schema)) {
    const at = `${path}/${key}`;
    const told = `${at} is ${JSON.stringify(value)}`;
    const isName = /\/(properties|patternProperties|\$defs|definitions|dependentSchemas)$/.test(
      path,
    );
    if (!isName && ["const", "enum", "default", "examples"].includes(key)) continue;
    if (!isName && counts.test(key) && !(Number.isSafeInteger(value) && Number(value) >= 0))
      return `${told}; accepted: a whole number from 0 on`;
    if (!isName && key === "multipleOf" && !(Number(value) > 0))
      return `${told}; accepted: a number above 0`;
    if (!isName && key === "required" && Array.isArray(value)) {
      if (!value.every((name) => typeof name === "string")) return `${told}; accepted: names`;
      continue;
    }
    const inner = malformed(value, at);
    if (inner !== null) return inner;
  }
  return null;
}

/**
 * One compiler for all schemas: its own rules take longer to compile than a hundred small schemas. A schema that names itself gets one of
 * its own, since two versions of a file may share a name.
 */
function ajvFor(written: string): Ajv2020 {
  if (/"\$(id|schema)"/.test(written)) return newAjv();
  shared ??= newAjv();
  return shared;
}

const compiled = new Map<string, SchemaCheck>();
const compiledMost = 1_000;

/**
 * Compiles a JSON Schema (2020-12, with formats). Equal schemas are compiled once.
 *
 * @throws Error  if the schema itself is invalid; the message says where
 */
export function compileSchema(schema: object): SchemaCheck {
  const written = JSON.stringify(schema);
  const known = compiled.get(written);
  if (known) return known;
  const wrong = malformed(schema);
  if (wrong !== null) throw new Error(`the schema is invalid: ${wrong}`);
  const validate = ajvFor(written).compile(schema);
  const check: SchemaCheck = (value) => {
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      (error) => `${error.instancePath || "/"}: ${error.message ?? "is invalid"}`,
    );
  };
  if (compiled.size >= compiledMost) compiled.clear();
  compiled.set(written, check);
  return check;
}

const dateForms: Readonly<Record<"offset" | "utc" | "date", { pattern: RegExp; words: string }>> = {
  offset: {
    pattern: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/,
    words: "a date with its offset",
  },
  utc: { pattern: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z$/, words: "a date in UTC" },
  date: { pattern: /^\d{4}-\d{2}-\d{2}$/, words: "a calendar day" },
};

type PointerRule = (output: unknown) => readonly string[];

function eachAt(
  pointers: Readonly<Record<string, unknown>>,
  judge: (pointer: string, value: unknown) => string | null,
): PointerRule {
  return (output) =>
    Object.keys(pointers).flatMap((pointer) =>
      valuesAt(output, pointer).flatMap((value) => judge(pointer, value) ?? []),
    );
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 80) ?? "nothing";
}

function pointerRules(contract: Contract): PointerRule[] {
  const { not_null = [], dates = {}, enums = {}, ranges = {} } = contract;
  return [
    (output) =>
      not_null.flatMap((pointer) => {
        const values = valuesAt(output, pointer);
        return values.length === 0 || values.some((value) => value === null || value === "")
          ? [`${pointer}: is ${values.length === 0 ? "missing" : "null"}`]
          : [];
      }),
    eachAt(dates, (pointer, value) => {
      const form = dateForms[dates[pointer] ?? "offset"];
      return typeof value === "string" && form.pattern.test(value)
        ? null
        : `${pointer}: ${shown(value)} is not ${form.words}`;
    }),
    eachAt(enums, (pointer, value) => {
      const accepted: readonly unknown[] = enums[pointer] ?? [];
      return accepted.includes(value)
        ? null
        : `${pointer}: ${shown(value)} is none of ${accepted.join(", ")}`;
    }),
    eachAt(ranges, (pointer, value) => {
      const { min = -Infinity, max = Infinity } = ranges[pointer] ?? {};
      return typeof value === "number" && value >= min && value <= max
        ? null
        : `${pointer}: ${shown(value)} is not between ${min} and ${max}`;
    }),
  ];
}

/**
 * Compiles a workflow's declared contract into a check of one output: its JSON where it has one, else its text.
 *
 * @param loadSchema  reads the JSON Schema that `contract.schema` names
 * @throws Error  if that schema is invalid
 */
export function compileContract(
  contract: Contract,
  loadSchema: (path: string) => object,
): ContractCheck {
  const rules = pointerRules(contract);
  if (contract.schema !== undefined) rules.unshift(compileSchema(loadSchema(contract.schema)));
  return (output) => {
    const value = output.json ?? output.text;
    return rules.flatMap((rule) => rule(value));
  };
}
