import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { compileContract } from "@rootward/pipeline/evals/contract";
import type { ContractCheck, RootwardConfig } from "@rootward/pipeline/model/workflow";
import { messageOf, OperatorError } from "./output.ts";

/**
 * The declared contracts, compiled: from a workflow's name to its check, or null.
 *
 * @param path  the configuration file, which relative schema paths start from
 * @throws OperatorError  exit code 2: a schema that cannot be read or is invalid, with its workflow
 */
export function contractsOf(
  config: RootwardConfig,
  path: string | null,
): (workflow: string) => ContractCheck | null {
  const folder = path === null ? process.cwd() : dirname(path);
  const checks = new Map<string, ContractCheck>();
  for (const [name, { contract }] of Object.entries(config.workflows ?? {})) {
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
