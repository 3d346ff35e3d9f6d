import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The server as it is built here. */
export const ownProgram = fileURLToPath(
  new URL("../../packages/server/dist/main.js", import.meta.url),
);

/** The built server on a data directory. */
export interface Served {
  readonly url: string;
  /** From the start of the process to the answer to its first span. */
  readonly firstSpanMs: number;
  /** Resident bytes now, and the most there ever were. */
  /** Milliseconds of processor time that it has taken so far: what a busy machine does not change much. */
  cpuMs(): number;
  memory(): { readonly now: number; readonly most: number };
  stop(): Promise<void>;
}

const spanBody = JSON.stringify({
  resourceSpans: [
    {
      scopeSpans: [
        {
          spans: [
            {
              traceId: "f".repeat(32),
              spanId: "f".repeat(16),
              name: "first span",
              startTimeUnixNano: "1700000000000000000",
              endTimeUnixNano: "1700000000000000001",
            },
          ],
        },
      ],
    },
  ],
});

/** @throws Error  if the server ends before it listens, with what it said */
export async function serve(program: string, dataDir: string): Promise<Served> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [program, "--data", dataDir, "--port", "0"], {
    env: { ...process.env, UV_THREADPOOL_SIZE: "16" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const url = await listening(child);
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${url}/v1/traces`, { method: "POST", body: spanBody, headers });
  if (!answer.ok) throw new Error(`the first span was answered ${answer.status}`);
  const firstSpanMs = performance.now() - startedMs;
  return {
    url,
    firstSpanMs,
    cpuMs: () => cpuMs(child),
    memory: () => ({ now: statusBytes(child, "VmRSS"), most: statusBytes(child, "VmHWM") }),
    stop: async () => {
      const ended = new Promise((resolve) => child.on("close", resolve));
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function listening(child: ChildProcess): Promise<string> {
  return await new Promise((resolve, reject) => {
    let output = "";
    let errors = "";
    child.stderr?.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const url = /listening on (\S+)/.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.on("close", (code) =>
      reject(new Error(`the server ended with ${code}: ${errors.slice(-2_000)}`)),
    );
  });
}

/** One line of the kernel's account of a process, in bytes; NaN where there is none, as on macOS. */
function statusBytes(child: ChildProcess, name: string): number {
  try {
    const text = readFileSync(`/proc/${child.pid ?? 0}/status`, "utf8");
    return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? Number.NaN) * 1024;
  } catch {
    return Number.NaN;
  }
}

/** utime and stime are the 14th and 15th field, in hundredths of a second on every Linux. */
function cpuMs(child: ChildProcess): number {
  try {
    const text = readFileSync(`/proc/${child.pid ?? 0}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return Number.NaN;
  }
}
