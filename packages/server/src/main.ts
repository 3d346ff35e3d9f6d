import { spawn } from "node:child_process";
import { PortError } from "@rootward/pipeline/errors";
import { serverProcess } from "@rootward/pipeline/model/server-process";
import { ConfigError } from "./config-error.ts";
import { serverConfig } from "./config.ts";
import { listen, type Listening, PortUnavailable } from "./listening.ts";

/** Starts this program again with the larger pool and young space, passes signals on and gives its exit code. */
async function again(): Promise<number> {
  const [, file = "", ...args] = process.argv;
  const child = spawn(
    process.execPath,
    [...process.execArgv, ...serverProcess.options, file, ...args],
    {
      stdio: "inherit",
      env: { ...process.env, ...serverProcess.environment },
    },
  );
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => child.kill(signal));
  }
  return await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

/** Resolves at the first SIGTERM or SIGINT; further ones are ignored while the server ends in order. */
async function asked(): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(signal, () => resolve());
  });
}

async function run(): Promise<number> {
  const config = serverConfig(process.argv.slice(2), process.env, process.cwd());
  // Loaded here and not above: nothing of the engine is needed to refuse a wrong argument.
  const { start } = await import("./running.ts");
  const running = await start(config);
  let doors: Listening;
  try {
    doors = await listen(running, config);
  } catch (error) {
    await running.stop();
    throw error;
  }
  const ended = asked();
  running.resume();
  process.stdout.write(`Rootward listening on ${doors.words} · data in ${config.dataDir}\n`);
  await ended;
  await doors.close();
  await running.stop();
  return 0;
}

/** What went wrong at start, in one line that says what to do. */
function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? error.code : null;
  if (code === "ENOSPC") return "the disk is full; make room, or choose another place with --data";
  const isPlain = [ConfigError, PortError, PortUnavailable].some((kind) => error instanceof kind);
  if (isPlain) return error.message;
  return error.stack ?? error.message;
}

async function main(): Promise<number> {
  try {
    return process.env["UV_THREADPOOL_SIZE"] === undefined ? await again() : await run();
  } catch (error) {
    process.stderr.write(`rootward: ${said(error)}\n`);
    return error instanceof ConfigError ? 2 : 1;
  }
}

// Exit and not only a code: the engine's threads would keep a process alive that could not even start.
process.exit(await main());
