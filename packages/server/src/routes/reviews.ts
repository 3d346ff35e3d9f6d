import { Hono } from "hono";
import { z } from "zod";
import { batchOf, bookFor } from "@rootward/pipeline/diagnose/review/book";
import { policy } from "@rootward/pipeline/model/policy";
import { BatchId, recordKey, ReviewRecord } from "@rootward/pipeline/model/review";
import { dayMs } from "@rootward/pipeline/model/time";
import { jsonBody } from "../body.ts";
import type { Context } from "../context.ts";
import { jsonAnswer } from "../json.ts";
import { parsed, Problem } from "../problem.ts";
import { makeBatch, reviewBook, reviewStatus } from "../review.ts";

const Place = z.object({ workflow: z.string().optional(), environment: z.string().optional() });

const MakeBatch = z.strictObject({
  workflow: z.string().min(1),
  environment: z.string().min(1),
  by: z.string().min(1),
  size: z.int().min(1).max(policy("reviewBatchMost")).default(policy("reviewBatchRuns")),
  /** Start times, ms since 1970; without them the last seven days. */
  start: z.number().optional(),
  end: z.number().optional(),
  /** Only shown, not kept. */
  dry: z.boolean().default(false),
});

/** What people read and say of runs: batches, annotations, failure modes, and what follows from them. */
export function reviewRoutes(context: Context): Hono {
  const routes = new Hono();
  routes.get("/api/review", async (http) => {
    const query = parsed(Place, http.req.query(), "the query");
    const place = { workflow: query.workflow ?? null, environment: query.environment ?? null };
    return jsonAnswer(await reviewStatus(context, place));
  });
  routes.get("/api/review/book", async (http) => {
    const query = parsed(Place, http.req.query(), "the query");
    const place = { workflow: query.workflow ?? null, environment: query.environment ?? null };
    const { annotations, modes, batches } = bookFor(await reviewBook(context), place);
    return jsonAnswer({ annotations, modes, batches });
  });
  routes.post("/api/review/batches", async (http) => {
    const asked = parsed(MakeBatch, await jsonBody(http.req.raw), "the batch");
    return jsonAnswer(await newBatch(context, asked));
  });
  routes.get("/api/review/batches/:id", async (http) => {
    const id = BatchId.safeParse(http.req.param("id"));
    const found = id.success ? batchOf(await reviewBook(context), id.data) : undefined;
    if (found === undefined) {
      const form = id.success ? "" : "; an id is RB- and 8 hex characters";
      throw new Problem(404, `no batch ${http.req.param("id").slice(0, 100)}${form}`);
    }
    return jsonAnswer(found);
  });
  routes.get("/api/review/records", async () => {
    const lines = (await context.store.reviews()).map((record) => `${JSON.stringify(record)}\n`);
    return new Response(lines.join(""), { headers: { "content-type": "application/x-ndjson" } });
  });
  routes.post("/api/review/records", async (http) => {
    const records = parsed(
      z.array(ReviewRecord).min(1),
      await jsonBody(http.req.raw),
      "the records",
    );
    return jsonAnswer(await addRecords(context, records));
  });
  return routes;
}

async function newBatch(context: Context, asked: z.infer<typeof MakeBatch>) {
  const { workflow, environment, by, size, dry } = asked;
  const nowMs = context.now();
  const end = asked.end ?? nowMs;
  const start = asked.start ?? end - policy("reviewWindowDays") * dayMs;
  if (start >= end) throw new Problem(400, `the batch: start ${start} is not before end ${end}`);
  const known = await context.store.workflows();
  if (!known.some((one) => one.workflow === workflow && one.environment === environment)) {
    const all = known.map((one) => `${one.workflow} (${one.environment})`).join(", ") || "none";
    throw new Problem(
      404,
      `no runs of workflow "${workflow}" in "${environment}"; there are: ${all}`,
    );
  }
  const at = new Date(nowMs).toISOString();
  const window = { start, end };
  const made = await makeBatch(context, { workflow, environment, by, size, window, at });
  if (!dry && made.batch.entries.length > 0) await context.store.putReviews([made.batch]);
  return made;
}

/** Records that are there already are counted and left: sending the same again changes nothing. */
async function addRecords({ store }: Context, records: readonly ReviewRecord[]) {
  const known = new Set((await store.reviews()).map(recordKey));
  const fresh = records.filter((record) => !known.has(recordKey(record)));
  await store.putReviews(fresh);
  const added = new Set(fresh.map(recordKey)).size;
  return { added, known: records.length - added };
}
