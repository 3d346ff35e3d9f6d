import type { Signature } from "../model/cluster.ts";
import type { Control } from "./controls.ts";
import { concerns } from "./evidence.ts";
import type { Versioned } from "./evidence.ts";
import type { Member } from "./facts.ts";
import type { ReadFlow } from "./readflow.ts";

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
      const broken = new Set(
        other.members
          .filter((member) => member.primary?.name === primary)
          .map(({ entry }) => entry.run.id),
      );
      return {
        workflow: other.flow.workflow,
        runs: other.flow.runs.map(({ id, startedMs }) => ({
          atMs: startedMs,
          broke: broken.has(id),
        })),
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

/** Models that answered a flow's runs. */
function modelsOf(versioned: readonly Versioned[]): ReadonlySet<string> {
  const models = new Set<string>();
  for (const { run } of versioned) {
    for (const [field, value] of Object.entries(run.versions)) {
      if (field.startsWith("model_")) models.add(value);
    }
  }
  return models;
}
