import type { Command } from "commander";
import { readFile, writeFile } from "node:fs/promises";
import { standingModes } from "@rootward/pipeline/diagnose/review/book";
import { momentForms, momentOf } from "@rootward/pipeline/model/moment";
import { policy } from "@rootward/pipeline/model/policy";
import type { FailureMode } from "@rootward/pipeline/model/review";
import { request, serverUrl } from "../api.ts";
import { counted, messageOf, note, OperatorError, printJson, printLine, table } from "../output.ts";
import { answersIn } from "../review/answers.ts";
import { addRecords, bookAt, newBatch, placeOf, reviewerOf, statusAt } from "../review/client.ts";
import { openSession } from "../review/desk.ts";
import { linesOf, recordsIn } from "../review/files.ts";
import { readByScript } from "../review/script.ts";
import { readCount } from "../review/session.ts";
import { statusText } from "../review/status-text.ts";
import { readAtTerminal } from "../review/terminal.ts";

interface Options {
  readonly workflow?: string;
  readonly environment?: string;
  readonly size?: string;
  readonly since?: string;
  readonly reviewer?: string;
  readonly batch?: string;
  readonly new?: boolean;
  readonly status?: boolean;
  readonly answers?: string;
  readonly json?: boolean;
  readonly url?: string;
  readonly out?: string;
  readonly dry?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command("review")
    .description("read runs one by one, blind, and say what went wrong first")
    .option("--workflow <name>", "the workflow (default: the only one)")
    .option("--environment <name>", "the environment (default: the only one)")
    .option("--reviewer <name>", "who reads (default: ROOTWARD_REVIEWER, or your user name)")
    .option("--size <n>", `runs of a new batch (default: ${policy("reviewBatchRuns")})`)
    .option("--since <when>", `where a new batch begins (default: 7d): ${momentForms}`)
    .option("--batch <id>", "read this batch, as in RB-1a2b3c4d, for instance after a colleague")
    .option("--new", "make a new batch even if the last one is not read to its end")
    .option("--answers <file>", "take answers from a file, - for standard input, instead of keys")
    .option("--status", "progress, saturation, agreement, readiness; reads nothing")
    .option("--json", "with --status, batch and modes: print JSON")
    .option("--url <url>", "the server (default: ROOTWARD_URL or http://127.0.0.1:4318)")
    .action(review);
  command
    .command("batch")
    .description(
      "choose runs and print them as JSON, each with the reason; they are kept to be read",
    )
    .option("--dry", "only print them")
    .action(async (_: object, own: Command) => await batch(own.optsWithGlobals()));
  command
    .command("export")
    .description("every annotation, failure mode and batch, one JSON a line")
    .option("--out <file>", "a file (default: standard output)")
    .action(async (_: object, own: Command) => await exportAll(own.optsWithGlobals()));
  command
    .command("import")
    .description("what export wrote, here or elsewhere; what is there already stays as it is")
    .argument("<file>", "the file, - for standard input")
    .action(async (file: string, _: object, own: Command) =>
      importAll(file, own.optsWithGlobals()),
    );
  registerModes(command);
}

function registerModes(command: Command): void {
  const modes = command
    .command("modes")
    .description("the failure modes that people named")
    .action(async (_: object, own: Command) => await listModes(own.optsWithGlobals()));
  modes
    .command("rename")
    .argument("<id>", "as in FM-1a2b3c4d")
    .argument("<name>", "its new name")
    .description("give a failure mode another name")
    .action(async (id: string, name: string, _: object, own: Command) =>
      changeMode(id, own.optsWithGlobals(), async () => ({ name: name.trim() })),
    );
  modes
    .command("merge")
    .argument("<id>", "the failure mode that becomes part of another")
    .argument("<into>", "the one that stays")
    .description("make a failure mode part of another; its annotations count there from then on")
    .action(async (id: string, into: string, _: object, own: Command) =>
      changeMode(id, own.optsWithGlobals(), async (all) => {
        const target = modeOf(all, into);
        if (target.id === id) throw new OperatorError(`${id} cannot be merged into itself`, 2);
        return { mergedInto: target.id };
      }),
    );
}

function sizeOf({ size }: Options): number | undefined {
  if (size === undefined) return undefined;
  const most = policy("reviewBatchMost");
  const number = Number(size);
  if (!Number.isInteger(number) || number < 1 || number > most) {
    throw new OperatorError(`--size is "${size}": expected a whole number from 1 to ${most}`, 2);
  }
  return number;
}

function startOf({ since }: Options): number | undefined {
  if (since === undefined) return undefined;
  const moment = momentOf(since, Date.now());
  if (moment === null) throw new OperatorError(`--since is "${since}": expected ${momentForms}`, 2);
  return moment;
}

