import type { Command } from "commander";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { ChangeInput, changeKinds, changeKindWords } from "@rootward/pipeline/model/change";
import { requestJson, serverUrl } from "../api.ts";
import { diffLines } from "../diff.ts";
import {
  counted,
  messageOf,
  OperatorError,
  plain,
  printJson,
  printLine,
  table,
} from "../output.ts";

const Texts = z.object({ before: z.string().nullable(), after: z.string().nullable() });

const Change = z.object({
  id: z.string(),
  atMs: z.number(),
  kind: z.string(),
  workflow: z.string().nullable(),
  environment: z.string().nullable(),
  service: z.string().nullable(),
  title: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
  origin: z.string(),
});

const ShownChange = z.object({ change: Change, texts: Texts });

const flags = [
  "externalId",
  "kind",
  "at",
  "title",
  "workflow",
  "service",
  "environment",
  "before",
  "after",
] as const;

type AddOptions = Partial<Record<(typeof flags)[number] | "file" | "url", string>>;

interface ListOptions {
  readonly json?: boolean;
  readonly url?: string;
}

export function register(program: Command): void {
  const changes = program
    .command("changes")
    .description(
      "what changed outside the runs: deploys, prompts, models, indexes, tools, providers",
    );
  const url = "the server (default: ROOTWARD_URL or http://127.0.0.1:4318)";
  changes
    .command("add")
    .description("tell the server of a change, or of a file of them")
    .option("--kind <kind>", changeKinds.join(", "))
    .option("--at <time>", "ISO 8601 with an offset: 2026-11-14T05:58:00Z")
    .option("--title <text>", "what it was, in a few words")
    .option("--workflow <name>", "only this workflow (default: all)")
    .option("--service <name>", "only this service (default: all)")
    .option("--environment <name>", "only this environment (default: all)")
    .option("--before <text>", "the version or text before")
    .option("--after <text>", "the version or text after")
    .option("--external-id <id>", "its name in your own ledger: added again, it is replaced")
    .option("--file <file>", "a JSON array of changes, or one change a line")
    .option("--url <url>", url)
    .action(add);
  changes
    .command("list")
    .description("the ledger: what was told, and what was derived from spans")
    .option("--json", "print the changes as an array")
    .option("--url <url>", url)
    .action(list);
  changes
    .command("show")
    .description("one change with the difference of both texts")
    .argument("<id>", "its id, as in: rootward changes list --json")
    .option("--json", "print the change and both texts")
    .option("--url <url>", url)
    .action(show);
}

async function show(id: string, options: ListOptions): Promise<void> {
  const server = serverUrl(options.url);
  const answer = await requestJson(server, `/api/changes/${encodeURIComponent(id)}`);
  if (options.json === true) {
    printJson(answer);
    return;
  }
  const shown = ShownChange.safeParse(answer);
  if (!shown.success) throw new OperatorError(`${server} answered with no change`);
  printLine(changePage(shown.data));
}

function changePage({ change, texts: { before, after } }: z.infer<typeof ShownChange>): string {
  const { kind, atMs, title, workflow, environment, service, origin } = change;
  const concerns = [
    workflow === null ? "every workflow" : workflow,
    ...(environment === null ? [] : [`in ${environment}`]),
    ...(service === null ? [] : [`service ${service}`]),
  ];
  const from = origin === "spans" ? "derived from spans" : "told";
  const lines = [
    plain(title),
    `${kindWords(kind)} · ${new Date(atMs).toISOString()} · ${concerns.join(", ")} · ${from}`,
  ];
  if (before === null && after === null)
    return [...lines, "no text of either side is known"].join("\n");
  return [...lines, "", ...diffLines(before ?? "", after ?? "")].join("\n");
}

function kindWords(kind: string): string {
  const known = changeKinds.find((one) => one === kind);
  return known === undefined ? kind : changeKindWords[known];
}

async function add(options: AddOptions): Promise<void> {
  const server = serverUrl(options.url);
  const entries = options.file === undefined ? [fromFlags(options)] : await fromFile(options);
  // Checked here so that the message can name the flag or the entry, and nothing is sent half.
  for (const [index, entry] of entries.entries()) check(entry, options.file, index);
  await requestJson(server, "/api/changes", entries);
  printLine(`${counted(entries.length, "change")} added`);
}

function fromFlags(options: AddOptions): Record<string, string> {
  const given = flags.flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(given);
}

async function fromFile(options: AddOptions): Promise<readonly unknown[]> {
  const file = options.file ?? "";
  const other = flags.find((name) => options[name] !== undefined);
  if (other !== undefined)
    throw new OperatorError(`--file and --${other} together: give one of them`, 2);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new OperatorError(`cannot read ${file}: ${messageOf(error)}`);
  });
  try {
    if (text.trimStart().startsWith("["))
      return z.array(z.unknown()).min(1).parse(JSON.parse(text));
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    return lines.map((line): unknown => JSON.parse(line));
  } catch (error) {
    throw new OperatorError(
      `${file} is neither a JSON array of changes nor one change a line: ${messageOf(error)}`,
    );
  }
}

function check(entry: unknown, file: string | undefined, index: number): void {
  const result = ChangeInput.safeParse(entry);
  if (result.success) return;
  const [issue] = result.error.issues;
  const field = issue?.path.map(String).join(".") ?? "";
  const flag = field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const place = file === undefined ? `--${flag}` : `${file}: entry ${index + 1}: ${field}`;
  const value = valueAt(entry, field);
  const given = value === undefined ? "is missing" : `is ${JSON.stringify(value)}`;
  throw new OperatorError(
    `${place} ${given}: ${accepted(field, issue?.message)}`,
    file === undefined ? 2 : 1,
  );
}

function valueAt(entry: unknown, field: string): unknown {
  return typeof entry === "object" && entry !== null
    ? Object.entries(entry).find(([name]) => name === field)?.[1]
    : undefined;
}

function accepted(field: string, message = "not accepted"): string {
  if (field === "kind") return `expected one of ${changeKinds.join(", ")}`;
  if (field === "at") return "expected a time such as 2026-11-14T05:58:00Z";
  return message;
}

async function list(options: ListOptions): Promise<void> {
  const server = serverUrl(options.url);
  const answer = await requestJson(server, "/api/changes");
  if (options.json === true) {
    printJson(answer);
    return;
  }
  const changes = z.array(Change).safeParse(answer);
  if (!changes.success) throw new OperatorError(`${server} answered with no list of changes`);
  const columns = ["at", "kind", "workflow", "environment", "title", "from"].map((name) => ({
    name,
  }));
  const rows = changes.data.map((change) => [
    new Date(change.atMs).toISOString().slice(0, 16).replace("T", " "),
    kindWords(change.kind),
    change.workflow ?? "all",
    change.environment ?? "all",
    change.title,
    change.origin,
  ]);
  printLine(table(columns, rows));
}
