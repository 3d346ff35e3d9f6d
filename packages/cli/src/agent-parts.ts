import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { hashOfValue } from "@rootward/pipeline/evals/identity";
import type { AgentParts } from "@rootward/pipeline/evals/identity";
import { valuesAt } from "@rootward/pipeline/evals/pointer";
import type { AgentIdentity } from "@rootward/pipeline/model/agent-identity";
import type { LockEntry } from "@rootward/pipeline/model/agent-lock";
import type { ChangeType } from "@rootward/pipeline/model/evalfields";
import type { AgentConfig } from "@rootward/pipeline/model/gate-config";
import { filesMatching } from "./globs.ts";
import { policy } from "@rootward/pipeline/model/policy";
import { messageOf, OperatorError } from "./output.ts";

interface Measuring {
  /** The folder of `rootward.yaml`, where agents run. */
  readonly folder: string;
  /** Hash of everything that git tells of, apart from the cases and what this command writes; null where it cannot be told. */
  readonly tree: string | null;
}

type Unknown = AgentParts["unknown"][number];

/**
 * What the agents of `rootward.yaml` are made of now.
 *
 * @throws OperatorError  exit code 2: a glob of `identity` that names no file
 */
export async function measureAgents(
  agents: Readonly<Record<string, AgentConfig>>,
  measuring: Measuring,
): Promise<readonly AgentParts[]> {
  return await Promise.all(
    Object.entries(agents).map(([name, agent]) => measureAgent(name, agent, measuring)),
  );
}

async function measureAgent(
  name: string,
  agent: AgentConfig,
  measuring: Measuring,
): Promise<AgentParts> {
  const { identity, concurrency: _, ...config } = agent;
  const declared: AgentIdentity = identity ?? {};
  const hashes = (key: "prompts" | "tool_schemas" | "code") =>
    hashFiles(declared[key], measuring.folder, `agents.${name}.identity.${key}`);
  const model = modelOf(declared, agent);
  const prompts = hashes("prompts");
  const schemas = hashes("tool_schemas");
  const index = await indexOf(declared, agent, measuring.folder);
  const entry: LockEntry = {
    ...(model !== null && { model }),
    ...(prompts && { prompts }),
    ...(schemas && { tool_schemas: schemas }),
    ...(index.version !== null && { retrieval_index: index.version }),
  };
  return {
    name,
    entry,
    inCode: standsInCode(declared),
    unknown: [
      ...undeclared(declared),
      ...(index.why === null ? [] : [unreached(index.why)]),
      ...(declared.model_env !== undefined && model === null
        ? [{ part: "model" as const, why: `${declared.model_env} is not set` }]
        : []),
    ],
    isDeclared: identity !== undefined,
    code: codeOf(hashes("code"), agent, measuring),
    config,
    env: Object.fromEntries(
      (declared.env ?? []).map((variable) => [variable, hashOfVariable(variable, agent)]),
    ),
  };
}

function valueOf(variable: string, agent: AgentConfig): string | null {
  return agent.env?.[variable] ?? process.env[variable] ?? null;
}

function hashOfVariable(variable: string, agent: AgentConfig): string | null {
  const value = valueOf(variable, agent);
  return value === null ? null : hashOfValue(value);
}

function modelOf({ model_env: variable }: AgentIdentity, agent: AgentConfig): string | null {
  return variable === undefined ? null : valueOf(variable, agent);
}

function standsInCode({ model, prompts, tool_schemas }: AgentIdentity): readonly ChangeType[] {
  const found: ChangeType[] = [];
  if (model === "in_code") found.push("model");
  if (prompts?.length === 0) found.push("prompt");
  if (tool_schemas?.length === 0) found.push("tool_schema");
  return found;
}

function undeclared(declared: AgentIdentity): readonly Unknown[] {
  const { model, model_env, prompts, tool_schemas, retrieval_index } = declared;
  const parts = [
    ["model", model ?? model_env],
    ["prompt", prompts],
    ["tool_schema", tool_schemas],
    ["retrieval_index", retrieval_index],
  ] as const;
  return parts
    .filter(([, said]) => said === undefined)
    .map(([part]) => ({ part, why: `identity in rootward.yaml names no ${part}` }));
}

function unreached(why: string): Unknown {
  return { part: "retrieval_index", why };
}

function hashFiles(
  globs: readonly string[] | undefined,
  folder: string,
  key: string,
): Readonly<Record<string, string>> | undefined {
  if (globs === undefined) return undefined;
  const files = globs.flatMap((glob) => {
    const found = filesMatching(folder, glob);
    if (found.length > 0) return found;
    throw new OperatorError(
      `${key}: "${glob}" names no file below ${folder}; expected a glob of files, such as prompts/**/*.md`,
      2,
    );
  });
  return Object.fromEntries(
    [...new Set(files)].toSorted().map((file) => [file, hashOfFile(join(folder, file))]),
  );
}

function hashOfFile(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16);
}

/** What the agent's code is: the files of `identity.code`, else all that git tells of; with the files that its settings name. */
function codeOf(
  declared: Readonly<Record<string, string>> | undefined,
  agent: AgentConfig,
  { folder, tree }: Measuring,
): string | null {
  const program = hashProgram(agent, folder);
  if (declared) return hashOfValue({ declared, program });
  return tree && hashOfValue({ tracked: tree, program });
}

/** Git may ignore what was built: what the agent's settings name and is a file of the project counts by its content. */
function hashProgram(agent: AgentConfig, folder: string): Readonly<Record<string, string>> {
  const files = [...new Set(textsIn(agent))].filter((text) => isFileOf(folder, text)).toSorted();
  return Object.fromEntries(files.map((file) => [file, hashOfFile(join(folder, file))]));
}

/** Every text below a value. */
export function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function isFileOf(folder: string, text: string): boolean {
  const below = relative(folder, resolve(folder, text));
  const isInside = below !== "" && !below.startsWith("..") && !isAbsolute(below);
  return isInside && (statSync(join(folder, below), { throwIfNoEntry: false })?.isFile() ?? false);
}

interface IndexVersion {
  readonly version: string | null;
  /** Why a declared one could not be had. */
  readonly why: string | null;
}

async function indexOf(
  { retrieval_index: declared }: AgentIdentity,
  agent: AgentConfig,
  folder: string,
): Promise<IndexVersion> {
  if (declared === undefined || declared === "none") return { version: null, why: null };
  try {
    const version =
      "http" in declared
        ? await askIndex(declared.http, declared.pointer)
        : "env" in declared
          ? valueOf(declared.env, agent)
          : readFileSync(join(folder, declared.file), "utf8").trim();
    if (version !== null && version !== "") return { version, why: null };
    return { version: null, why: "the version of the retrieval index is empty" };
  } catch (error) {
    return { version: null, why: `the retrieval index tells no version: ${messageOf(error)}` };
  }
}

async function askIndex(address: string, pointer: string | undefined): Promise<string> {
  const answer = await fetch(address, {
    signal: AbortSignal.timeout(policy("indexVersionTimeoutMs")),
  });
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
  const text = await answer.text();
  if (pointer === undefined) return text.trim();
  const [value] = valuesAt(JSON.parse(text), pointer);
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new Error(`${address} holds no text at ${pointer}`);
}
