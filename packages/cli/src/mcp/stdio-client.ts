import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import { policy } from "@rootward/pipeline/model/policy";
import { complaintIn, endsWithUs, killGroup } from "../program.ts";
import { newClient, parsed } from "./client.ts";
import type { McpClient, Message, Transport } from "./client.ts";

/** A server that is started, and asked over its standard input and output. */
export function stdioClient(
  command: readonly string[],
  folder: string,
  environment: NodeJS.ProcessEnv,
): McpClient {
  return newClient(new StdioTransport(command, folder, environment));
}

interface Waiting {
  readonly done: (answer: Message) => void;
  readonly fail: (why: Error) => void;
}

class StdioTransport implements Transport {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #name: string;
  readonly #waiting = new Map<unknown, Waiting>();
  #complaint = "";
  #ended: Error | null = null;

  constructor(command: readonly string[], folder: string, environment: NodeJS.ProcessEnv) {
    const [program = "", ...args] = command;
    this.#name = command.join(" ");
    const child = spawn(program, args, { cwd: folder, env: environment, detached: true });
    this.#child = child;
    endsWithUs(child.pid);
    child.stderr.on("data", (chunk: Buffer) => {
      this.#complaint = (this.#complaint + chunk.toString("utf8")).slice(-4_000);
    });
    child.stdin.on("error", () => undefined);
    child.on("error", ({ message }) => this.#end(`could not be started: ${message}`));
    child.on("close", (code) => {
      const said = this.#complaint === "" ? "" : `: ${complaintIn(this.#complaint)}`;
      this.#end(`ended with ${code ?? "a signal"}${said}`);
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      const answer = parsed(line);
      if (!("method" in answer)) this.#waiting.get(answer["id"])?.done(answer);
    });
  }

  ask(message: Message): Promise<Message> {
    const { id } = message;
    return new Promise((resolve, refuse) => {
      if (this.#ended !== null) return refuse(this.#ended);
      const limitMs = policy("mcpTimeoutMs");
      const late = new Error(`${this.#name} did not answer within ${limitMs / 1_000} s`);
      const settle = (how: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        how();
      };
      const timer = setTimeout(() => settle(() => refuse(late)), limitMs);
      this.#waiting.set(id, {
        done: (answer) => settle(() => resolve(answer)),
        fail: (why) => settle(() => refuse(why)),
      });
      this.#write(message);
    });
  }

  tell(message: Message): Promise<void> {
    this.#write(message);
    return Promise.resolve();
  }

  stop(): void {
    killGroup(this.#child.pid ?? null);
  }

  #write(message: Message): void {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  #end(why: string): void {
    this.#ended ??= new Error(`${this.#name} ${why}`);
    for (const { fail } of this.#waiting.values()) fail(this.#ended);
  }
}
