import { relative, resolve } from "node:path";
import {
  changesOf,
  everything,
  isCurrent,
  observedChanges,
  observedOf,
} from "@rootward/pipeline/evals/changes";
import type { Changes } from "@rootward/pipeline/evals/changes";
import { identityOf } from "@rootward/pipeline/evals/identity";
import type { AgentParts } from "@rootward/pipeline/evals/identity";
import type { Tally } from "@rootward/pipeline/evals/trials";
import type { AgentLock, LockEntry, ObservedParts } from "@rootward/pipeline/model/agent-lock";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import type { ChangeType } from "@rootward/pipeline/model/evalfields";
import type { GateVerdict, Trial } from "@rootward/pipeline/model/verdict";
import { measureAgents } from "./agent-parts.ts";
import { agentName } from "./agents.ts";
import { configFolder } from "./config.ts";
import type { LoadedConfig } from "./config.ts";
import { lockAt, readLock } from "./lock-file.ts";
import { differences, outside, readRepository, treeAt, treeHash } from "./repository.ts";
import type { Repository } from "./repository.ts";

interface Asked {
  /** The folder of cases. */
  readonly folder: string;
  /** The merge base; null where none was found. */
  readonly base: string | null;
  /** What this command writes: no part of the candidate. */
  readonly writes: readonly string[];
  /** The types of change that a person named; null where they are to be found out. */
  readonly changed: readonly ChangeType[] | null;
  /** Whether everything is to run, whatever changed. */
  readonly isEverything: boolean;
}

/** The candidate agents as they are now, and what may have changed of them. */
export interface Measured {
  readonly parts: readonly AgentParts[];
  /** The lock file as it stands. */
  readonly lock: AgentLock;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly changes: GateVerdict["changes"];
  /** The agent of `rootward.yaml` on which a case is tried; null where there is none. */
  readonly agentFor: (evalCase: EvalCase) => string | null;
  /** What the lock file at the merge base tells of an agent. */
  readonly baseEntry: (agent: string) => LockEntry | null;
  /** Hash of everything that git tells of, apart from the cases; null where it cannot be told. */
  readonly tree: string | null;
  readonly isDeclared: (evalCase: EvalCase) => boolean;
  readonly identityFor: (evalCase: EvalCase) => string | null;
  readonly changesFor: (evalCase: EvalCase) => Changes;
  readonly isTouched: (evalCase: EvalCase) => boolean;
}

/**
 * Measures the agents of `rootward.yaml` and compares them with the lock file at the merge base.
 *
 * @throws OperatorError  exit code 2: a glob of `identity` that names no file
 */
export async function measure(
  { config, path }: LoadedConfig,
  cases: readonly { readonly evalCase: EvalCase; readonly file: string }[],
  asked: Asked,
): Promise<Measured> {
  const repository = readRepository();
  const agents = config.agents ?? {};
  const folder = configFolder({ path });
  const tree = repository && treeHash(repository, [asked.folder, ...asked.writes]);
  const parts = await measureAgents(agents, { folder, tree });
  const { lock, problems } = readLock(asked.folder);
  const since = sinceBase(repository, asked, path);
  const changes = new Map(
    parts.map((each) => [each.name, changesOfAgent(each, since, asked, folder)]),
  );
  const agentFor = (evalCase: EvalCase) => agentName(agents, evalCase);
  const identities = new Map(parts.map((each) => [each.name, identityOf(each)]));
  const files = new Map(cases.map(({ evalCase, file }) => [evalCase.id, file]));
  return {
    parts,
    lock: lock ?? {},
    problems,
    warnings: parts
      .filter(({ name, entry, isDeclared }) => isDeclared && !isCurrent(lock?.[name], entry))
      .map(
        ({ name }) =>
          `evals/agent.lock.json does not tell what ${name} is made of now: rootward gate --update-lock writes it`,
      ),
    changes: toldChanges(changes),
    agentFor,
    baseEntry: (agent) => since?.lock?.[agent] ?? null,
    tree,
    isDeclared: (evalCase) =>
      parts.some(({ name, isDeclared }) => isDeclared && name === agentFor(evalCase)),
    identityFor: (evalCase) => identities.get(agentFor(evalCase) ?? "") ?? null,
    changesFor: (evalCase) =>
      changes.get(agentFor(evalCase) ?? "") ??
      everything(`no agent ${evalCase.agent} is configured`),
    isTouched: (evalCase) =>
      since === null
        ? asked.changed === null
        : since.isGrading || touched(evalCase, files.get(evalCase.id), since),
  };
}

/** What changed of each agent, as a verdict tells it. */
export function toldChanges(changes: ReadonlyMap<string, Changes>): GateVerdict["changes"] {
  return [...changes].flatMap(([agent, found]) =>
    [...found].map(([type, why]) => ({ agent, type, why })),
  );
}

