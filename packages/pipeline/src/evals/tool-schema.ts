import { createHash } from "node:crypto";
import type { ToolDefinition } from "../model/run.ts";
import { isObject } from "./pointer.ts";

/**
 * The SHA-256 of a tool's definition: name, description and parameters without `$schema`, as JSON with its keys in order. Its first 16 hex
 * characters are the version that runs tell (`tool_schema:<tool>` of `RunDigest.versions`).
 */
export function toolSchemaHash({ name, description, parameters }: ToolDefinition): string {
  const told = isObject(parameters)
    ? Object.fromEntries(Object.entries(parameters).filter(([key]) => key !== "$schema"))
    : parameters;
  const json: unknown = JSON.parse(JSON.stringify({ name, description, parameters: told }));
  return createHash("sha256")
    .update(JSON.stringify(ordered(json)))
    .digest("hex");
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, ordered(inner)]));
}
