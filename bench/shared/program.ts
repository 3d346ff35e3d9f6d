import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { serverProcess } from "@rootward/pipeline/model/server-process";

/** The server as it is built here. */
export const ownProgram = fileURLToPath(
  new URL("../../packages/server/dist/main.js", import.meta.url),
);

/** The built server as a program that listens, run as `rootward serve` runs it. */
export interface Program {
  readonly url: string;
  readonly child: ChildProcess;
  /** Its exit code, and what it said on standard error, behind the signal that ended it. */
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
  /** Milliseconds of processor time that it has taken so far, all threads; NaN where the kernel does not say, as on macOS. */
  readonly cpuMs: () => number;
  /** Resident bytes now, and the most there ever were; NaN as above. */
  readonly memory: () => { readonly now: number; readonly most: number };
}

/**
 * Starts a built server on a data directory and any free port, and waits until it listens.
 *
 * @param fileBlocks  files may not grow past so many KiB: stands for a full disk where none can be mounted
 * @throws Error  if it ends before, with what it said
 */
export async function startProgram(
  dataDir: string,
  { program = ownProgram, fileBlocks }: { program?: string; fileBlocks?: number | undefined } = {},
): Promise<Program> {
  const args = [...serverProcess.options, program, "--data", dataDir, "--port", "0"];
  const limited = `trap '' XFSZ; ulimit -f ${fileBlocks}; exec "$0" "$@"`;
  const [command, ...rest] =
    fileBlocks === undefined
      ? [process.execPath, ...args]
      : ["bash", "-c", limited, process.execPath, ...args];
  const child = spawn(command, rest, {
    env: { ...process.env, ...serverProcess.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stderr.on("data", (text) => (stderr += String(text)));
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve) =>
    child.on("close", (code, signal) =>
      resolve({ code, stderr: signal === null ? stderr : `${signal} ${stderr}` }),
    ),
  );
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (text) => {
      stdout += String(text);
      const found = /listening on (\S+)/.exec(stdout)?.[1];
      if (found !== undefined) resolve(found);
    });
    void ended.then(({ code, stderr: why }) =>
      reject(new Error(`the server ended with ${code}: ${why.slice(-2_000)}`)),
    );
  });
  const pid = child.pid ?? 0;
  return {
    url,
    child,
    ended,
    cpuMs: () => cpuMsOf(pid),
    memory: () => ({ now: statusBytes(pid, "VmRSS"), most: statusBytes(pid, "VmHWM") }),
  };
}

/** Asks it to end, and waits until it has; after twenty seconds it is ended. */
export async function stopProgram({ child, ended }: Program): Promise<void> {
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), 20_000);
  await ended;
  clearTimeout(late);
}

/** One line of the kernel's account of a process, in bytes. */
function statusBytes(pid: number, name: string): number {
  try {
    const text = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? Number.NaN) * 1024;
  } catch {
    return Number.NaN;
  }
}

/** utime and stime are the 14th and 15th field, in hundredths of a second on every Linux. */
function cpuMsOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return Number.NaN;
  }
}
