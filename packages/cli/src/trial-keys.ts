import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { hashOfValue } from "@rootward/pipeline/evals/identity";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import type { TrialKey } from "@rootward/pipeline/model/stored-trial";
import { textsIn } from "./agent-parts.ts";
import { agentName, asksLiveTools } from "./agents.ts";
import type { Agents } from "./agents.ts";
import { readCassette } from "./case-store.ts";
import type { LoadedConfig } from "./config.ts";
import { filesMatching } from "./globs.ts";
import { ofOneCase } from "./measured.ts";
import type { Measured } from "./measured.ts";
import { programVersion } from "./version.ts";

/**
 * What a trial of a case is a trial of: made once a case. Its identity is null also where `identity` of the agent is not declared: what
 * decides how it behaves, such as a variable, may then be another from one run to the next, so that trials of two runs are never counted together.
 */
export function trialKeys(
  { config }: LoadedConfig,
  folder: string,
  { identityFor, isDeclared, tree }: Measured,
): (evalCase: EvalCase, file: string) => TrialKey {
  const {
    agents = {},
    trials: _trials,
    overrides: _overrides,
    budget: _budget,
    ...grading
  } = config;
  const everyGrader = {
    version: programVersion(),
    grading,
    files: hashesOf(folder, supportFiles(folder)),
  };
  const keys = new Map<string, TrialKey>();
  return (evalCase, file) => {
    const known = keys.get(evalCase.id);
    if (known) return known;
    const named = textsIn([evalCase.assert, evalCase.judge]);
    const cassetteHash = hashOfRecordings(evalCase, file);
    const key = {
      case: evalCase.id,
      caseHash: hashOfValue(gradedPart(evalCase)),
      cassetteHash: cassetteHash ?? "",
      grader: hashOfValue({ everyGrader, named: hashesOf(dirname(resolve(file)), named) }),
      // What real tools or somebody else's service say tomorrow no hash of files tells: no stored trial stands for a new one.
      tree: asksLiveTools(evalCase) || isElsewhere(agents, evalCase) ? null : tree,
      identity: cassetteHash === null || !isDeclared(evalCase) ? null : identityFor(evalCase),
    };
    keys.set(evalCase.id, key);
    return key;
  };
}

/** Whether somebody else starts the service that is asked. */
function isElsewhere(agents: Agents, evalCase: EvalCase): boolean {
  const agent = agents[agentName(agents, evalCase) ?? ""];
  return agent?.adapter === "http" && agent.start === undefined;
}

/** What of a case says nothing of how one trial of it is run and graded. */
const ungraded: readonly string[] = [
  "title",
  "owner",
  "status",
  "history",
  "validation",
  "run_on",
  "trials",
] satisfies (keyof EvalCase)[];

function gradedPart(evalCase: EvalCase): object {
  return Object.fromEntries(Object.entries(evalCase).filter(([name]) => !ungraded.includes(name)));
}

/** Null where they cannot be read, which is a problem of the store of cases. */
function hashOfRecordings(evalCase: EvalCase, file: string): string | null {
  try {
    return hashOfValue(readCassette(evalCase, file));
  } catch {
    return null;
  }
}

/** What stands beside the cases and may grade them: rubrics, schemas of outputs, labels. */
function supportFiles(folder: string): readonly string[] {
  return filesMatching(folder, "**").filter(
    (path) => !ofOneCase.includes(path.split("/")[0] ?? ""),
  );
}

/** The hashes of those texts that name a file. */
function hashesOf(folder: string, names: readonly string[]): Readonly<Record<string, string>> {
  const files = names.filter(
    (name) =>
      name.length < 500 &&
      !name.includes("\0") &&
      statSync(join(folder, name), { throwIfNoEntry: false })?.isFile(),
  );
  return Object.fromEntries(
    files.map((name) => [
      relative(folder, join(folder, name)),
      createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex"),
    ]),
  );
}
