import { Worker } from "node:worker_threads";
import { policy } from "@rootward/pipeline/model/policy";

/** Whether a text matches a pattern of the repository; null: the time ran out. */
type Matcher = (pattern: string, text: string) => Promise<boolean | null>;

const source = `
  const { parentPort } = require("node:worker_threads");
  parentPort.on("message", ({ pattern, text }) => {
    try {
      parentPort.postMessage({ matched: new RegExp(pattern, "u").test(text) });
    } catch (error) {
      parentPort.postMessage({ refused: String(error.message) });
    }
  });
  parentPort.postMessage({ ready: true });
`;

type Said = { readonly ready?: true; readonly matched?: boolean; readonly refused?: string };

function isSaid(value: unknown): value is Said {
  return typeof value === "object" && value !== null;
}

/**
 * Patterns are hostile to time: they run in a thread of their own, one after the other, each with a time limit. A thread that ran out of
 * time is ended, and the next pattern has a new one. An idle thread keeps no process alive.
 *
 * The matcher throws Error where the pattern is none.
 */
export function newMatcher(): Matcher {
  let worker: Promise<Worker> | null = null;
  let last: Promise<unknown> = Promise.resolve();
  const ask = async (pattern: string, text: string): Promise<boolean | null> => {
    worker ??= started();
    const thread = await worker;
    thread.ref();
    const said = await answerOf(thread, pattern, text);
    if (said === null) {
      worker = null;
      void thread.terminate();
      return null;
    }
    thread.unref();
    if (said.refused !== undefined) throw new Error(said.refused);
    return said.matched === true;
  };
  return (pattern, text) => {
    const answer = last.then(() => ask(pattern, text));
    last = answer.catch(() => undefined);
    return answer;
  };
}

function started(): Promise<Worker> {
  return new Promise((done, refuse) => {
    const worker = new Worker(source, { eval: true });
    worker.once("message", () => done(worker));
    worker.once("error", refuse);
  });
}

function answerOf(worker: Worker, pattern: string, text: string): Promise<Said | null> {
  return new Promise((done) => {
    const hear = (said: unknown) => {
      clearTimeout(timer);
      done(isSaid(said) ? said : {});
    };
    const timer = setTimeout(() => {
      worker.off("message", hear);
      done(null);
    }, policy("patternTimeMs"));
    worker.once("message", hear);
    worker.postMessage({ pattern, text });
  });
}
