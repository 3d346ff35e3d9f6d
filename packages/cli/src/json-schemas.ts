import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { compileSchema } from "@rootward/pipeline/evals/contract";
import type { SchemaCheck } from "@rootward/pipeline/evals/contract";
import { messageOf } from "./output.ts";

/**
 * The check of a JSON Schema that an assertion names: a file from the case file's folder, or the schema itself. Equal ones are compiled once.
 *
 * @throws Error  where there is no such file, or it is no JSON, or no valid schema: one line that names the file
 */
export function schemaCheck(schema: unknown, caseFile: string): SchemaCheck {
  if (typeof schema !== "string") return compile(schema, "it");
  const path = resolve(dirname(caseFile), schema);
  return compile(read(path), path);
}

function read(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  try {
    const schema: unknown = JSON.parse(text);
    return schema;
  } catch (error) {
    throw new Error(`${path} is no JSON: ${messageOf(error)}`, { cause: error });
  }
}

function compile(schema: unknown, name: string): SchemaCheck {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema))
    throw new Error(`${name} holds no JSON Schema`);
  try {
    return compileSchema(schema);
  } catch (error) {
    throw new Error(`${name} is no valid JSON Schema: ${messageOf(error)}`, { cause: error });
  }
}
