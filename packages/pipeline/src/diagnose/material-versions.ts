import type { Material } from "../model/attribution.ts";
import type { Change } from "../model/change.ts";
import { policy } from "../model/policy.ts";
import type { Versioned } from "./evidence.ts";
import { callWith, commonest } from "./examples.ts";
import type { Facts } from "./facts.ts";

/**
 * Both texts of the change, then what else of system text and tool definitions differs between the latest clean run before the members
 * and the members: a change that was told brings no texts, and one seldom comes alone.
 */
export function texts(facts: Facts, change: Change | null): readonly Material[] {
  const own =
    change !== null && (change.before !== null || change.after !== null)
      ? [{ title: change.title, ...sidesOf(change), rows: [] }]
      : [];
  const [first] = facts.members;
  const from = first?.entry.run.startedMs ?? 0;
  const clean = facts.cleanRuns.findLast(({ run }) => run.startedMs < from);
  if (!clean) return own;
  const fields = [...clean.versions].filter(
    ([field]) =>
      (field.startsWith("prompt:") || field.startsWith("tool_schema:")) && field !== change?.field,
  );
  const others = fields.flatMap(([field, before]): readonly Material[] => {
    const values = new Map<string, number>();
    for (const { entry } of facts.members) {
      const value = entry.versions.get(field);
      if (value !== undefined) values.set(value, (values.get(value) ?? 0) + 1);
    }
    const after = commonest(values);
    if (after === null || after === before) return [];
    const title = `${field.replace(":", " of ").replace("tool_schema", "definition")}: ${clean.run.id}, the last clean run, and members`;
    return [{ title, before, after, rows: [] }];
  });
  return [...own, ...others].slice(0, policy("textsShown"));
}

function sidesOf({ before, after, texts: told }: Change): Pick<Material, "before" | "after"> {
  return told ?? { before, after };
}

/** The usual shape of a component's results and the commonest one of the members, with a call of each to look at. */
export function shapes(facts: Facts): Material {
  const tool = facts.signature.component;
  const before = commonest(facts.clean?.window.shapes.get(`result:${tool}`) ?? new Map());
  const now = new Map<string, number>();
  for (const { view, primary } of facts.members) {
    const shape = primary && view.bySeq.get(primary.seq)?.resultShape;
    if (shape) now.set(shape, (now.get(shape) ?? 0) + 1);
  }
  const after = commonest(now);
  const members = facts.members.map(({ entry }) => entry);
  return {
    title: `Results of ${tool}`,
    before,
    after,
    rows: [
      ["", "run", "span", "calls with this shape"],
      ["before", ...exampleOf(facts.cleanRuns, tool, before)],
      ["now", ...exampleOf(members, tool, after)],
    ],
  };
}

/** The latest run with a result of a shape, its span, and in how many of the runs it stands. */
function exampleOf(
  runs: readonly Versioned[],
  tool: string,
  shape: string | null,
): readonly string[] {
  const found = runs.flatMap(({ run }) => {
    const call = callWith(run, tool, (other) => other === shape);
    return call ? [{ run: run.id, span: call.spanId }] : [];
  });
  const last = found.at(-1);
  return last
    ? [last.run, last.span, `in ${found.length} of ${runs.length} runs`]
    : ["none", "", `in 0 of ${runs.length} runs`];
}
