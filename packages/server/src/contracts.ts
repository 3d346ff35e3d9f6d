import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { compileContract } from "@rootward/pipeline/evals/contract";
import type { ContractCheck, RootwardConfig } from "@rootward/pipeline/model/workflow";
import { ConfigError } from "./config-error.ts";

/** The declared contracts, compiled; a schema is named from the folder of `rootward.yaml`. */
export function contractsOf(
  rootward: RootwardConfig,
  folder: string,
): ReadonlyMap<string, ContractCheck> {
  const contracts = new Map<string, ContractCheck>();
  for (const [workflow, { contract }] of Object.entries(rootward.workflows ?? {})) {
    if (contract === undefined) continue;
    try {
      contracts.set(
        workflow,
        compileContract(contract, (path) => schemaFile(resolve(folder, path))),
      );
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ConfigError(`workflows.${workflow}.contract: ${why}`);
    }
  }
  return contracts;
}

function schemaFile(path: string): object {
  const schema: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (typeof schema !== "object" || schema === null) throw new Error(`${path} is no JSON Schema`);
  return schema;
}
