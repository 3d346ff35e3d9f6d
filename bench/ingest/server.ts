import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProgram, stopProgram, type Program } from "../shared/program.ts";

/** A server of our own on an empty directory, as a program, watched from outside. */
export interface Served extends Pick<Program, "url" | "cpuMs" | "memory"> {
  /** Bytes on disk below its data directory now. */
  diskBytes(): number;
  stop(): Promise<void>;
}

export async function startServer(): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), "rootward-bench-"));
  const program = await startProgram(folder);
  program.child.stderr?.pipe(process.stderr);
  return {
    url: program.url,
    cpuMs: program.cpuMs,
    memory: program.memory,
    diskBytes: () => bytesBelow(folder),
    stop: async () => {
      await stopProgram(program);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function bytesBelow(path: string): number {
  try {
    const found = statSync(path);
    if (!found.isDirectory()) return found.blocks * 512;
    return readdirSync(path).reduce((sum, name) => sum + bytesBelow(join(path, name)), 0);
  } catch {
    // A merge has removed it meanwhile.
    return 0;
  }
}
