import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { Contract, ContractCheck } from "../model/workflow.ts";
import { valuesAt } from "./pointer.ts";

/** Violations of a JSON Schema by a value, each `pointer: what`; empty when it holds. */
export type SchemaCheck = (value: unknown) => readonly string[];

/**
 * Compiles a JSON Schema (2020-12, with formats).
 *
 * @throws Error  if the schema itself is invalid; the message says where
 */
export function compileSchema(schema: object): SchemaCheck {
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  formats.default(ajv);
  const validate = ajv.compile(schema);
  return (value) => {
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      (error) => `${error.instancePath || "/"}: ${error.message ?? "is invalid"}`,
    );
  };
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
