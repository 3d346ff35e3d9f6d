import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { parseYaml } from "@rootward/pipeline/evals/yaml";
import { AgentLock } from "@rootward/pipeline/model/agent-lock";
import { messageOf, OperatorError } from "./output.ts";
import { git } from "./git.ts";

const fileName = "agent.lock.json";

/** A lock file as it was read, and what is wrong with it, naming file, line and column. */
interface ReadLock {
  /** Null where there is none. */
  readonly lock: AgentLock | null;
  readonly problems: readonly string[];
}

/** The lock file beside the cases. */
export function readLock(folder: string): ReadLock {
  const path = join(folder, fileName);
  if (!existsSync(path)) return { lock: null, problems: [] };
  const parsed = parseYaml(readFileSync(path, "utf8"), relative(process.cwd(), path), AgentLock);
  return parsed.ok ? { lock: parsed.value, problems: [] } : { lock: null, problems: parsed.errors };
}

/** The lock file of a commit; null where there is none that can be read: then nothing is proven by it. */
export function lockAt(commit: string, top: string, folder: string): AgentLock | null {
  const path = relative(top, join(resolve(folder), fileName))
    .split(sep)
    .join("/");
  const text = git("-C", top, "show", `${commit}:${path}`);
  if (text === null) return null;
  const parsed = parseYaml(text, path, AgentLock);
  return parsed.ok ? parsed.value : null;
}

/**
 * Writes the lock file whole, or not at all: agents and keys in order, so that two branches seldom touch the same line.
 *
 * @returns its path from the working folder
 * @throws OperatorError  exit code 2: it cannot be written
 */
export function writeLock(folder: string, lock: AgentLock): string {
  const path = join(folder, fileName);
  const file = relative(process.cwd(), path);
  const besides = `${path}.${process.pid}`;
  try {
    writeFileSync(besides, `${JSON.stringify(inOrder(lock), null, 2)}\n`);
    renameSync(besides, path);
  } catch (error) {
    throw new OperatorError(`--update-lock: ${file} cannot be written: ${messageOf(error)}`, 2);
  }
  return file;
}

function inOrder(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, entry]) => [key, inOrder(entry)]));
}
