import type { Command } from "commander";
import { z } from "zod";
import { RunId } from "@rootward/pipeline/model/ids";
import { Ruling } from "@rootward/pipeline/model/ruling";
import type { RulingWord } from "@rootward/pipeline/model/ruling";
import { requestJson, serverUrl } from "./api.ts";
import { counted, OperatorError, plain, printJson, printLine, table } from "./output.ts";
import { login } from "./person.ts";
import { head, shortTime, wrap } from "./report.ts";
import { originPart } from "./run-page.ts";
import { ShownDiagnosed } from "./shown-run.ts";

export interface RulingOptions {
  readonly note?: string;
  readonly by?: string;
  readonly list?: boolean;
  readonly url?: string;
  readonly json?: boolean;
}

const Ruled = z.object({ ruling: Ruling, diagnosed: ShownDiagnosed.nullable() });
const Listed = z.object({ rulings: z.array(Ruling) });

/** Adds a command that says something of one step of one run. */
export function rulingCommand(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .argument("[run]", "its id, as rootward show CL-… lists them")
    .argument(
      "[step]",
      "a number as in rootward show RUN, a span id, or a name that only one step has",
    )
    .option("--note <text>", "why, for whoever reads it later")
    .option("--by <name>", "who says so (default: who is logged in)")
    .option("--url <url>", "the server (default: ROOTWARD_URL or http://127.0.0.1:4318)")
    .option("--json", "print what was kept, and the origin of the run by it");
}

/**
 * Tells the server, and prints what the origin of the run is by it.
 *
 * @throws OperatorError  exit 2 for what is no run or names no step; 1 with the server's own words
 */
export async function rule(
  word: RulingWord,
  [run, step]: readonly [run: string | undefined, step: string | undefined],
  options: RulingOptions,
): Promise<void> {
  const verb = word === "confirmed" ? "confirm" : "reject";
  if (run === undefined || step === undefined) {
    const missing = run === undefined ? "the run and the step are" : "the step is";
    throw new OperatorError(`${missing} missing; expected: rootward ${verb} RUN STEP`, 2);
  }
  if (!RunId.safeParse(run).success) {
    throw new OperatorError(
      `the run is "${run}"; expected 32 hex characters, for some followed by - and 16 more, as in: rootward show CL-…`,
      2,
    );
  }
  const server = serverUrl(options.url);
  const answer = await requestJson(server, "/api/origins", {
    run,
    step,
    ruling: word,
    by: options.by ?? login(),
    ...(options.note === undefined ? {} : { note: options.note }),
  });
  if (options.json === true) {
    printJson(answer);
    return;
  }
  const ruled = Ruled.safeParse(answer);
  if (!ruled.success)
    throw new OperatorError(`${server} answered with no ruling: is it of another version?`);
  const { ruling, diagnosed } = ruled.data;
  printLine(wrap(head(word), `step ${ruling.step.seq} ${ruling.step.name} of run ${ruling.runId}`));
  if (diagnosed !== null) for (const line of originPart(diagnosed)) printLine(line);
}

/** Prints all rulings, the latest first. */
export async function listRulings(options: RulingOptions): Promise<void> {
  const server = serverUrl(options.url);
  const answer = Listed.safeParse(await requestJson(server, "/api/origins"));
  if (!answer.success) throw new OperatorError(`${server} answered with no list of rulings`);
  const { rulings } = answer.data;
  if (options.json === true) {
    printJson(rulings);
    return;
  }
  if (rulings.length === 0) {
    printLine(
      "Nothing is confirmed or rejected yet. rootward confirm RUN STEP confirms an origin.",
    );
    return;
  }
  const columns = ["at", "run", "step", "ruling", "by", "note"].map((name) => ({ name }));
  printLine(
    table(
      columns,
      rulings
        .toReversed()
        .map(({ atMs, runId, step, ruling, by, note }) => [
          shortTime(atMs),
          runId,
          `${step.seq} ${step.name}`,
          ruling,
          by ?? "–",
          note ?? "",
        ]),
    ),
  );
  printLine(`\n${confirmedText(rulings)}`);
}

/**
 * How many origins are confirmed of each workflow: what a ranker is fitted to. Of what was said of one step the newest holds.
 *
 * @param rulings  earliest first
 */
function confirmedText(rulings: readonly Ruling[]): string {
  const newest = new Map(
    rulings.map((one) => [`${one.runId} ${one.step.spanId} ${one.step.seq}`, one]),
  );
  const runs = new Map<string, Set<string>>();
  for (const { workflow, environment, runId, ruling } of newest.values()) {
    if (ruling !== "confirmed") continue;
    const key = `${workflow} (${environment})`;
    runs.set(key, (runs.get(key) ?? new Set()).add(runId));
  }
  const told = [...runs].map(
    ([key, ids]) => `${plain(key)}: ${counted(ids.size, "run")} with a confirmed origin`,
  );
  return told.length > 0 ? told.join(" · ") : "no origin is confirmed";
}
