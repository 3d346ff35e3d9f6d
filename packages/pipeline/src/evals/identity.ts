import { createHash } from "node:crypto";
import type { LockEntry } from "../model/agent-lock.ts";
import type { ChangeType } from "../model/evalfields.ts";

/** What one agent is made of now, as far as `identity` in `rootward.yaml` lets it be measured before any trial. */
export interface AgentParts {
  /** Its name under `agents` in `rootward.yaml`. */
  readonly name: string;
  /** The declared parts; what trials observed is never in it. */
  readonly entry: LockEntry;
  /** Parts that are declared to stand in the code: they may have changed when the code did. */
  readonly inCode: readonly ChangeType[];
  /** Parts of which nothing is known now, with the reason: not declared, or not to be had. */
  readonly unknown: readonly { readonly part: ChangeType; readonly why: string }[];
  /** Whether the configuration names them on purpose (`identity` is there): only then may a trial stand for another one. */
  readonly isDeclared: boolean;
  /** Hash of the code; null where it cannot be told, as outside of git without `identity.code`. */
  readonly code: string | null;
  /** What `agents.*` says of how the agent is run. */
  readonly config: unknown;
  /** The variables of `identity.env`, each with a hash of its value; null where it is not set. */
  readonly env: Readonly<Record<string, string | null>>;
}

/** The first 16 hex characters of the sha256 of a value's JSON, whose keys are put in order: equal values give equal hashes. */
export function hashOfValue(value: unknown): string {
  return createHash("sha256").update(orderedJson(value)).digest("hex").slice(0, 16);
}

function orderedJson(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    typeof entry === "object" && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  );
}

/**
 * The candidate's identity: 16 hex characters over everything that decides how one agent behaves and that can be measured before it
 * runs: model, prompts, tool schemas and index as declared, the code, how it is run, and the variables of `identity.env`. Two runs with
 * one identity are runs of the same candidate; their trials may be counted together.
 *
 * @returns null where that cannot be said: the code is unknown, or a declared part could not be had. Null equals nothing, not even null
 */
export function identityOf(parts: AgentParts): string | null {
  const { name, entry, code, config, env, isDeclared, unknown } = parts;
  if (code === null || (isDeclared && unknown.length > 0)) return null;
  return hashOfValue({ version: 1, name, entry, code, config, env });
}
