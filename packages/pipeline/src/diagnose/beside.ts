import type { Signature } from "../model/cluster.ts";
import type { RunId } from "../model/ids.ts";
import { policy } from "../model/policy.ts";
import type { Control } from "./controls.ts";
import { concerns, firstFrom } from "./evidence.ts";
import type { Versioned } from "./evidence.ts";
import type { Member } from "./facts.ts";
import type { ReadFlow } from "./readflow.ts";
import type { Share } from "./stats.ts";

/** Agents at whose steps members began. */
export function agentsOf(members: readonly Member[]): ReadonlySet<string> {
  return new Set(members.flatMap(({ primary }) => primary?.agent ?? []));
}

/** The other workflows of the same environment, as controls: where their runs broke in the way of a signature. */
export function controlsOf(
  { flow, versioned }: ReadFlow,
  { primary }: Signature,
  others: readonly { readonly flow: ReadFlow }[],
): readonly Control[] {
  const models = modelsOf(versioned);
  return others
    .filter((other) => other.flow.flow.environment === flow.environment)
    .map(({ flow: other }): Control => {
      const broken = brokenIn(other, primary);
      return {
        workflow: other.flow.workflow,
        around: (atMs) => {
          const known = broken.around.get(atMs) ?? brokenAround(other, broken, atMs);
          broken.around.set(atMs, known);
          return known;
        },
        got: (change) =>
          change.origin === "told"
            ? concerns(change, other.flow)
            : other.changes.some(
                ({ kind, after }) => kind === change.kind && after === change.after,
              ),
        sharesModel: [...modelsOf(other.versioned)].some((model) => models.has(model)),
      };
    });
}

/** Members of a flow that broke in one way, and how many of its runs around a time did. */
interface Broken {
  readonly ids: ReadonlySet<RunId>;
  readonly around: Map<number, ReturnType<Control["around"]>>;
}

/** Each cluster of every other flow asks them of the same flow. */
const brokenBy = new WeakMap<ReadFlow, Map<string, Broken>>();
const modelsBy = new WeakMap<readonly Versioned[], ReadonlySet<string>>();

function brokenIn(read: ReadFlow, primary: string): Broken {
  const known = brokenBy.get(read) ?? new Map<string, Broken>();
  brokenBy.set(read, known);
  const before = known.get(primary);
  if (before) return before;
  const members = read.members.filter((member) => member.primary?.name === primary);
  const broken = { ids: new Set(members.map(({ entry }) => entry.run.id)), around: new Map() };
  known.set(primary, broken);
  return broken;
}

function brokenAround({ versioned }: ReadFlow, { ids }: Broken, atMs: number) {
  const split = firstFrom(versioned, atMs);
  const most = policy("controlRuns");
  const count = (from: number, to: number): Share => {
    const part = versioned.slice(Math.max(0, from), to);
    return { count: part.filter(({ run }) => ids.has(run.id)).length, of: part.length };
  };
  return { before: count(split - most, split), after: count(split, split + most) };
}

/** Models that answered a flow's runs. */
function modelsOf(versioned: readonly Versioned[]): ReadonlySet<string> {
  const known = modelsBy.get(versioned);
  if (known) return known;
  const models = new Set<string>();
  for (const { run } of versioned) {
    for (const [field, value] of Object.entries(run.versions)) {
      if (field.startsWith("model_")) models.add(value);
    }
  }
  modelsBy.set(versioned, models);
  return models;
}
