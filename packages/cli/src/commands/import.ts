import type { Command } from "commander";
import { newCompleter } from "@rootward/pipeline/exchange/given";
import { acceptedShapes, formatNames } from "@rootward/pipeline/exchange/formats";
import type { FormatName } from "@rootward/pipeline/exchange/formats";
import { newPacker } from "@rootward/pipeline/exchange/pack";
import type { Packed } from "@rootward/pipeline/exchange/pack";
import { policy } from "@rootward/pipeline/model/policy";
import { serverUrl } from "../api.ts";
import { filesSource } from "../import/files.ts";
import { langfuseSource } from "../import/langfuse-api.ts";
import { langsmithSource } from "../import/langsmith-api.ts";
import type { Patience } from "../import/patient.ts";
import { send } from "../import/send.ts";
import { sinceMs } from "../import/since.ts";
import type { Part, Source } from "../import/source.ts";
import { newTally, reportLines } from "../import/tally.ts";
import type { Tally } from "../import/tally.ts";
import { messageOf, note, OperatorError, printJson, printLine, progress } from "../output.ts";
import type { Progress } from "../output.ts";

interface Options {
  readonly from?: string;
  readonly url?: string;
  readonly since?: string;
  readonly project?: string;
  readonly service?: string;
  readonly environment?: string;
  readonly to?: string;
  readonly json?: boolean;
}

/** Ended by SIGINT. Source: POSIX shells, 128 + the signal's number. */
const interruptedExitCode = 130;

export function register(program: Command): void {
  program
    .command("import")
    .description("bring traces that you have elsewhere into a running server: files, or an API")
    .argument("[path...]", "exports: .json, .jsonl, .ndjson, .pb or .bin, each also .gz; folders")
    .option("--from <format>", `${formatNames.join(", ")} (default: by the shape of each file)`)
    .option("--url <url>", "without paths: the Langfuse or LangSmith to read from")
    .option("--since <time>", "with --url: only traces since then: 2026-11-01, 7d, 24h")
    .option("--project <name>", "with --url: only this project (Langfuse: the keys must open it)")
    .option("--service <name>", "the service of spans that name none")
    .option("--environment <name>", "the environment of spans that name none")
    .option("--to <url>", "the Rootward server (default: ROOTWARD_URL or http://127.0.0.1:4318)")
    .option("--json", "print what was sent, rejected and not mapped as JSON")
    .addHelpText("after", help)
    .action(importTraces);
}

const help = `
Keys are read from the environment: LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY, LANGSMITH_API_KEY.
Importing twice changes nothing. Ctrl-C stops after the batch that is under way.

  rootward import traces/                                      a folder of exports, of whatever format
  rootward import --from langfuse --url https://cloud.langfuse.com --since 30d
  rootward import --from langsmith --url https://api.smith.langchain.com --project my-agent

Accepted: ${acceptedShapes().replaceAll("; ", "\n          ")}`;

async function importTraces(paths: string[], options: Options): Promise<void> {
  const server = serverUrl(options.to);
  const stop = new AbortController();
  const bar = progress("importing");
  const onInterrupt = () => {
    stop.abort();
    bar.end("stopping after the batch that is under way");
  };
  // Once: whoever presses Ctrl-C a second time does not want to wait.
  process.once("SIGINT", onInterrupt);
  const patience: Patience = { stop: stop.signal, onWait: (text) => bar.end(text) };
  try {
    await run(paths, options, { server, patience, bar });
  } finally {
    process.removeListener("SIGINT", onInterrupt);
    bar.end();
  }
}

interface Parts {
  readonly server: string;
  readonly patience: Patience;
  readonly bar: Progress;
}

async function run(paths: readonly string[], options: Options, parts: Parts): Promise<void> {
  const warnings: string[] = [];
  const source = await sourceOf(paths, options, parts.patience, (text) => warnings.push(text));
  const tally = newTally(source.name, parts.server);
  for (const text of warnings) tally.warn(text);
  for (const text of warnings) note(`warning: ${text}`);
  try {
    await transfer(source, options, tally, parts);
  } catch (error) {
    throw withSent(error, tally);
  }
  parts.bar.end();
  const stopped = parts.patience.stop.aborted;
  const report = tally.report(stopped ? "stopped" : "complete");
  if (options.json === true) printJson(report);
  else for (const line of reportLines(report)) printLine(line);
  if (stopped) process.exitCode = interruptedExitCode;
  else if (report.accepted === 0 && report.rejected > 0) process.exitCode = 1;
}

