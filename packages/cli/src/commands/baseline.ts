import type { Command } from "commander";
import { z } from "zod";
import { policy } from "@rootward/pipeline/model/policy";
import { requestJson, serverUrl } from "../api.ts";
import { count, OperatorError, plain, printJson, printLine, table } from "../output.ts";
import { missingText, shortTime } from "../report.ts";

const Missing = z.object({ runs: z.number(), days: z.number() });
const Summary = z.object({ signal: z.string(), measured: z.number(), good: z.number() });
const Baseline = z.object({
  window: z.object({ start: z.number(), end: z.number() }),
  runs: z.number(),
  frozen: z.boolean(),
  summaries: z.array(Summary),
  id: z.string(),
});
const Accepted = z.object({
  workflow: z.string(),
  environment: z.string(),
  fromMs: z.number(),
  acceptedMs: z.number(),
  by: z.string(),
  why: z.string(),
  change: z.string().nullable(),
  reprocess: z.boolean(),
  replaced: Baseline.nullable(),
});
const Current = z.object({
  workflow: z.string(),
  environment: z.string(),
  state: z.string(),
  missing: Missing.nullish(),
  baseline: Baseline.nullable(),
  accepted: Accepted.nullish(),
});

interface ListOptions {
  readonly json?: boolean;
  readonly url?: string;
}

interface AcceptOptions {
  readonly environment: string;
  readonly from: string;
  readonly by: string;
  readonly why?: string;
  readonly change?: string;
  readonly reprocess?: boolean;
  readonly url?: string;
}

const url = "the server (default: ROOTWARD_URL or http://127.0.0.1:4318)";

export function register(program: Command): void {
  const baseline = program
    .command("baseline")
    .description("what each workflow is compared with; accept a new normal");
  baseline
    .command("list")
    .description("the baseline of each workflow, or what it still lacks")
    .option("--json", "print the baselines as an array")
    .option("--url <url>", url)
    .action(list);
  baseline
    .command("accept")
    .description("what a workflow does from a time on is its new normal")
    .argument("<workflow>", "its name")
    .requiredOption(
      "--from <time>",
      "its first runs from then on are the baseline: ISO 8601 with an offset",
    )
    .requiredOption("--by <name>", "who says so")
    .option("--environment <name>", "which environment", "production")
    .option("--why <text>", "a note")
    .option("--change <id>", "the change of the ledger that is accepted")
    .option("--reprocess", "judge runs since then anew, also those that have a signature already")
    .option("--url <url>", url)
    .action(accept);
  baseline
    .command("history")
    .description("which baselines were accepted, by whom, why, and what each replaced")
    .option("--json", "print the entries as an array")
    .option("--url <url>", url)
    .action(history);
}

async function asked<T>(server: string, path: string, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(await requestJson(server, path));
  if (parsed.success) return parsed.data;
  throw new OperatorError(`${server}${path} answered as no server of this version does`);
}

function span({ window: { start, end } }: z.infer<typeof Baseline>): string {
  return `${shortTime(start)} to ${shortTime(end)}`;
}

function shares({ summaries }: z.infer<typeof Baseline>): string {
  return summaries
    .filter(({ measured }) => measured > 0)
    .map(({ signal, measured, good }) => `${signal} ${(good / measured).toFixed(2)}`)
    .join(", ");
}

async function list(options: ListOptions): Promise<void> {
  const server = serverUrl(options.url);
  if (options.json === true) {
    printJson(await requestJson(server, "/api/baselines"));
    return;
  }
  const current = await asked(server, "/api/baselines", z.array(Current));
  const names = ["workflow", "environment", "state", "runs", "baseline", "good", "accepted"];
  const rows = current.map(({ workflow, environment, state, missing, baseline, accepted }) => [
    plain(workflow),
    plain(environment),
    state,
    count(baseline?.runs ?? 0),
    missing || !baseline ? missingText(missing ?? null) : span(baseline),
    baseline ? shares(baseline) : "",
    accepted ? plain(`by ${accepted.by}: ${accepted.why}`) : "",
  ]);
  printLine(
    table(
      names.map((name) => ({ name })),
      rows,
    ),
  );
}

async function accept(workflow: string, options: AcceptOptions): Promise<void> {
  const server = serverUrl(options.url);
  const { environment, from, by, why, change, reprocess } = options;
  if (why === undefined && change === undefined) {
    throw new OperatorError("neither --why nor --change is given; say what is accepted", 2);
  }
  if (!z.iso.datetime({ offset: true }).safeParse(from).success) {
    throw new OperatorError(`--from is "${from}"; expected a time such as 2026-11-14T05:58:00Z`, 2);
  }
  const body = { workflow, environment, from, by, why, change, reprocess: reprocess === true };
  await requestJson(server, "/api/baselines", body);
  printLine(
    `${plain(workflow)} (${plain(environment)}): its first ${policy("baselineRuns")} runs from ${from} on are the baseline; the earlier one stays in: rootward baseline history`,
  );
}

async function history(options: ListOptions): Promise<void> {
  const server = serverUrl(options.url);
  if (options.json === true) {
    printJson(await requestJson(server, "/api/baselines/history"));
    return;
  }
  const entries = await asked(server, "/api/baselines/history", z.array(Accepted));
  const names = ["from", "workflow", "environment", "accepted", "by", "why", "replaced"];
  const rows = entries.map((entry) => [
    shortTime(entry.fromMs),
    plain(entry.workflow),
    plain(entry.environment),
    shortTime(entry.acceptedMs),
    plain(entry.by),
    plain(entry.why),
    entry.replaced
      ? `${entry.replaced.id}, ${count(entry.replaced.runs)} runs, ${span(entry.replaced)}: ${shares(entry.replaced)}`
      : "none",
  ]);
  printLine(
    table(
      names.map((name) => ({ name })),
      rows,
    ),
  );
}
