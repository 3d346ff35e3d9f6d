import type { OtlpBody, Receipt } from "@rootward/pipeline/model/batch";
import { policy } from "@rootward/pipeline/model/policy";
import { ingest } from "@rootward/pipeline/pipeline";
import type { Context } from "./context.ts";
import { countRejection, type Counters } from "./counters.ts";
import { Problem } from "./problem.ts";

/**
 * Sets bytes aside for a body before it is read, over HTTP and gRPC together.
 *
 * @returns gives them back; the second call does nothing
 * @throws Problem 429  if the policy's pendingLimitBytes would be passed
 */
export function reserved(counters: Counters, bytes: number): () => void {
  if (counters.inFlightBytes + bytes > policy("pendingLimitBytes")) {
    throw new Problem(429, "too much is being taken in at once; send it again", 1);
  }
  counters.inFlightBytes += bytes;
  let held = bytes;
  return () => {
    counters.inFlightBytes -= held;
    held = 0;
  };
}

/**
 * One body, however it came: durable when this returns, and accepted + rejected = received. Metrics are dropped and counted.
 *
 * @throws UnreadableBody, PortError  and then nothing of it is kept
 */
export async function takeIn(
  context: Context,
  body: OtlpBody,
): Promise<Pick<Receipt, "accepted" | "rejections">> {
  const { counters } = context;
  if (body.signal === "metrics") {
    counters.metricsDropped += 1;
    return { accepted: 0, rejections: [] };
  }
  const landed = context.flights.begin();
  try {
    return await taken(context, body);
  } finally {
    landed();
  }
}

async function taken(
  context: Context,
  body: OtlpBody,
): Promise<Pick<Receipt, "accepted" | "rejections">> {
  const { counters } = context;
  const { batch, accepted, rejections } = await ingest(body, context);
  await context.forwarder.received(batch);
  counters.received += accepted + rejections.length;
  counters.accepted += accepted;
  counters.truncated += batch.truncated;
  for (const { reason } of rejections) countRejection(counters, reason);
  counters.duplicates += context.open.add(batch, context.now());
  return { accepted, rejections };
}
