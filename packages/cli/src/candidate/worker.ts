import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { ModuleAgent } from "@rootward/pipeline/model/gate-config";
import { policy } from "@rootward/pipeline/model/policy";
import { packageUrl } from "../package-folder.ts";
import { complaintIn, endsWithUs, killGroup } from "../program.ts";
import { timeoutMs } from "./adapter.ts";

/** What became of one trial in a worker. `lost`: the worker ended, and another trial may be to blame. */
export type Outcome =
  | { readonly how: "answer"; readonly text: string; readonly flushed: boolean }
  | { readonly how: "large"; readonly bytes: number }
  | { readonly how: "threw" | "unusable" | "ended"; readonly why: string }
  | { readonly how: "timeout" | "flood" | "lost" };

interface Message {
  readonly id: number;
  readonly input: unknown;
  readonly context: object;
  /** Variables of this trial alone. */
  readonly env: Readonly<Record<string, string>>;
}

const Said = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ready") }),
  z.object({ kind: z.literal("unusable"), why: z.string() }),
  z.object({ kind: z.literal("answer"), id: z.int(), text: z.string(), flushed: z.boolean() }),
  z.object({ kind: z.literal("large"), id: z.int(), bytes: z.number() }),
  z.object({ kind: z.literal("threw"), id: z.int(), why: z.string() }),
]);
type Said = z.infer<typeof Said>;

const lost: Outcome = { how: "lost" };

interface UnderWay {
  readonly settle: (outcome: Outcome) => void;
  readonly begin: () => void;
}

const program = fileURLToPath(packageUrl("agent/module-worker.mjs"));

function forked(agent: ModuleAgent, folder: string, environment: NodeJS.ProcessEnv): ChildProcess {
  const path = resolve(folder, agent.module);
  const most = String(policy("candidateStdoutBytes"));
  const child = fork(program, [path, agent.export ?? "default", most], {
    cwd: folder,
    env: environment,
    execArgv: agent.node_args ?? [],
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  endsWithUs(child.pid);
  return child;
}

/**
 * A process in which an agent's module is loaded; several trials may be under way in it. It ends when a trial takes too long, when more
 * than the policy's candidateStdoutBytes a trial is written, and when it crashes; the trials under way in it then end with it.
 */
export class ModuleWorker {
  readonly #child: ChildProcess;
  readonly #limitMs: number;
  readonly #underWay = new Map<number, UnderWay>();
  #state: "starting" | "ready" | "over" = "starting";
  #end: Outcome = lost;
  #asked = 0;
  #written = 0;
  #complaint = "";

  constructor(agent: ModuleAgent, folder: string, environment: NodeJS.ProcessEnv) {
    this.#limitMs = timeoutMs(agent);
    const child = forked(agent, folder, environment);
    this.#child = child;
    child.stdout?.on("data", (chunk: Buffer) => this.#countOutput(chunk.length));
    child.stderr?.on("data", (chunk: Buffer) => {
      this.#complaint = (this.#complaint + chunk.toString("utf8")).slice(-4_000);
    });
    child.on("message", (raw) => {
      const said = Said.safeParse(raw);
      if (said.success) this.#hear(said.data);
    });
    child.on("error", ({ message }) => this.#endAll({ how: "ended", why: message }));
    // "close", not "exit": what it wrote last may still be in the pipe. A program that it left behind may hold that open.
    child.on("close", (code, signal) => this.#endAll(ended(code, signal, this.#complaint)));
    child.on("exit", (code, signal) => {
      setTimeout(() => this.#endAll(ended(code, signal, this.#complaint)), drainMs);
    });
  }

  get lives(): boolean {
    return this.#state !== "over";
  }

  ask(message: Message): Promise<Outcome> {
    if (!this.lives) return Promise.resolve(this.#end);
    this.#asked += 1;
    return new Promise((done) => {
      const late = () => this.#finish((id) => (id === message.id ? { how: "timeout" } : lost));
      let timer = setTimeout(late, this.#limitMs);
      const begin = () => {
        clearTimeout(timer);
        timer = setTimeout(late, this.#limitMs);
        this.#child.send(message);
      };
      const settle = (outcome: Outcome) => {
        clearTimeout(timer);
        this.#underWay.delete(message.id);
        done(outcome);
      };
      this.#underWay.set(message.id, { begin, settle });
      if (this.#state === "ready") begin();
    });
  }

  stop(): void {
    this.#finish(() => lost);
  }

  #hear(said: Said): void {
    if (said.kind === "ready") {
      this.#state = "ready";
      for (const { begin } of this.#underWay.values()) begin();
    } else if (said.kind === "unusable") {
      this.#end = { how: "unusable", why: said.why };
      this.#finish(() => this.#end);
    } else this.#underWay.get(said.id)?.settle(outcomeOf(said));
  }

  #countOutput(bytes: number): void {
    this.#written += bytes;
    if (this.#written > policy("candidateStdoutBytes") * Math.max(1, this.#asked))
      this.#endAll({ how: "flood" });
  }

  /** A trial alone in its worker is the one to blame; of several nobody knows which. */
  #endAll(outcome: Outcome): void {
    const isAlone = this.#underWay.size <= 1;
    this.#finish(() => (isAlone ? outcome : lost));
  }

  #finish(outcomeFor: (id: number) => Outcome): void {
    if (!this.lives) return;
    this.#state = "over";
    killGroup(this.#child.pid ?? null);
    for (const [id, { settle }] of this.#underWay) settle(outcomeFor(id));
  }
}

/** How long the last words of a process that has ended may still come. */
const drainMs = 200;

function ended(code: number | null, signal: string | null, complaint: string): Outcome {
  const how = code === null ? `by ${signal ?? "a signal"}` : `with exit code ${code}`;
  return { how: "ended", why: complaint === "" ? how : `${how}: ${complaintIn(complaint)}` };
}

function outcomeOf(said: Extract<Said, { id: number }>): Outcome {
  switch (said.kind) {
    case "answer":
      return { how: "answer", text: said.text, flushed: said.flushed };
    case "large":
      return { how: "large", bytes: said.bytes };
    case "threw":
      return { how: "threw", why: said.why };
  }
}