async function textFrom(file: string): Promise<string> {
  if (file !== "-") {
    return await readFile(file, "utf8").catch((error: unknown) => {
      throw new OperatorError(`cannot read ${file}: ${messageOf(error)}`);
    });
  }
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

async function review(options: Options): Promise<void> {
  const url = serverUrl(options.url);
  if (options.status === true) {
    const { workflow, environment } = options;
    const status = await statusAt(url, { workflow, environment });
    if (options.json === true) printJson(status);
    else printLine(statusText(status));
    return;
  }
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const file = options.answers ?? (isTerminal ? null : "-");
  // Everything that can be refused is, before a batch is made.
  const answers = file === null ? null : answersIn(await textFrom(file), file);
  const [size, start, reviewer] = [sizeOf(options), startOf(options), reviewerOf(options.reviewer)];
  const place = await placeOf(url, options);
  const session = await openSession(place, {
    reviewer,
    batch: options.batch ?? null,
    fresh: options.new === true,
    size,
    start,
  });
  if (session.entries.length === 0) {
    printLine(`${session.batch.id} is read to its end by ${reviewer}; --new makes another one`);
    return;
  }
  if (answers !== null && file !== null) {
    await readByScript(url, session, answers, file);
    return;
  }
  const left = await readAtTerminal(url, session);
  const total = session.batch.entries.length;
  printLine(`${readCount(left)} of ${counted(total, "run")} read in ${session.batch.id}`);
  if (readCount(left) < total) printLine("go on where you left off: rootward review");
  printLine("progress, agreement, readiness: rootward review --status");
}

async function batch(options: Options): Promise<void> {
  const url = serverUrl(options.url);
  const [size, start, by] = [sizeOf(options), startOf(options), reviewerOf(options.reviewer)];
  const place = await placeOf(url, options);
  const made = await newBatch(place, { size, start, by, dry: options.dry === true });
  printJson({ ...made.batch, ranking: made.ranking });
}

async function exportAll(options: Options): Promise<void> {
  const response = await request(serverUrl(options.url), "/api/review/records");
  const text = await response.text();
  const records = recordsIn(text, "the server's answer");
  if (options.out === undefined) {
    process.stdout.write(linesOf(records));
    return;
  }
  await writeFile(options.out, linesOf(records)).catch((error: unknown) => {
    throw new OperatorError(`cannot write ${options.out ?? ""}: ${messageOf(error)}`);
  });
  note(`${counted(records.length, "record")} written to ${options.out}`);
}

async function importAll(file: string, options: Options): Promise<void> {
  const url = serverUrl(options.url);
  const records = recordsIn(await textFrom(file), file);
  if (records.length === 0) throw new OperatorError(`${file} holds no record`);
  const { added, known } = await addRecords(url, records);
  printLine(`${counted(added, "record")} added, ${known} known already`);
}

async function listModes(options: Options): Promise<void> {
  const place = await placeOf(serverUrl(options.url), options);
  const book = await bookAt(place);
  const modes = standingModes(book);
  if (options.json === true) {
    printJson(modes);
    return;
  }
  printLine(
    table(
      [{ name: "id" }, { name: "name" }, { name: "by" }, { name: "since" }],
      modes.map(({ id, name, by, at }) => [id, name, by, at.slice(0, 10)]),
    ),
  );
}

function modeOf(all: readonly FailureMode[], id: string): FailureMode {
  const found = all.find((mode) => mode.id === id);
  if (found !== undefined) return found;
  const known = all.map((mode) => `${mode.id} ${mode.name}`).join(", ") || "none";
  throw new OperatorError(`no failure mode "${id}"; there are: ${known}`, 2);
}

/** Another record of a mode that stands: nothing of the earlier ones is lost. */
async function changeMode(
  id: string,
  options: Options,
  change: (
    all: readonly FailureMode[],
  ) => Promise<Partial<Pick<FailureMode, "name" | "mergedInto">>>,
): Promise<void> {
  const place = await placeOf(serverUrl(options.url), options);
  const all = standingModes(await bookAt(place));
  const mode = modeOf(all, id);
  const part = await change(all);
  if (part.name === "") throw new OperatorError("the new name is empty", 2);
  const by = reviewerOf(options.reviewer);
  const record: FailureMode = { ...mode, ...part, by, at: new Date().toISOString() };
  await addRecords(place.url, [record]);
  const into = all.find((one) => one.id === record.mergedInto);
  printLine(
    into === undefined ? `${id} is now "${record.name}"` : `${id} is part of "${into.name}"`,
  );
}
