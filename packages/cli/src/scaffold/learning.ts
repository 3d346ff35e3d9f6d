import { z } from "zod";
import { noSettings } from "@rootward/pipeline/model/workflow";
import type { WorkflowSettings } from "@rootward/pipeline/model/workflow";
import { requestJson, serverUrl } from "../api.ts";
import type { Learned } from "../guesses.ts";
import { note } from "../output.ts";
import { readRuns } from "../read-paths.ts";

/** What the workflows of OTLP bodies teach. */
export async function learnedFromPaths(
  paths: readonly string[],
  config: string | undefined,
): Promise<readonly Learned[]> {
  const runs = new Map<string, { workflow: string; environment: string; runs: number }>();
  const { settingsOf, warnings } = await readRuns(paths, config, ({ run }) => {
    const key = JSON.stringify([run.workflow, run.environment]);
    const entry = runs.get(key) ?? {
      workflow: run.workflow,
      environment: run.environment,
      runs: 0,
    };
    runs.set(key, entry);
    entry.runs += 1;
  });
  for (const warning of warnings) note(`warning: ${warning}`);
  return [...runs.values()].map((entry) => ({
    ...entry,
    settings: settingsOf(entry.workflow, entry.environment),
  }));
}

const Overview = z.object({
  workflows: z.array(z.object({ name: z.string(), environment: z.string(), runs: z.number() })),
});

const Settings = z.object({
  retrievers: z.array(z.string()),
  citation: z.object({ pattern: z.string().nullable(), pointer: z.string().nullable() }).nullable(),
  fallbackTools: z.array(z.string()),
  escalations: z.array(z.string()),
  defaultAnswers: z.array(z.string()),
  retrieves: z.boolean().nullable(),
  origins: z.record(
    z.string(),
    z.object({ from: z.enum(["declared", "learned"]), evidence: z.string() }),
  ),
}) satisfies z.ZodType<Partial<WorkflowSettings>>;

/** What a server has learned. @throws OperatorError  it does not answer */
export async function learnedFromServer(url: string | undefined): Promise<readonly Learned[]> {
  const server = serverUrl(url);
  const { workflows } = Overview.parse(await requestJson(server, "/api/overview"));
  return await Promise.all(
    workflows.map(async ({ name, environment, runs }) => {
      const path = `/api/workflows/${encodeURIComponent(name)}/${encodeURIComponent(environment)}/settings`;
      const settings = Settings.parse(await requestJson(server, path));
      return { workflow: name, environment, runs, settings: { ...noSettings, ...settings } };
    }),
  );
}
