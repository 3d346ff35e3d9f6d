import { Hono } from "hono";
import { acceptedId, AcceptInput } from "@rootward/pipeline/model/accepted";
import type { AcceptedBaseline } from "@rootward/pipeline/model/accepted";
import type { WorkflowDiagnosis } from "@rootward/pipeline/model/baseline";
import { jsonBody } from "../body.ts";
import type { Context } from "../context.ts";
import { jsonAnswer } from "../json.ts";
import { parsed, Problem } from "../problem.ts";
import { workflowOf } from "../standing.ts";

/** What each workflow is compared with, and a person's word that something else is normal from a time on. */
export function baselineRoutes(context: Context): Hono {
  const { store, schedule } = context;
  const routes = new Hono();
  routes.get("/api/baselines", () =>
    jsonAnswer((schedule.diagnosis?.workflows ?? []).map(currentOf)),
  );
  routes.get("/api/baselines/history", async () => jsonAnswer(await store.baselines()));
  routes.post("/api/baselines", async (http) => {
    const accepted = await acceptedOf(context, await jsonBody(http.req.raw));
    await store.putBaselines([accepted]);
    await schedule.diagnoseAgain(context.now());
    return jsonAnswer(accepted);
  });
  return routes;
}

function currentOf({ name, environment, state, missing, baseline, accepted }: WorkflowDiagnosis) {
  return { workflow: name, environment, state, missing, baseline, accepted };
}

/** @throws Problem 400, 404  naming the field, its value and what is accepted */
async function acceptedOf(
  { store, schedule, now }: Context,
  body: unknown,
): Promise<AcceptedBaseline> {
  const input = parsed(AcceptInput, body, "the baseline");
  const { workflow, environment, by, change = null, reprocess } = input;
  const known = schedule.diagnosis?.workflows ?? [];
  const found = workflowOf(schedule.diagnosis, input);
  if (!found) {
    const names = known.map((one) => `${one.name} (${one.environment})`).join(", ");
    throw new Problem(
      404,
      `there is no workflow "${workflow}" in the environment "${environment}"; there are: ${names || "none yet"}`,
    );
  }
  const fromMs = Date.parse(input.from);
  const acceptedMs = now();
  if (fromMs > acceptedMs) {
    throw new Problem(400, `the baseline: from is ${input.from}, which is yet to come`);
  }
  if (fromMs <= found.firstMs) {
    const first = new Date(found.firstMs).toISOString();
    throw new Problem(
      400,
      `the baseline: from is ${input.from}; the first run of ${workflow} started at ${first}, and a new baseline begins after it`,
    );
  }
  const title = change === null ? null : await titleOf({ store, schedule }, change);
  const entry = { workflow, environment, fromMs };
  const before = (await store.baselines()).find(({ id }) => id === acceptedId(entry));
  return {
    ...entry,
    id: acceptedId(entry),
    acceptedMs,
    by,
    why: input.why ?? title ?? "",
    change,
    reprocess,
    // The same word again replaces no other baseline than it did before.
    replaced: before ? before.replaced : found.baseline,
  };
}

/** @throws Problem 404  where the ledger has no such change */
async function titleOf(
  { store, schedule }: Pick<Context, "store" | "schedule">,
  id: string,
): Promise<string> {
  const ledger = [...(await store.changes()), ...(schedule.diagnosis?.changes ?? [])];
  const change = ledger.find((one) => one.id === id);
  if (change) return change.title;
  throw new Problem(404, `the ledger has no change "${id}"; see: rootward changes list --json`);
}
