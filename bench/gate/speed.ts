import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { median } from "@rootward/pipeline/diagnose/stats";
import { packedProgram } from "./pack.ts";
import { writeProject } from "./project.ts";

/** How long one way to run the cases took, start of the program included. */
export interface Timed {
  readonly name: string;
  /** Medians, in seconds; null where it is not installed here. */
  readonly wall: number | null;
  /** Processor time of all its processes. */
  readonly cpu: number | null;
}

/** The program of a package, or null where it is not installed. */
function programOf(name: string, file: string): string | null {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    const program = join(dirname(manifest), file);
    return existsSync(program) ? program : null;
  } catch {
    return null;
  }
}

function once(program: readonly string[], folder: string): { wall: number; cpu: number } {
  const startedMs = performance.now();
  // A shell that waits for it, so that its processor time can be asked for: `times` tells that of the children.
  const quoted = program.map((part) => `'${part.replaceAll("'", "'\\''")}'`).join(" ");
  const ended = spawnSync(
    "bash",
    ["-c", `${quoted} >/dev/null 2>last-error; code=$?; times; exit $code`],
    {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, CI: "" },
    },
  );
  const wall = (performance.now() - startedMs) / 1_000;
  if (ended.status !== 0) throw new Error(`${program.join(" ")} ended with ${ended.status}`);
  return { wall, cpu: childSeconds(ended.stdout) };
}

/** The second line of bash's `times`: user and system time of its children. */
function childSeconds(said: string): number {
  const [, line = ""] = said.trim().split("\n");
  return [...line.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}

/**
 * The gate as it is published beside vitest and promptfoo on the same cases of five assertions, one trial each, in turns so that all meet the same load.
 *
 * @param rounds  of which the medians are given
 */
export function timeGate(cases: number, rounds: number): readonly Timed[] {
  const folder = mkdtempSync(join(tmpdir(), "rootward-bench-gate-"));
  const packing = mkdtempSync(join(tmpdir(), "rootward-bench-gate-"));
  try {
    const vitest = programOf("vitest", "vitest.mjs");
    const entry = vitest === null ? "vitest" : join(dirname(vitest), "dist/index.js");
    writeProject(folder, cases, entry);
    const promptfoo = programOf("promptfoo", "dist/src/entrypoint.js");
    const ways: readonly (readonly [string, readonly string[] | null])[] = [
      ["rootward gate", [process.execPath, packedProgram(packing), "gate"]],
      ["vitest run", vitest === null ? null : [process.execPath, vitest, "run"]],
      [
        "promptfoo eval",
        promptfoo === null ? null : [process.execPath, promptfoo, "eval", "--no-cache"],
      ],
    ];
    const taken = ways.map(([name]) => ({ name, walls: [] as number[], cpus: [] as number[] }));
    for (let round = 0; round < rounds; round += 1) {
      for (const [at, [, program]] of ways.entries()) {
        if (!program) continue;
        const { wall, cpu } = once(program, folder);
        taken[at]?.walls.push(wall);
        taken[at]?.cpus.push(cpu);
      }
    }
    return taken.map(({ name, walls, cpus }) => ({
      name,
      wall: median(walls) ?? null,
      cpu: median(cpus) ?? null,
    }));
  } finally {
    for (const made of [folder, packing]) rmSync(made, { recursive: true, force: true });
  }
}
