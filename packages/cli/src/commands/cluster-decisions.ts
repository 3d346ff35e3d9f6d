import type { Command } from "commander";
import { z } from "zod";
import { requestJson, serverUrl } from "../api.ts";
import { OperatorError, printJson, printLine, table } from "../output.ts";
import { login } from "../person.ts";

interface Options {
  readonly note?: string;
  readonly by?: string;
  readonly url?: string;
  readonly json?: boolean;
}

const common = {
  id: z.string(),
  atMs: z.number(),
  by: z.string().nullable(),
  note: z.string().nullable(),
};

const Decision = z.discriminatedUnion("kind", [
  z.object({ ...common, kind: z.literal("merge"), keep: z.string(), other: z.string() }),
  z.object({ ...common, kind: z.literal("split"), cluster: z.string(), feature: z.string() }),
  z.object({ ...common, kind: z.literal("resolve"), cluster: z.string() }),
  z.object({ ...common, kind: z.literal("undo"), decision: z.string() }),
]);
type Decision = z.infer<typeof Decision>;

/** What is proposed, as the terminal shows it. */
const Proposal = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("merge"), keep: z.string(), other: z.string(), why: z.string() }),
  z.object({
    kind: z.literal("split"),
    cluster: z.string(),
    feature: z.string(),
    why: z.string(),
  }),
  z.object({ kind: z.literal("resolve"), cluster: z.string(), why: z.string() }),
]);
type Proposal = z.infer<typeof Proposal>;

const Kept = z.object({
  decisions: z.array(z.intersection(Decision, z.object({ stands: z.boolean() }))),
  proposals: z.array(z.unknown()),
});

/** `merge`, `split`, `resolve`, `undo` and `decisions`, below `rootward clusters`. */
export function registerDecisions(clusters: Command): void {
  const person = (command: Command): Command =>
    command
      .option("--note <text>", "why, for whoever reads it later")
      .option("--by <name>", "who decides (default: who is logged in)")
      .option("--url <url>", "the server (default: ROOTWARD_URL or http://127.0.0.1:4318)")
      .option("--json", "print what was stored");
  person(
    clusters
      .command("merge <cluster> <other>")
      .description("makes two clusters one; the older id stays, the other leads to it"),
  ).action(async (one: string, other: string, _: Options, command: Command) => {
    await decide({ kind: "merge", clusters: [one, other] }, command.optsWithGlobals());
  });
  person(
    clusters
      .command("split <cluster> <feature>")
      .description("gives members that show a feature a cluster of their own"),
  ).action(async (cluster: string, feature: string, _: Options, command: Command) => {
    await decide({ kind: "split", cluster, feature }, command.optsWithGlobals());
  });
  person(
    clusters
      .command("resolve <cluster>")
      .description("says that it is mended: a member from now on is a regression"),
  ).action(async (cluster: string, _: Options, command: Command) => {
    await decide({ kind: "resolve", cluster }, command.optsWithGlobals());
  });
  person(clusters.command("undo <decision>").description("takes a decision back")).action(
    async (decision: string, _: Options, command: Command) => {
      await decide({ kind: "undo", decision }, command.optsWithGlobals());
    },
  );
  person(
    clusters.command("decisions").description("what was decided, and what of it stands"),
  ).action(async (_: Options, command: Command) => {
    await listDecisions(command.optsWithGlobals());
  });
}

async function decide(asked: object, options: Options): Promise<void> {
  const by = options.by ?? login();
  const body = { ...asked, by, note: options.note ?? null };
  const answer = await requestJson(serverUrl(options.url), "/api/decisions", body);
  if (options.json) {
    printJson(answer);
    return;
  }
  const parsed = z.object({ decision: Decision }).safeParse(answer);
  if (!parsed.success) throw otherVersion();
  const { decision } = parsed.data;
  printLine(`${decision.id}: ${tellDecision(decision)}`);
  if (decision.kind !== "undo")
    printLine(`\nTo take it back: rootward clusters undo ${decision.id}`);
}

function otherVersion(): OperatorError {
  return new OperatorError(
    "the server's decisions are not as this version knows them: is it of another version?",
  );
}

function tellDecision(decision: Decision): string {
  switch (decision.kind) {
    case "merge":
      return `${decision.other} now leads to ${decision.keep}`;
    case "split":
      return `members of ${decision.cluster} that show "${decision.feature}" have a cluster of their own`;
    case "resolve":
      return `${decision.cluster} is mended`;
    case "undo":
      return `${decision.decision} is taken back`;
  }
}

async function listDecisions(options: Options): Promise<void> {
  const answer = await requestJson(serverUrl(options.url), "/api/decisions");
  if (options.json) {
    printJson(answer);
    return;
  }
  const kept = Kept.safeParse(answer);
  if (!kept.success) throw otherVersion();
  const { decisions } = kept.data;
  if (decisions.length === 0) {
    printLine("Nothing was decided yet. What is proposed: rootward clusters --proposals");
    return;
  }
  printLine(
    table(
      ["decision", "at", "by", "what", "stands"].map((name) => ({ name })),
      decisions.map((decision) => [
        decision.id,
        new Date(decision.atMs).toISOString().slice(0, 16).replace("T", " "),
        decision.by ?? "",
        tellDecision(decision),
        decision.kind === "undo" || decision.stands ? "yes" : "no",
      ]),
    ),
  );
}

/** What is proposed, one below the other, each with its reason and the command that does it. */
export function tellProposals(values: readonly unknown[]): string {
  const proposals = values.flatMap((value): readonly Proposal[] => {
    const parsed = Proposal.safeParse(value);
    return parsed.success ? [parsed.data] : [];
  });
  if (proposals.length === 0) return "Nothing is proposed.";
  return proposals.map((proposal) => `${commandOf(proposal)}\n  ${proposal.why}`).join("\n\n");
}

function commandOf(proposal: Proposal): string {
  switch (proposal.kind) {
    case "merge":
      return `rootward clusters merge ${proposal.keep} ${proposal.other}`;
    case "split":
      return `rootward clusters split ${proposal.cluster} ${JSON.stringify(proposal.feature)}`;
    case "resolve":
      return `rootward clusters resolve ${proposal.cluster}`;
  }
}

/** The proposals of a server. @throws OperatorError  where it answers with something else */
export async function proposalsOf(url: string): Promise<readonly unknown[]> {
  const kept = Kept.safeParse(await requestJson(url, "/api/decisions"));
  if (!kept.success) throw otherVersion();
  return kept.data.proposals;
}
