import type { Command } from "commander";
import { setTimeout } from "node:timers/promises";
import { momentForms, momentOf } from "@rootward/pipeline/model/moment";
import { z } from "zod";
import { requestDelete, requestJson, serverUrl } from "../api.ts";
import { count, counted, note, OperatorError, printJson, printLine, progress } from "../output.ts";

interface Options {
  readonly since: string;
  readonly until?: string;
  readonly workflow?: string;
  readonly restart?: boolean;
  readonly json?: boolean;
  readonly url?: string;
}

const Progress = z.discriminatedUnion("state", [
  z.object({ state: z.literal("none") }),
  z.object({
    state: z.enum(["running", "stopping", "diagnosing", "stopped", "done", "failed"]),
    error: z.string().nullable(),
    done: z.number(),
    of: z.number(),
    runs: z.number(),
    changed: z.number(),
    unread: z.number(),
    resumed: z.boolean(),
  }),
]);
type Known = Exclude<z.infer<typeof Progress>, { readonly state: "none" }>;

const path = "/api/reprocess";
const askEveryMs = 300;
const sayEveryMs = 5_000;

/** As shells count it: 128 + SIGINT. */
const interruptedExit = 130;

export function register(program: Command): void {
  program
    .command("reprocess")
    .description(
      "read stored traces again with the current settings and this version, and replace their runs",
    )
    .requiredOption("--since <time>", `traces that started from then on: ${momentForms}`)
    .option("--until <time>", "and before then (default: now)")
    .option("--workflow <name>", "only traces of which a stored run is of this workflow")
    .option("--restart", "begin anew, also where the same command was stopped halfway")
    .option("--json", "print how it ended: {state, done, of, runs, changed, unread, …}")
    .option("--url <url>", "the server (default: ROOTWARD_URL or http://127.0.0.1:4318)")
    .addHelpText(
      "after",
      "\nIt runs in the server. Ctrl-C stops it after the running batch; the same command then goes on where it stopped.",
    )
    .action(reprocess);
}

async function reprocess(options: Options): Promise<void> {
  for (const name of ["since", "until"] as const) checkMoment(name, options[name]);
  const url = serverUrl(options.url);
  const { since, until = null, workflow = null, restart = false } = options;
  const first = known(url, await requestJson(url, path, { since, until, workflow, restart }));
  if (first.resumed)
    note(
      `goes on after ${count(first.done)} of ${counted(first.of, "trace")}; --restart begins anew`,
    );
  const last = await followed(url, first);
  if (options.json === true) printJson(last);
  if (last.state === "failed")
    throw new OperatorError(
      `reprocessing failed after ${count(last.done)} of ${counted(last.of, "trace")}: ${last.error ?? "for a reason that was not told"}. The same command goes on there`,
    );
  if (last.state === "stopped") {
    note(
      `stopped after ${count(last.done)} of ${counted(last.of, "trace")}. To go on: ${sameCommand(options)}`,
    );
    process.exitCode = interruptedExit;
    return;
  }
  if (options.json !== true) printLine(endText(last));
}

function checkMoment(name: "since" | "until", text: string | undefined): void {
  if (text === undefined || momentOf(text, Date.now()) !== null) return;
  throw new OperatorError(`--${name} is "${text}"; expected ${momentForms}`, 2);
}

function known(url: string, answer: unknown): Known {
  const parsed = Progress.safeParse(answer);
  if (!parsed.success)
    throw new OperatorError(`${url} answered as no server of this version does: another version?`);
  if (parsed.data.state === "none") throw new OperatorError(`${url} reprocesses nothing`);
  return parsed.data;
}

/** Shows how far it is until it has ended: a bar on a terminal, else a line now and then. */
async function followed(url: string, first: Known): Promise<Known> {
  const bar = progress("reprocess");
  let now = first;
  let saidMs = Date.now();
  const stopAsked = onInterrupt(url);
  try {
    while (["running", "stopping", "diagnosing"].includes(now.state)) {
      bar.update(now.done, now.of);
      if (!process.stderr.isTTY && Date.now() - saidMs >= sayEveryMs) {
        saidMs = Date.now();
        note(
          `${count(now.done)} of ${counted(now.of, "trace")}, ${counted(now.changed, "run")} changed`,
        );
      }
      await setTimeout(askEveryMs);
      now = known(url, await requestJson(url, path));
    }
  } catch (error) {
    note("what is done is kept; the same command goes on there");
    throw error;
  } finally {
    stopAsked.end();
    bar.end();
  }
  return now;
}

/** The first Ctrl-C asks the server to stop; the second leaves it to that and ends this command. */
function onInterrupt(url: string): { end(): void } {
  let asked = false;
  const stop = (): void => {
    if (asked) process.exit(interruptedExit);
    asked = true;
    note("stops after the running batch …");
    // Where it has ended by itself meanwhile, there is nothing to stop.
    requestDelete(url, path).catch((error: unknown) => note(String(error)));
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return {
    end() {
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
    },
  };
}

function sameCommand({ since, until, workflow, url }: Options): string {
  const options = Object.entries({ since, until, workflow, url }).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [`--${name} ${/^[\w:.+/-]+$/.test(value) ? value : JSON.stringify(value)}`],
  );
  return ["rootward reprocess", ...options].join(" ");
}

function endText({ done, runs, changed, unread }: Known): string {
  const kept =
    unread === 0
      ? ""
      : `; ${counted(unread, "stored run")} of which nothing is read any more: kept as they were`;
  const others = changed === 0 ? "none changed" : `${count(changed)} changed, diagnosed anew`;
  return `${counted(done, "trace")} read again: ${counted(runs, "run")}, ${others}${kept}`;
}
