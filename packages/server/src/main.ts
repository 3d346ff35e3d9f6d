import { serve, type ServerType } from "@hono/node-server";
import { spawn } from "node:child_process";
import { PortError } from "@rootward/pipeline/errors";
import { ConfigError } from "./config-error.ts";
import { serverConfig, type ServerConfig } from "./config.ts";
import type { Running } from "./running.ts";

/** libuv's pool is sized at its first use and four threads are not enough: queries, gunzip and fdatasync share it. */
const threads = "16";

/** Starts this program again with the larger pool, passes signals on and gives its exit code. */
async function again(): Promise<number> {
  const [, file = "", ...args] = process.argv;
  const child = spawn(process.execPath, [...process.execArgv, file, ...args], {
    stdio: "inherit",
    env: { ...process.env, UV_THREADPOOL_SIZE: threads },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => child.kill(signal));
  }
  return await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

async function listening(running: Running, config: ServerConfig): Promise<ServerType> {
  return await new Promise((resolve, reject) => {
    const server = serve(
      { fetch: running.app.fetch, hostname: config.host, port: config.port },
      () => resolve(server),
    );
    server.on("error", reject);
  });
}

function addressOf(server: ServerType, config: ServerConfig): string {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : config.port;
  return `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${port}`;
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
  let server: ServerType;
  try {
    server = await listening(running, config);
  } catch (error) {
    await running.stop();
    throw error;
  }
  const ended = asked();
  running.resume();
  process.stdout.write(
    `Rootward listening on ${addressOf(server, config)} · data in ${config.dataDir}\n`,
  );
  await ended;
  await closed(server);
  await running.stop();
  return 0;
}

const closeAfterMs = 5_000;

/** Stops accepting, lets requests end, and cuts those that take too long. */
async function closed(server: ServerType): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      if ("closeAllConnections" in server) server.closeAllConnections();
    }, closeAfterMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    if ("closeIdleConnections" in server) server.closeIdleConnections();
  });
}

/** What went wrong at start, in one line that says what to do. */
function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? error.code : null;
  const port = "port" in error ? String(error.port) : "";
  if (code === "EADDRINUSE") {
    return `port ${port} is taken by another program; stop it, or choose another one with --port`;
  }
  if (code === "EACCES" && port !== "") {
    return `port ${port} may not be opened by this user; choose one above 1023 with --port`;
  }
  if (code === "ENOSPC") return "the disk is full; make room, or choose another place with --data";
  if (error instanceof ConfigError || error instanceof PortError) return error.message;
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
