import { Hono } from "hono";
import { standingMode, standingModes } from "@rootward/pipeline/diagnose/review/book";
import type { ProductionFacts } from "@rootward/pipeline/model/coverage";
import { policy } from "@rootward/pipeline/model/policy";
import type { Context } from "../context.ts";
import { jsonAnswer } from "../json.ts";
import { reviewBook } from "../review.ts";
import { indexOf, isShown } from "../standing.ts";

/** What the gate holds its cases against: `evals/coverage.json`, as `rootward cases sync` writes it. */
export function coverageRoutes(context: Context): Hono {
  const routes = new Hono();
  routes.get("/api/coverage", async () => jsonAnswer(await factsOf(context)));
  return routes;
}

async function factsOf(context: Context): Promise<ProductionFacts> {
  const clusters = (context.schedule.diagnosis?.clusters ?? []).filter(isShown);
  return {
    schema: "coverage/v1",
    at: new Date(context.now()).toISOString(),
    workflows: await workflowsOf(context),
    clusters: clusters.map(({ id, aliases, title, workflow, environment, members, state }) => ({
      id,
      aliases: aliases ?? [],
      title,
      workflow,
      environment,
      runs: members.length,
      state,
    })),
    failure_modes: await modesOf(context),
  };
}

function counted(names: readonly string[]): ProductionFacts["workflows"][number]["agents"] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, runs]) => ({ name, runs }));
}

async function workflowsOf({ store }: Context): Promise<ProductionFacts["workflows"]> {
  const found: ProductionFacts["workflows"][number][] = [];
  for (const { workflow, environment } of await store.workflows()) {
    const runs = await store.runs({ workflow, environment, limit: policy("coverageRuns") });
    found.push({
      workflow,
      environment,
      runs: runs.length,
      task_types: counted(runs.flatMap(({ taskType }) => taskType ?? [])),
      agents: counted(
        runs.flatMap(({ steps }) => [...new Set(steps.flatMap(({ agent }) => agent ?? []))]),
      ),
    });
  }
  return found;
}

async function modesOf(context: Context): Promise<ProductionFacts["failure_modes"]> {
  const { annotations, modes } = await reviewBook(context);
  const index = indexOf(context.schedule.diagnosis);
  return standingModes({ modes })
    .map(({ id, name, workflow, environment }) => {
      const own = annotations.filter(
        ({ failureMode }) => failureMode !== null && standingMode(modes, failureMode)?.id === id,
      );
      const runs = [...new Set(own.map(({ run }) => run))];
      const clusters = runs.flatMap((run) => index.standings.get(run)?.cluster ?? []);
      return {
        id,
        name,
        workflow,
        environment,
        runs: runs.length,
        clusters: [...new Set(clusters)],
      };
    })
    .filter(({ runs }) => runs > 0);
}
