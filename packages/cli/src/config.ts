import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseYaml } from "@rootward/pipeline/evals/yaml";
import { RootwardConfig } from "@rootward/pipeline/model/workflow";
import { messageOf, OperatorError } from "./output.ts";

export interface LoadedConfig {
  readonly config: RootwardConfig;
  /** The file it was read from; null: none was found, so defaults and learned settings hold. */
  readonly path: string | null;
}

/** The folder of `rootward.yaml`, from which its paths count; without one the working folder. */
export function configFolder({ path }: Pick<LoadedConfig, "path">): string {
  return path === null ? process.cwd() : dirname(path);
}

const fileName = "rootward.yaml";

/**
 * The configuration: `--config`, else ROOTWARD_CONFIG, else `rootward.yaml` in the working folder or the nearest one above it.
 *
 * @param explicit  what `--config` named
 * @throws OperatorError  exit code 2: a named file that does not exist, or `file:line:column` of what is wrong in it
 */
export function loadConfig(explicit?: string): LoadedConfig {
  const named = explicit ?? process.env["ROOTWARD_CONFIG"];
  const path = named === undefined ? nearest(process.cwd()) : resolve(named);
  if (path === null) return { config: {}, path: null };
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new OperatorError(`cannot read the configuration ${path}: ${messageOf(error)}`, 2);
  }
  const parsed = parseYaml(text, path, RootwardConfig);
  if (!parsed.ok) throw new OperatorError(parsed.errors.join("; "), 2);
  return { config: parsed.value, path };
}

function nearest(folder: string): string | null {
  const candidate = join(folder, fileName);
  if (existsSync(candidate)) return candidate;
  const above = dirname(folder);
  return above === folder ? null : nearest(above);
}
