import { z } from "zod";
import { requestJson } from "../api.ts";
import { OperatorError } from "../output.ts";

const Change = z.object({
  kind: z.string(),
  title: z.string(),
  atMs: z.number(),
  before: z.string().nullable(),
  after: z.string().nullable(),
  origin: z.string(),
});
export type Change = z.infer<typeof Change>;

const Drift = z.object({
  workflow: z.string(),
  environment: z.string(),
  signal: z.string(),
  before: z.number(),
  beforeRuns: z.number(),
  after: z.number(),
  n: z.number(),
  onsetMs: z.number(),
  onsetPlusMinusMs: z.number(),
  seenAfterRuns: z.number(),
  falseAlarmRate: z.number(),
});
export type Drift = z.infer<typeof Drift>;

const Cause = z.object({
  cause: z.string(),
  verdict: z.string(),
  match: z.number(),
  contradict: z.number(),
  notRun: z.number(),
  change: Change.nullable(),
});

const Trail = z.object({
  failingName: z.string(),
  hops: z.array(
    z.object({
      spanId: z.string(),
      name: z.string(),
      proof: z.string(),
      text: z.string().nullable(),
    }),
  ),
});

const Cluster = z.object({
  id: z.string(),
  signature: z.object({ primary: z.string() }),
  title: z.string(),
  workflow: z.string(),
  environment: z.string(),
  size: z.number(),
  representative: z.string(),
  failing: z.record(z.string(), z.number()),
  trail: Trail.nullable(),
  attribution: z.object({
    causes: z.array(Cause),
    onsetMs: z.number().nullable(),
    notThese: z.array(z.object({ change: Change, why: z.string() })),
  }),
});
export type Cluster = z.infer<typeof Cluster>;

const Run = z.object({
  digest: z.object({
    inputText: z.string().nullable(),
    outputText: z.string().nullable(),
    ungrounded: z.array(z.string()),
    steps: z.array(
      z.object({
        spanId: z.string(),
        documents: z.object({ count: z.number() }).nullable(),
      }),
    ),
  }),
});
export type RunShown = z.infer<typeof Run>["digest"];

const Overview = z.object({
  workflows: z.array(
    z.object({ name: z.string(), environment: z.string(), drifts: z.array(Drift) }),
  ),
  clusters: z.array(Cluster),
});
export type Overview = z.infer<typeof Overview>;

const Status = z.object({
  received: z.number(),
  accepted: z.number(),
  duplicates: z.number(),
  openTraces: z.number(),
  spans: z.number(),
  runs: z.number(),
  loopsClosed: z.object({ closed: z.number(), of: z.number() }),
});
export type Status = z.infer<typeof Status>;

/** What the server knows about its work. @throws OperatorError  if it answers in another form */
export async function statusOf(url: string): Promise<Status> {
  return parsed(Status, await requestJson(url, "/api/status"), `${url}/api/status`);
}

/** Workflows, drifts and clusters. @throws OperatorError  if the server answers in another form */
export async function overviewOf(url: string): Promise<Overview> {
  return parsed(Overview, await requestJson(url, "/api/overview"), `${url}/api/overview`);
}

/** One run as the server keeps it. @throws OperatorError  if the server answers in another form */
export async function runOf(url: string, id: string): Promise<RunShown> {
  const path = `/api/runs/${id}`;
  return parsed(Run, await requestJson(url, path), `${url}${path}`).digest;
}

/** How many runs ended in an error, by SQL. @throws OperatorError  if the server answers in another form */
export async function erroredRuns(url: string): Promise<number> {
  const query = "SELECT countIf(has(failed, 'error')) FROM runs";
  const answer = await requestJson(url, "/api/sql", { query });
  const rows = z.object({ rows: z.tuple([z.tuple([z.coerce.number()])]) });
  return parsed(rows, answer, `${url}/api/sql`).rows[0][0];
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, source: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new OperatorError(`${source} answered in another form: ${z.prettifyError(result.error)}`);
}
