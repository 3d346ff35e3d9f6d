import { spawn } from "node:child_process";
import { policy } from "@rootward/pipeline/model/policy";
import { messageOf } from "./output.ts";

interface ProgramCall {
  readonly command: readonly string[];
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Written to its standard input. */
  readonly input: string;
  readonly timeoutMs: number;
}

/** How a program ended. `flood` and `timeout`: it was stopped. */
export interface Ended {
  readonly how: "exit" | "timeout" | "flood" | "not_started";
  /** null where a signal ended it. */
  readonly code: number | null;
  readonly output: string;
  /** The last line of its standard error, or why it could not be started; at most 300 characters. */
  readonly complaint: string;
  /** The leader of its process group; null where it could not be started. */
  readonly pid: number | null;
  readonly durationMs: number;
}

/** Leaders of the process groups that run: they end with us. */
const running = new Set<number>();
process.on("exit", () => {
  for (const pid of running) killGroup(pid);
});

// Source: POSIX, 128 and the number of the signal.
const endings = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
let isHearing = false;

/** Lets a process group end when we do, also where a signal ends us: then we exit with 128 and its number. */
export function endsWithUs(pid: number | undefined): void {
  if (pid === undefined) return;
  running.add(pid);
  if (isHearing) return;
  isHearing = true;
  for (const [signal, code] of Object.entries(endings))
    process.once(signal, () => process.exit(code));
}

/** How long output may still come from children of a program that has ended. */
const drainMs = 200;

/** Runs a program in a process group of its own, stopped as a whole when time or output run out. */
export async function runProgram(call: ProgramCall): Promise<Ended> {
  const startedMs = performance.now();
  const [program = "", ...args] = call.command;
  return await new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: call.folder,
      env: call.environment,
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const pid = child.pid ?? null;
    endsWithUs(child.pid);
    const output: Buffer[] = [];
    let written = 0;
    let complaint = "";
    let stopped: "timeout" | "flood" | null = null;
    const stop = (why: "timeout" | "flood") => {
      stopped ??= why;
      killGroup(pid);
    };
    const timer = setTimeout(() => stop("timeout"), call.timeoutMs);
    const done = (how: Ended["how"], code: number | null) => {
      clearTimeout(timer);
      const durationMs = Math.round(performance.now() - startedMs);
      const text = Buffer.concat(output).toString("utf8");
      resolve({ how, code, output: text, complaint: complaintIn(complaint), pid, durationMs });
    };
    child.stdout.on("data", (chunk: Buffer) => {
      written += chunk.length;
      if (written > policy("candidateStdoutBytes")) stop("flood");
      else output.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      complaint = (complaint + chunk.toString("utf8")).slice(-4_000);
    });
    child.on("error", (error) => {
      complaint = messageOf(error);
      if (pid === null) done("not_started", null);
    });
    child.on("close", (code) => done(stopped ?? "exit", code));
    // A child of it may hold its output open for ever; what it had to say has been said by then.
    child.on("exit", (code) => void setTimeout(() => done(stopped ?? "exit", code), drainMs));
    // A program that ends without reading its input closes the pipe: its exit code tells the story.
    child.stdin.on("error", () => undefined);
    child.stdin.end(call.input);
  });
}

/** The line of a program's standard error that tells most; at most 300 characters. */
export function complaintIn(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const error = lines.findLast((line) => /^\S*(Error|Exception)\b/.test(line));
  return (error ?? lines.at(-1) ?? "").trim().slice(0, 300);
}

/** Ends every process of a group. Nothing happens where none is left. */
export function killGroup(pid: number | null): void {
  if (pid === null) return;
  running.delete(pid);
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The group is gone, which is what was wanted.
  }
}

/** Whether some process of a group is left. */
export function groupLives(pid: number | null): boolean {
  if (pid === null) return false;
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}
