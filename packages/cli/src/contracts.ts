import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { compileContract } from "@rootward/pipeline/evals/contract";
import type { ContractCheck } from "@rootward/pipeline/model/workflow";
import { configFolder } from "./config.ts";
import type { LoadedConfig } from "./config.ts";
import { messageOf, OperatorError } from "./output.ts";

/**
 * The declared contracts, compiled: from a workflow's name to its check, or null.
 *
 * @throws OperatorError  exit code 2: a schema that cannot be read or is invalid, with its workflow
 */
export function contractsOf(loaded: LoadedConfig): (workflow: string) => ContractCheck | null {
  const folder = configFolder(loaded);
  const checks = new Map<string, ContractCheck>();
  for (const [name, { contract }] of Object.entries(loaded.config.workflows ?? {})) {
    if (!contract) continue;
    try {
      checks.set(
        name,
        compileContract(contract, (file) => readJson(resolve(folder, file))),
      );
    } catch (error) {
      throw new OperatorError(`workflows.${name}.contract: ${messageOf(error)}`, 2);
    }
  }
  return (workflow) => checks.get(workflow) ?? null;
}

function readJson(file: string): object {
  const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (typeof parsed === "object" && parsed !== null) return parsed;
  throw new Error(`${file} holds no JSON Schema`);
}
