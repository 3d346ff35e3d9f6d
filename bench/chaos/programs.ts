import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { startProgram } from "../shared/program.ts";
import type { Order } from "./load.ts";

const loadProgram = fileURLToPath(new URL("load.ts", import.meta.url));

/** The server as a program. */
export interface Server {
  readonly url: string;
  readonly startedMs: number;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

/** Starts the server on a data directory, as `startProgram`. */
export async function startServer(dataDir: string, fileBlocks?: number): Promise<Server> {
  const startedMs = performance.now();
  const { url, child, ended } = await startProgram(dataDir, { fileBlocks });
  return { url, startedMs, kill: (signal) => void child.kill(signal), ended };
}

/** The load generator as a program, with what it said of every body. */
export interface Load {
  readonly acked: Set<number>;
  /** Bodies that were sent, whatever became of them. */
  readonly sent: Set<number>;
  /** Answers other than 200, by status. */
  readonly refused: Map<number, number>;
  order(order: Order): void;
  /** Resolves when the order that runs has stopped. */
  stopped(): Promise<void>;
  end(): void;
}

export function startLoad(): Load {
  const child: ChildProcess = spawn(
    process.execPath,
    ["--conditions=rootward-source", "--import", "tsx", loadProgram],
    { stdio: ["pipe", "pipe", "inherit"], cwd: fileURLToPath(new URL("../..", import.meta.url)) },
  );
  const acked = new Set<number>();
  const sent = new Set<number>();
  const refused = new Map<number, number>();
  let whenStopped: (() => void) | null = null;
  if (child.stdout === null) throw new Error("the load generator has no output");
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [word, number = "", status = ""] = line.split(" ");
    if (word === "stopped") {
      whenStopped?.();
      return;
    }
    sent.add(Number(number));
    if (word === "acked") acked.add(Number(number));
    if (word === "refused") refused.set(Number(status), (refused.get(Number(status)) ?? 0) + 1);
  });
  const closed = new Promise<never>((_resolve, reject) =>
    child.once("close", () => reject(new Error("the load generator ended"))),
  );
  closed.catch(() => undefined);
  let running: Promise<void> = Promise.resolve();
  return {
    acked,
    sent,
    refused,
    order: (order) => {
      if (order.order === "send")
        running = Promise.race([
          closed,
          new Promise<void>((resolve) => {
            whenStopped = resolve;
          }),
        ]);
      child.stdin?.write(`${JSON.stringify(order)}\n`);
    },
    stopped: () => running,
    end: () => void child.kill("SIGKILL"),
  };
}
