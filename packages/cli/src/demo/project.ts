import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { runRootward, simulatorProgram, type DemoAgent } from "./programs.ts";
import { step, StoryError, type Plot } from "./story.ts";

const casesFolder = "evals/cases";

const CaseFile = z.object({
  id: z.string(),
  severity: z.string(),
  failure_class: z.string(),
  status: z.string(),
  assert: z.array(z.object({ type: z.string() })),
  validation: z.object({ failing: z.string(), passing: z.string() }).optional(),
});

/** The case that was written, and where. */
export interface WrittenCase {
  readonly id: string;
  readonly file: string;
  readonly lines: readonly string[];
}

/** What a person knows about the workflow: it is a compliance workflow. Spans cannot say that. */
export function writeServerConfig(file: string, complianceWorkflow: string): void {
  const workflows = { [complianceWorkflow]: { compliance: true } };
  writeFileSync(file, stringify({ schema: "rootward/v1", workflows }));
}

/** A user's repository in small: `rootward.yaml` names the agent under test and the tool that the gate replays. */
export function writeProject(folder: string, { workflow, tool }: DemoAgent): void {
  mkdirSync(folder, { recursive: true });
  const agent = {
    adapter: "command",
    run: [process.execPath, simulatorProgram("candidate"), "policy"],
    timeout: "20s",
    concurrency: 2,
    tools: { [tool]: { via: "http", base_url_env: "TOOL_BASE_URL" } },
  };
  const config = {
    schema: "rootward/v1",
    workflows: { [workflow]: { compliance: true } },
    agents: { [workflow]: agent },
  };
  writeFileSync(join(folder, "rootward.yaml"), stringify(config));
}

/**
 * Runs `rootward cases add` for the cluster and reads what it wrote.
 *
 * @throws StoryError  if it wrote no case, or one that is not active
 */
export async function addCase(folder: string, url: string, plot: Plot): Promise<WrittenCase> {
  const ended = await runRootward(
    ["cases", "add", plot.cluster.id, "--url", url, "--by", "demo"],
    folder,
    {},
  );
  if (ended.code !== 0) throw new StoryError("5 case", ended.output.trim());
  const name = readdirSync(join(folder, casesFolder)).find((each) => each.endsWith(".yaml"));
  if (name === undefined) throw new StoryError("5 case", `no case in ${folder}/${casesFolder}`);
  const file = `${casesFolder}/${name}`;
  const written = CaseFile.parse(parse(readFileSync(join(folder, file), "utf8")));
  if (written.status !== "active" || !written.validation) {
    throw new StoryError("5 case", `${file} is ${written.status}: ${ended.output.trim()}`);
  }
  const { failing, passing } = written.validation;
  const lines = step("5 case", [
    `${file}   ${written.severity} (${written.failure_class})`,
    `assertions: ${written.assert.map((each) => each.type).join(", ")}`,
    `proven: fails ${ofMany(failing)} members, passes ${ofMany(passing)} clean runs`,
  ]);
  return { id: written.id, file, lines };
}

function ofMany(share: string): string {
  return share.replace("/", " of ");
}

const GateResult = z.object({
  outcome: z.string(),
  exitCode: z.number(),
  cases: z.array(
    z.object({
      case: z.string(),
      severity: z.string(),
      verdict: z.string(),
      why: z.string(),
      trials: z.object({ n: z.number(), pass: z.number() }),
    }),
  ),
});

/**
 * Runs `rootward gate` on the candidate as deployed and on the repaired one: the first must be blocked, the second pass.
 *
 * @throws StoryError  if one of them comes out otherwise
 */
export async function gateLines(folder: string, seed: number | null): Promise<string[]> {
  const broken = await gate(folder, seed, "broken");
  const repaired = await gate(folder, seed, "repaired");
  if (broken.exitCode !== 1) {
    throw new StoryError("6 gate", `the broken candidate got exit ${broken.exitCode}, expected 1`);
  }
  if (repaired.exitCode !== 0) {
    throw new StoryError("6 gate", `the repaired one got exit ${repaired.exitCode}, expected 0`);
  }
  return step("6 gate", [
    `candidate as deployed: ${broken.line}`,
    `candidate repaired:    ${repaired.line}`,
  ]);
}

async function gate(
  folder: string,
  seed: number | null,
  agent: "broken" | "repaired",
): Promise<{ readonly exitCode: number; readonly line: string }> {
  const resultFile = join(folder, `gate-${agent}.json`);
  const ended = await runRootward(["gate", "--json", resultFile], folder, {
    SIMULATOR_FAULTS: agent === "broken" ? "retrieval_drift" : "",
    ...(seed === null ? {} : { SIMULATOR_SEED: String(seed) }),
  });
  const result = readResult(resultFile);
  const first = result?.cases[0];
  if (!result || !first) throw new StoryError("6 gate", ended.output.trim());
  const word = result.outcome.replaceAll("_", " ");
  const trials = `${first.trials.pass} of ${first.trials.n} trials`;
  const why = first.verdict === "pass" ? trials : first.why;
  return {
    exitCode: ended.code,
    line: `${first.severity} ${first.verdict}  ${why}  exit ${ended.code}, ${word}`,
  };
}

function readResult(file: string): z.infer<typeof GateResult> | null {
  try {
    return GateResult.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return null; // the caller shows what the gate wrote instead
  }
}
