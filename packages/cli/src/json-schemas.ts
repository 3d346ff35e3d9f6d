import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { compileSchema } from "@rootward/pipeline/evals/contract";
import type { SchemaCheck } from "@rootward/pipeline/evals/contract";
import { messageOf } from "./output.ts";

/** From what an assertion names, a file from the case file's folder or the schema itself, to a check of values. */
export type SchemaReader = (schema: unknown, caseFile: string) => SchemaCheck;

/**
 * Reads and compiles the JSON Schemas of cases, each text once.
 *
 * The reader throws Error where there is no such file, or it is no JSON, or no valid schema: one line that names the file.
 */
export function newSchemaReader(): SchemaReader {
  const compiled = new Map<string, SchemaCheck>();
  return (schema, caseFile) => {
    const path = typeof schema === "string" ? resolve(dirname(caseFile), schema) : null;
    const text = path === null ? JSON.stringify(schema) : read(path);
    const check = compiled.get(text) ?? compile(text, path);
    compiled.set(text, check);
    return check;
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function compile(text: string, path: string | null): SchemaCheck {
  const name = path ?? "it";
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is no JSON: ${messageOf(error)}`, { cause: error });
  }
  if (typeof schema !== "object" || schema === null || Array.isArray(schema))
    throw new Error(`${name} holds no JSON Schema`);
  try {
    return compileSchema(schema);
  } catch (error) {
    throw new Error(`${name} is no valid JSON Schema: ${messageOf(error)}`, { cause: error });
  }
}
