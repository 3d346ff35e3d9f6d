import { spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import type { HttpAgent } from "@rootward/pipeline/model/gate-config";
import { messageOf } from "../output.ts";
import { complaintIn, endsWithUs, killGroup } from "../program.ts";
import { timeoutMs } from "./adapter.ts";

/** A program that serves an agent for many trials. */
export interface Service {
  /** Why it cannot be asked; null once it can. */
  readonly ready: Promise<string | null>;
  readonly lives: () => boolean;
  /** How it ended, in words; null where it lives on for a moment yet. */
  readonly ended: () => Promise<string | null>;
  /** Whether it answers within a second. */
  readonly answers: () => Promise<boolean>;
  readonly stop: () => void;
}

const probePauseMs = 50;
const probeMs = 1_000;
/** A broken connection is seen before the end of the process that broke it. */
const drainMs = 20;
const drainWaits = 10;

/** Starts the service of an agent and waits until it can be asked. */
export function startService(
  { start, url }: { readonly start: NonNullable<HttpAgent["start"]>; readonly url: string },
  folder: string,
  environment: NodeJS.ProcessEnv,
): Service {
  const { run, ready } = start;
  const [program = "", ...args] = run;
  let complaint = "";
  let ended: string | null = null;
  const child = spawn(program, args, {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  endsWithUs(child.pid);
  const end = (how: string) => {
    ended ??= how;
    killGroup(child.pid ?? null);
  };
  child.stderr.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString("utf8")).slice(-4_000);
  });
  child.on("error", (error) => end(`could not be started: ${messageOf(error)}`));
  child.on("exit", (code, signal) => {
    const how = code === null ? `by ${signal ?? "a signal"}` : `with exit code ${code}`;
    // What it wrote last may still be in the pipe.
    setImmediate(() => end(`ended ${how}${complaint === "" ? "" : `: ${complaintIn(complaint)}`}`));
  });
  const answers = () => probe(ready ?? new URL(url).origin, ready !== undefined);
  const waitMs = timeoutMs(start);
  const untilReady = async (): Promise<string | null> => {
    const startedMs = performance.now();
    while (ended === null) {
      if (await answers()) return null;
      if (performance.now() - startedMs > waitMs) {
        end("was stopped");
        return `was not ready within ${waitMs / 1_000} s (${ready ?? url})`;
      }
      await pause(probePauseMs);
    }
    return `${ended} before it was ready`;
  };
  return {
    ready: untilReady(),
    lives: () => ended === null,
    ended: async () => {
      for (let waits = 0; ended === null && waits < drainWaits; waits += 1) await pause(drainMs);
      return ended;
    },
    answers,
    stop: () => end("was stopped"),
  };
}

/** Whether an address answers; `isStrict`: with a status from 200 to 299. */
async function probe(url: string, isStrict: boolean): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(probeMs) });
    await response.body?.cancel();
    return response.ok || !isStrict;
  } catch {
    return false;
  }
}
