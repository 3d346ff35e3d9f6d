import type { Command } from "commander";
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { serverProcess } from "@rootward/pipeline/model/server-process";
import { OperatorError } from "../output.ts";

interface ServeOptions {
  readonly data?: string;
  readonly host?: string;
  readonly port?: string;
  readonly grpcPort?: string;
  readonly config?: string;
}

export function register(program: Command): void {
  program
    .command("serve")
    .description(
      "receive OTLP over HTTP and gRPC and show what went wrong, on http://127.0.0.1:4318",
    )
    .option("--data <dir>", "where everything is kept (default: .rootward/data)")
    .option("--host <host>", "address to listen on (default: 127.0.0.1)")
    .option(
      "--port <port>",
      "port for OTLP/HTTP, the page and the API (default: 4318; 0: any free one)",
    )
    .option("--grpc-port <port>", "port for OTLP/gRPC on the same host, or off (default: 4317)")
    .option("--config <file>", "rootward.yaml to use (default: the nearest one)")
    .action(async (options: ServeOptions) => {
      process.exitCode = await serve(options);
    });
}

/**
 * The server's program: that of the user's project, else the one installed beside this command.
 *
 * @throws OperatorError  with the command that installs it
 */
export function serverProgram(): string {
  const places = [pathToFileURL(join(process.cwd(), "package.json")).href, import.meta.url];
  for (const place of places) {
    try {
      return createRequire(place).resolve("@rootward/server");
    } catch {
      continue; // not here: the next place is asked, and the last one's absence is said below
    }
  }
  throw new OperatorError(
    "the server is a package of its own and is not installed here. Run: npm install @rootward/server",
  );
}

/** `--grpc-port` of `grpcPort`. */
function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Runs the server until it ends and gives its exit code; signals are passed on so that it ends in order. */
async function serve(options: ServeOptions): Promise<number> {
  const args = Object.entries(options).flatMap(([name, value]) => [flagOf(name), String(value)]);
  const child = spawn(process.execPath, [...serverProcess.options, serverProgram(), ...args], {
    stdio: "inherit",
    env: { ...serverProcess.environment, ...process.env },
  });
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, pass);
  return await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}
