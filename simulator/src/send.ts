import { Agent, request } from "node:http";
import type { Delivery } from "./deliver.ts";

export interface SendProgress {
  readonly requests: number;
  readonly spans: number;
  readonly bytes: number;
}

const connections = 6;
const attempts = 5;

/**
 * Sends every request to `<url>/v1/traces` over a few kept connections and waits for each answer. A busy receiver (429, 503) is
 * asked again after a pause, as an exporter does.
 *
 * @throws Error  when the receiver cannot be reached, refuses a request, or stays busy
 */
export async function send(
  deliveries: Iterable<Delivery>,
  url: string,
  onProgress: (progress: SendProgress) => void,
): Promise<SendProgress> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const target = new URL("/v1/traces", url);
  const source = deliveries[Symbol.iterator]();
  let progress: SendProgress = { requests: 0, spans: 0, bytes: 0 };
  const worker = async (): Promise<void> => {
    for (let next = source.next(); next.done !== true; next = source.next()) {
      const delivery = next.value;
      await deliverOnce(target, delivery, agent);
      progress = {
        requests: progress.requests + 1,
        spans: progress.spans + delivery.spans,
        bytes: progress.bytes + delivery.body.length,
      };
      onProgress(progress);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, worker));
  } finally {
    agent.destroy();
  }
  return progress;
}

async function deliverOnce(target: URL, delivery: Delivery, agent: Agent): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await post(target, delivery, agent);
    if (answer.status === 200) return;
    const busy = answer.status === 429 || answer.status === 503;
    if (!busy || attempt === attempts) {
      throw new Error(`${target.href} answered ${answer.status}: ${answer.text.slice(0, 300)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200 * attempt));
  }
}

function post(
  target: URL,
  delivery: Delivery,
  agent: Agent,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      "content-type": delivery.contentType,
      "content-length": delivery.body.length,
    };
    const outgoing = request(target, { method: "POST", agent, headers }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: incoming.statusCode ?? 0, text });
      });
    });
    outgoing.on("error", (cause) => {
      reject(new Error(`${target.href} cannot be reached: ${cause.message}`, { cause }));
    });
    outgoing.end(delivery.body);
  });
}
