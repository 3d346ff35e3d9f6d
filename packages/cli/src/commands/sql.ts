import type { Command } from "commander";
import { z } from "zod";
import { requestJson, serverUrl } from "../api.ts";
import { counted, note, OperatorError, printJson, printLine, table } from "../output.ts";

const Answer = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  rows: z.array(z.array(z.unknown())),
});

interface SqlOptions {
  readonly json?: boolean;
  readonly url?: string;
}

export function register(program: Command): void {
  program
    .command("sql")
    .description(
      "ask the server one SELECT over spans, logs, runs, readings, clusters, changes, rulings, notes, verdicts",
    )
    .argument("<query>", 'such as "SELECT count() FROM spans"')
    .option("--json", "print {columns, rows}")
    .option("--url <url>", "the server (default: ROOTWARD_URL or http://127.0.0.1:4318)")
    .action(async (query: string, options: SqlOptions) => {
      const url = serverUrl(options.url);
      const parsed = Answer.safeParse(await requestJson(url, "/api/sql", { query }));
      if (!parsed.success) throw new OperatorError(`${url} answered with no table`);
      const answer = parsed.data;
      if (options.json === true) printJson(answer);
      else printTable(answer);
    });
}

const numeric = /^(?:Nullable\()?(?:U?Int|Float|Decimal)/;

function printTable(answer: z.infer<typeof Answer>): void {
  const columns = answer.columns.map(({ name, type }) => ({
    name,
    align: numeric.test(type) ? ("right" as const) : ("left" as const),
  }));
  const rows = answer.rows.map((row) => row.map(cellText));
  printLine(table(columns, rows));
  note(counted(rows.length, "row"));
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}
