import { createHash } from "node:crypto";
import { Hono } from "hono";
import { z } from "zod";
import { namedStep } from "@rootward/pipeline/diagnose/named-step";
import { ruledStep } from "@rootward/pipeline/diagnose/rulings";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import { RunId } from "@rootward/pipeline/model/ids";
import { RulingInput } from "@rootward/pipeline/model/ruling";
import type { Ruling } from "@rootward/pipeline/model/ruling";
import { jsonBody } from "../body.ts";
import type { Context } from "../context.ts";
import { jsonAnswer } from "../json.ts";
import { oneAtATime } from "../one-at-a-time.ts";
import { parsed, Problem } from "../problem.ts";
import { ruledOrigin } from "../ruled-origin.ts";
import { failedBy, indexOf } from "../standing.ts";

const ListQuery = z.object({ run: RunId.optional() });

/** Rulings on origins: what people confirmed and rejected, and where they say it. */
export function originRoutes(context: Context): Hono {
  const routes = new Hono();
  // Two rulings on one run at once would be two with one time.
  const alone = oneAtATime();
  routes.get("/api/origins", async (http) => {
    const { run } = parsed(ListQuery, http.req.query(), "the query");
    const rulings = await context.store.rulings();
    return jsonAnswer({
      rulings: rulings.filter(({ runId }) => run === undefined || runId === run),
    });
  });
  routes.post("/api/origins", async (http) => {
    const input = parsed(RulingInput, await jsonBody(http.req.raw), "the ruling");
    return await alone(async () => jsonAnswer(await rule(context, input)));
  });
  return routes;
}

/** Keeps a ruling, and tells what the run's origin is by it: lists and clusters follow with the next diagnosis. */
async function rule(context: Context, input: RulingInput) {
  const run = await context.store.run(input.run);
  if (run === null) throw new Problem(404, `no run ${input.run}`);
  refuseUnfailed(context, run);
  const named = namedStep(run, input.step);
  if (named.kind === "refused") throw new Problem(400, named.why);
  const earlier = await context.store.rulings();
  const ruling = rulingOf(run, input, {
    step: ruledStep(named.step),
    atMs: Math.max(context.now(), laterThan(earlier, run)),
  });
  await context.store.putRulings([ruling]);
  context.schedule.diagnoseSoon();
  const diagnosed = ruledOrigin(context.schedule.diagnosis, run, [...earlier, ruling]);
  return { ruling, diagnosed };
}

/** A run that did not fail has no origin: to confirm one would teach something that did not happen. */
function refuseUnfailed({ schedule }: Context, run: RunDigest): void {
  const index = indexOf(schedule.diagnosis);
  if (failedBy(index, run).length > 0 || run.error !== null || index.diagnosed.has(run.id)) return;
  throw new Problem(409, `run ${run.id} did not fail, so nothing in it is the origin of a failure`);
}

function laterThan(rulings: readonly Ruling[], run: RunDigest): number {
  const last = rulings.findLast(({ runId }) => runId === run.id || run.aliases.includes(runId));
  return last === undefined ? 0 : last.atMs + 1;
}

function rulingOf(
  run: RunDigest,
  { ruling, by, note }: RulingInput,
  { step, atMs }: Pick<Ruling, "step" | "atMs">,
): Ruling {
  const hash = createHash("sha256").update(`${run.id} ${step.seq} ${atMs}`).digest("hex");
  return {
    id: `RL-${hash.slice(0, 16)}`,
    runId: run.id,
    workflow: run.workflow,
    environment: run.environment,
    step,
    ruling,
    by: by ?? null,
    note: note ?? null,
    atMs,
  };
}
