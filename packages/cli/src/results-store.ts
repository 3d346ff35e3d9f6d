import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { newStoredTrial, readResults } from "@rootward/pipeline/evals/results";
import { policy } from "@rootward/pipeline/model/policy";
import type { StoredTrial, TrialKey } from "@rootward/pipeline/model/stored-trial";
import type { Trial } from "@rootward/pipeline/model/verdict";
import { messageOf } from "./output.ts";

/** The trials of earlier runs, and where those of this one go: `.rootward/results.jsonl`, which git ignores. */
export interface ResultsStore {
  /** Those that stood there before, and those that were added since, as they were stored. */
  readonly trials: () => readonly StoredTrial[];
  /** Adds one trial, in one write. A store that cannot be written is told once and changes no verdict. */
  readonly add: (key: TrialKey, trial: Trial) => void;
  /** What is wrong with the store. */
  readonly warnings: () => readonly string[];
}

const fileName = "results.jsonl";

/** Opens the store below a folder. @param now  the time that new trials are stored with */
export function openResults(above: string, now: () => Date): ResultsStore {
  const folder = join(above, ".rootward");
  const path = join(folder, fileName);
  const warnings: string[] = [];
  const trials = [...loaded(path, warnings)];
  let isReady = false;
  let isBroken = false;
  return {
    trials: () => trials,
    warnings: () => warnings,
    add: (key, trial) => {
      if (isBroken) return;
      try {
        const stored = newStoredTrial(key, trial, now().toISOString());
        trials.push(stored);
        if (!isReady) prepare(folder, path);
        isReady = true;
        appendFileSync(path, `${JSON.stringify(stored)}\n`);
      } catch (error) {
        isBroken = true;
        warnings.push(
          `.rootward/${fileName} cannot be written, so nothing is kept: ${messageOf(error)}`,
        );
      }
    },
  };
}

function loaded(path: string, warnings: string[]): readonly StoredTrial[] {
  if (!existsSync(path)) return [];
  try {
    const { trials, corrupt } = readResults(readFileSync(path, "utf8"));
    if (corrupt > 0) {
      const lines = corrupt === 1 ? "1 line" : `${corrupt} lines`;
      warnings.push(`.rootward/${fileName}: ${lines} could not be read and count for nothing`);
    }
    return trials;
  } catch (error) {
    warnings.push(
      `.rootward/${fileName} cannot be read, so nothing of it counts: ${messageOf(error)}`,
    );
    return [];
  }
}

/** The folder ignores itself, whatever the repository's own list says; a line that was cut off gets its end; what is old goes. */
function prepare(folder: string, path: string): void {
  mkdirSync(folder, { recursive: true });
  const ignore = join(folder, ".gitignore");
  if (!existsSync(ignore)) writeFileSync(ignore, "*\n");
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes > policy("resultsStoreBytes")) dropOlderHalf(path);
  else if (bytes > 0 && lastByte(path, bytes) !== 0x0a) appendFileSync(path, "\n");
}

function lastByte(path: string, bytes: number): number | undefined {
  const file = openSync(path, "r");
  try {
    const last = Buffer.alloc(1);
    readSync(file, last, 0, 1, bytes - 1);
    return last[0];
  } finally {
    closeSync(file);
  }
}

function dropOlderHalf(path: string): void {
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  const besides = `${path}.${process.pid}`;
  writeFileSync(besides, `${lines.slice(Math.floor(lines.length / 2)).join("\n")}\n`);
  renameSync(besides, path);
}
