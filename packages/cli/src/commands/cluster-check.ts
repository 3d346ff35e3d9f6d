import type { Command } from "commander";
import { z } from "zod";
import { requestJson, serverUrl } from "../api.ts";
import { OperatorError, printJson, printLine } from "../output.ts";
import { login } from "../person.ts";

const results = ["matches", "contradicts", "not_run"] as const;

interface Options {
  readonly note?: string;
  readonly by?: string;
  readonly url?: string;
  readonly json?: boolean;
}

const Answer = z.object({
  attribution: z.object({
    causes: z
      .array(z.object({ cause: z.string(), verdict: z.string(), probability: z.number() }))
      .min(1),
  }),
});

/** `rootward clusters check`: what a person found counts in the attribution. */
export function registerCheck(clusters: Command): void {
  clusters
    .command("check")
    .description("record what you found when you ran a check of a cluster's cause")
    .argument("<cluster>", "its id, as in CL-9f3a1c2e")
    .argument("<check>", "a check's id, CAUSE/CHECK where several causes ask it, or first_step")
    .argument("<result>", `${results.join(", ")}; not_run takes an earlier result back`)
    .option("--note <text>", "what you saw")
    .option("--by <name>", "who looked (default: who is logged in)")
    .action(async (cluster: string, check: string, result: string, _: Options, command: Command) =>
      record({ cluster, check, result }, command.optsWithGlobals()),
    );
}

async function record(
  { cluster, check, result }: Readonly<Record<"cluster" | "check" | "result", string>>,
  { note = "", by: told, url, json }: Options,
): Promise<void> {
  const by = told ?? login();
  if (by === null) throw new OperatorError("--by is missing: this machine knows no name", 2);
  if (!/^CL-[0-9a-f]{8}$/.test(cluster)) {
    throw new OperatorError(
      `the cluster is "${cluster}"; expected CL- and 8 hex characters, as in: rootward clusters`,
      2,
    );
  }
  if (!results.some((one) => one === result)) {
    throw new OperatorError(`the result is "${result}"; expected ${results.join(", ")}`, 2);
  }
  const [name = "", cause = null] = check.split("/").toReversed();
  const body = { cause, check: name, result, note, by };
  const answer = await requestJson(serverUrl(url), `/api/clusters/${cluster}/checks`, body);
  if (json === true) {
    printJson(answer);
    return;
  }
  const [first] = Answer.parse(answer).attribution.causes;
  if (!first) return;
  const words = `${first.cause.replaceAll("_", " ")} · ${first.verdict} · ${(first.probability * 100).toFixed(1)} %`;
  printLine(`recorded: ${check} ${result}, by ${by}`);
  printLine(`cause now: ${words}`);
}
