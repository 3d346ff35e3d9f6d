/**
 * A program that sends bodies as exporters do, over several connections, and says on standard output what became of each:
 * `acked N`, `refused N STATUS`, `lost N` (no answer), `stopped`. It is told on standard input, one JSON a line, what to do.
 */
import { Agent, request } from "node:http";
import { createInterface } from "node:readline";
import { bodyOf } from "./bodies.ts";
import type { Body } from "./bodies.ts";

/** What the program is told. */
export type Order =
  | {
      readonly order: "send";
      readonly url: string;
      readonly seed: number;
      /** Numbers of bodies, in this order; or without end from this one on. */
      readonly numbers: readonly number[] | { readonly from: number };
      /** Of the bodies, the share whose connection is cut in the middle. */
      readonly cutShare: number;
      readonly connections: number;
    }
  | { readonly order: "stop" };

let stopping = false;

function* endless(from: number): Generator<number> {
  for (let number = from; !stopping; number += 1) yield number;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function sendAll(order: Order & { order: "send" }): Promise<void> {
  const { url, seed, numbers, cutShare, connections } = order;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const source = (Array.isArray(numbers) ? numbers : endless((numbers as { from: number }).from))[
    Symbol.iterator
  ]();
  const target = new URL("/v1/traces", url);
  const work = async (): Promise<void> => {
    for (let next = source.next(); next.done !== true && !stopping; next = source.next()) {
      const body = bodyOf(seed, next.value);
      // Which are cut is told by the number, so that a round can be repeated.
      const isCut = (Math.imul(next.value + 1, 0x9e3779b1) >>> 0) / 2 ** 32 < cutShare;
      const status = await post(target, body, agent, isCut);
      if (status === 200) say(`acked ${body.number}`);
      else say(status === null ? `lost ${body.number}` : `refused ${body.number} ${status}`);
      if (status !== 200 && !isCut) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  agent.destroy();
  say("stopped");
}

/** @returns the status of the answer; null without one */
async function post(target: URL, body: Body, agent: Agent, isCut: boolean): Promise<number | null> {
  return await new Promise((resolve) => {
    const outgoing = request(
      target,
      { method: "POST", headers: body.headers, ...(isCut ? {} : { agent }) },
      (incoming) => {
        incoming.resume();
        incoming.on("end", () => resolve(incoming.statusCode ?? null));
        incoming.on("error", () => resolve(null));
      },
    );
    outgoing.on("error", () => resolve(null));
    if (!isCut) {
      outgoing.end(body.bytes);
      return;
    }
    outgoing.write(body.bytes.subarray(0, Math.floor(body.bytes.length / 2)), () => {
      outgoing.destroy();
      resolve(null);
    });
  });
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const order = JSON.parse(line) as Order;
  stopping = order.order === "stop";
  if (order.order === "send") void sendAll(order);
});
