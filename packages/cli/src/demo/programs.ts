import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { serverProcess } from "@rootward/pipeline/model/server-process";
import { serverProgram } from "../commands/serve.ts";
import { OperatorError, messageOf } from "../output.ts";
import { packageUrl } from "../package-folder.ts";

const readyWithinMs = 30_000;
const stopWithinMs = 10_000;

/** A server of the demo's own, with its address; `stop` ends it in order. */
export interface DemoServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** What the replay says while it runs; counts of what was answered 200. */
export interface Replayed {
  readonly runs: number;
  readonly spans: number;
  readonly requests: number;
  readonly seconds: number;
}

/**
 * The simulator's program of this kind: it is part of the repository, not of the published command.
 *
 * @throws OperatorError  where it is not installed
 */
export function simulatorProgram(name: "main" | "candidate"): string {
  try {
    return createRequire(import.meta.url).resolve(`@rootward/simulator/${name}`);
  } catch (cause) {
    throw new OperatorError(
      "the demo's traffic comes from @rootward/simulator, which is not here: run the demo from a clone of the repository (npm ci && npm run demo)",
      1,
      { cause },
    );
  }
}

/** What the team that runs the compliance agent knows about it: the name of its workflow and of the tool that it searches with. */
const DemoAgent = z.object({ workflow: z.string(), tool: z.string() });
export type DemoAgent = z.infer<typeof DemoAgent>;

/** @throws OperatorError  if the simulator does not say */
export async function demoAgent(seed: number | null): Promise<DemoAgent> {
  const args = ["--about", ...(seed === null ? [] : ["--seed", String(seed)])];
  const { code, output } = await run([simulatorProgram("main"), ...args], process.cwd(), {});
  if (code !== 0) throw new OperatorError(`the simulator failed: ${output.trim()}`);
  return DemoAgent.parse(JSON.parse(output));
}

/** The port that was asked for; without one 4318, or any free port where that is taken. */
export async function freePort(asked: number | null): Promise<{ port: number; taken: boolean }> {
  const usual = asked ?? 4318;
  if (await isFree(usual)) return { port: usual, taken: false };
  if (asked !== null) {
    throw new OperatorError(
      `port ${asked} is taken: give another one with --port, or none to have one chosen`,
    );
  }
  return { port: await anyPort(), taken: true };
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

function anyPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

/**
 * Starts the server and waits until it answers.
 *
 * @throws OperatorError  with the last line that it wrote, if it ends or stays silent
 */
export async function startServer(
  port: number,
  dataFolder: string,
  configFile: string,
  logFile: string,
): Promise<DemoServer> {
  const ports = ["--port", String(port), "--grpc-port", "off"];
  const args = ["--data", dataFolder, ...ports, "--config", configFile];
  const child = spawn(process.execPath, [...serverProcess.options, serverProgram(), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...serverProcess.environment, ...process.env },
  });
  // However this process ends, the server must not outlive it.
  process.once("exit", () => child.kill("SIGTERM"));
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const url = `http://127.0.0.1:${port}`;
  const untilMs = Date.now() + readyWithinMs;
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > untilMs) {
      child.kill("SIGTERM");
      const word = child.exitCode === null ? "did not answer" : `ended with ${child.exitCode}`;
      throw new OperatorError(`the server ${word}: ${lastLine(logFile)} (${logFile})`);
    }
    await pause(100);
  }
  return { url, stop: async () => await stopChild(child) };
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/healthz`);
    await response.text();
    return response.ok;
  } catch {
    return false; // not listening yet
  }
}

/** What the server said last: its own message, not the stack below it. */
function lastLine(file: string): string {
  try {
    const lines = readFileSync(file, "utf8").trim().split("\n");
    return lines.findLast((line) => line.startsWith("rootward: ")) ?? lines.at(-1) ?? "nothing";
  } catch (cause) {
    return messageOf(cause);
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const forced = setTimeout(() => child.kill("SIGKILL"), stopWithinMs);
  await ended;
  clearTimeout(forced);
}

/**
 * Sends the simulator's traffic to the server; every request must be answered 200.
 *
 * @throws OperatorError  with the simulator's own message
 */
export async function replay(
  url: string,
  seed: number | null,
  onProgress: (sent: number, of: number) => void,
): Promise<Replayed> {
  const startedMs = performance.now();
  const args = ["--url", url, ...(seed === null ? [] : ["--seed", String(seed)])];
  const child = spawn(process.execPath, [simulatorProgram("main"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString("utf8")));
  const ended = new Promise<number>((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
  const seen = { runs: 0, spans: 0, requests: 0 };
  let total = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const report: unknown = JSON.parse(line);
    seen.runs = field(report, "runs") ?? seen.runs;
    if (field(report, "runs") !== null) total = field(report, "requests") ?? 0;
    else {
      seen.spans = field(report, "spans") ?? seen.spans;
      seen.requests = field(report, "requests") ?? seen.requests;
      onProgress(seen.requests, total);
    }
  }
  if ((await ended) !== 0) throw new OperatorError(`the replay failed: ${complaint.trim()}`);
  return { ...seen, seconds: (performance.now() - startedMs) / 1000 };
}

function field(report: unknown, key: string): number | null {
  if (typeof report !== "object" || report === null) return null;
  const value: unknown = Reflect.get(report, key);
  return typeof value === "number" ? value : null;
}

/** How a command line of `rootward` ended, and what it wrote. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Runs this very command with other arguments, in a folder. */
export async function runRootward(
  args: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<Ended> {
  const program = fileURLToPath(packageUrl("bin/rootward.mjs"));
  return await run([program, ...args], folder, environment);
}

async function run(
  args: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<Ended> {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
