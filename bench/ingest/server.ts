import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../packages/server/dist/main.js", import.meta.url));

/** A server of our own on an empty directory, as a program, watched from outside. */
export interface Served {
  readonly url: string;
  /** Processor seconds since its start, all threads. */
  cpuSeconds(): number;
  /** Resident bytes now. */
  rss(): number;
  /** Bytes on disk below its data directory now. */
  diskBytes(): number;
  stop(): Promise<void>;
}

export async function startServer(): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), "rootward-bench-"));
  const child = spawn(process.execPath, [program, "--data", folder, "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await listening(child);
  const pid = innermost(child.pid ?? 0);
  return {
    url,
    cpuSeconds: () => cpuSecondsOf(pid),
    rss: () => rssOf(pid),
    diskBytes: () => bytesBelow(folder),
    stop: async () => {
      const ended = new Promise((resolve) => child.on("close", resolve));
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), 20_000);
      await ended;
      clearTimeout(late);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The program starts itself again with a larger pool of threads: the one that works is its child. */
function innermost(pid: number): number {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  return child === undefined || child === "" ? pid : Number(child);
}

async function listening(child: ChildProcess): Promise<string> {
  return await new Promise((resolve, reject) => {
    let said = "";
    child.stdout?.on("data", (text) => {
      said += String(text);
      const url = /listening on (\S+)/.exec(said)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.on("close", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
}

/** Ticks of the kernel's accounting a second. */
const ticks = 100;

function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}

function rssOf(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1] ?? 0) * 1024;
}

function bytesBelow(folder: string): number {
  let sum = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    try {
      sum += statSync(join(entry.parentPath, entry.name)).blocks * 512;
    } catch {
      // A merge may have removed it meanwhile.
    }
  }
  return sum;
}