interface WatchedParts {
  readonly see: (evalCase: EvalCase, tally: Tally) => void;
  /** What they tell to have changed of each agent since the lock file at the merge base. */
  readonly changes: () => ReadonlyMap<string, Changes>;
  /** The lock file as it should stand: the declared parts, and what the spans of the trials told. */
  readonly lock: () => AgentLock;
}

/** Keeps what the trials' spans tell of the agents while they run. */
export function watchParts({ parts, lock, agentFor, baseEntry }: Measured): WatchedParts {
  const seen = new Map<string, NonNullable<Trial["versions"]>[]>();
  return {
    see: (evalCase, { trials }) => {
      const name = agentFor(evalCase);
      const told = trials.flatMap(({ versions }) => (versions === undefined ? [] : [versions]));
      if (name !== null) seen.set(name, [...(seen.get(name) ?? []), ...told]);
    },
    changes: () =>
      new Map(
        [...seen].map(([name, told]) => [name, observedChanges(baseEntry(name), observedOf(told))]),
      ),
    lock: () =>
      Object.fromEntries(
        parts.map(({ name, entry }) => {
          const observed = joined(lock[name]?.observed, observedOf(seen.get(name) ?? []));
          return [name, { ...entry, ...(observed && { observed }) }];
        }),
      ),
  };
}

/** What was told before stays where nothing newer is told: not every case runs every time. */
function joined(before: ObservedParts | undefined, now: ObservedParts | undefined) {
  if (before === undefined || now === undefined) return now ?? before;
  const keys = ["models", "prompts", "tool_schemas", "retrieval_indexes"] as const;
  return Object.fromEntries(
    keys.flatMap((key) => {
      const both = { ...before[key], ...now[key] };
      return Object.keys(both).length === 0 ? [] : [[key, both]];
    }),
  );
}

interface SinceBase {
  readonly top: string;
  readonly lock: AgentLock | null;
  /** Paths from the top of the repository. */
  readonly changed: readonly string[];
  /** Whether `rootward.yaml` is among them: it says how every agent is run and measured. */
  readonly isConfigured: boolean;
  /** Whether something in the folder of cases changed that grades every case: rubrics, schemas of outputs. */
  readonly isGrading: boolean;
}

/** What changed since the merge base; null where that cannot be told. */
function sinceBase(
  repository: Repository | null,
  { base, folder }: Asked,
  configPath: string | null,
): SinceBase | null {
  const before = base && treeAt(base);
  if (!repository || !base || !before) return null;
  const { top, now } = repository;
  const changed = differences(before, now);
  const config = configPath === null ? null : relative(top, configPath);
  return {
    top,
    lock: lockAt(base, top, folder),
    changed,
    isConfigured: config !== null && changed.includes(config),
    isGrading: changed.some(gradesAll(top, folder)),
  };
}

function changesOfAgent(
  parts: AgentParts,
  since: SinceBase | null,
  { isEverything, changed, folder, writes }: Asked,
  configFolder: string,
): Changes {
  if (isEverything) return everything("everything was asked for");
  if (changed !== null) return new Map(changed.map((type) => [type, "named with --changed"]));
  if (since === null) return everything("no merge base was found");
  if (since.isConfigured) return everything("rootward.yaml changed");
  const { prompts = {}, tool_schemas = {} } = parts.entry;
  const declared = [...Object.keys(prompts), ...Object.keys(tool_schemas)];
  const apart = [folder, ...writes, ...declared.map((file) => resolve(configFolder, file))];
  const code = since.changed.filter(outside(since.top, apart));
  const more = code.length > 1 ? ` and ${code.length - 1} more` : "";
  return changesOf(since.lock?.[parts.name] ?? null, parts, `${code[0] ?? ""}${more}`);
}

/** What of the folder of cases does not decide how another case is graded. */
export const ofOneCase = [
  "cases",
  "cassettes",
  "overrides",
  "closures",
  "schemas",
  "agent.lock.json",
];

/** Which paths of the folder of cases decide about every case. */
function gradesAll(top: string, folder: string): (path: string) => boolean {
  const isOutside = outside(top, [folder]);
  const isGrading = outside(
    top,
    ofOneCase.map((name) => resolve(folder, name)),
  );
  return (path) => !isOutside(path) && isGrading(path);
}

/** Whether a case or its recordings changed. */
function touched(
  { environment }: EvalCase,
  file: string | undefined,
  { top, changed }: SinceBase,
): boolean {
  if (file === undefined) return true;
  const cassette = environment?.cassette;
  const own = [file, ...(cassette === undefined ? [] : [resolve(file, "..", cassette)])];
  const isOther = outside(top, own);
  return changed.some((path) => !isOther(path));
}