/** The error, with what had been done before it. */
function withSent(error: unknown, tally: Tally): unknown {
  const { traces, accepted } = tally.report("stopped");
  if (!(error instanceof OperatorError) || accepted === 0) return error;
  const sent = `${accepted} records of ${traces} traces were sent before`;
  return new OperatorError(
    `${messageOf(error)}; ${sent}: import again to go on, nothing is doubled`,
    error.exitCode,
    { cause: error },
  );
}

/** The parts until the source fails; why it failed is kept, so that what came before it can be sent first. */
async function* untilFailure(source: Source, failures: unknown[]): AsyncGenerator<Part> {
  try {
    yield* source.parts();
  } catch (error) {
    failures.push(error);
  }
}

/** Reads, packs and sends, one after the other, until the end, a failure or Ctrl-C. */
async function transfer(
  source: Source,
  options: Options,
  tally: Tally,
  { server, patience, bar }: Parts,
): Promise<void> {
  const complete = newCompleter(options);
  const packer = newPacker({
    bytes: policy("importBatchBytes"),
    records: policy("importBatchRecords"),
  });
  const sendAll = async (batches: readonly Packed[]): Promise<void> => {
    for (const packed of batches) {
      if (patience.stop.aborted) return;
      const answer = await send(server, packed, patience);
      if (answer !== null) tally.sent(packed, answer);
    }
  };
  const failures: unknown[] = [];
  for await (const { exchange, done, of } of untilFailure(source, failures)) {
    tally.read(exchange);
    await sendAll(packer.add(complete(exchange)));
    bar.update(done, of);
    // Ctrl-C is heard between parts, also where no request lets it.
    await new Promise((next) => setImmediate(next));
    if (patience.stop.aborted) return;
  }
  await sendAll(packer.flush());
  if (failures.length > 0) throw failures[0];
}

async function sourceOf(
  paths: readonly string[],
  options: Options,
  patience: Patience,
  onWarning: (text: string) => void,
): Promise<Source> {
  const from = formatOf(options.from);
  if (paths.length > 0) {
    for (const name of ["url", "since", "project"] as const)
      if (options[name] !== undefined)
        throw new OperatorError(
          `--${name} and paths together: --${name} belongs to reading from an API; the Rootward server is named by --to`,
          2,
        );
    return await filesSource(paths, from, onWarning);
  }
  if (from !== "langfuse" && from !== "langsmith")
    throw new OperatorError(
      "nothing to import: give paths, or --from langfuse or --from langsmith with --url",
      2,
    );
  const nowMs = Date.now();
  const asked = {
    base: apiUrl(from, options.url),
    sinceMs: options.since === undefined ? null : sinceMs(options.since, nowMs),
    untilMs: nowMs - policy("settleIdleMs"),
    project: options.project ?? null,
  };
  return from === "langfuse" ? langfuseSource(asked, patience) : langsmithSource(asked, patience);
}

function formatOf(text: string | undefined): FormatName | null {
  if (text === undefined) return null;
  const format = formatNames.find((name) => name === text);
  if (format !== undefined) return format;
  throw new OperatorError(`--from is "${text}"; expected one of ${formatNames.join(", ")}`, 2);
}

/** Where the products' own SDKs look for the address. */
const urlVariables = {
  langfuse: ["LANGFUSE_BASE_URL", "LANGFUSE_HOST"],
  langsmith: ["LANGSMITH_ENDPOINT"],
} as const;

/** `--url`, else what the product's own SDK would take; without a slash, or the API's own path, at its end. */
function apiUrl(from: "langfuse" | "langsmith", option: string | undefined): string {
  const variables = urlVariables[from];
  const given = option ?? variables.map((name) => process.env[name]).find((url) => url);
  if (given === undefined)
    throw new OperatorError(
      `--url is missing: the address of ${from}, https://…, or set ${variables[0]}`,
      2,
    );
  if (!/^https?:\/\//.test(given) || !URL.canParse(given))
    throw new OperatorError(`--url is "${given}"; expected https://HOST`, 2);
  return given.replace(/\/+$/, "").replace(/\/api\/(v1|public)$/, "");
}
