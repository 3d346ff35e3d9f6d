import type { Framework, Setting } from "./framework.ts";
import type { Owners } from "./owners.ts";
import type { Presence } from "./presence.ts";

/** Why facts are missing. `set`: what provides them; `sent`: what takes them away, if anything does; `never`: why they cannot be had. */
export interface Advice {
  readonly kind: Setting["kind"];
  readonly text: string;
  /** Names of the facts, as `Presence` has them. */
  readonly facts: readonly string[];
  /** Ids of the frameworks. */
  readonly frameworks: readonly string[];
}

function sendersOf(item: Presence["items"][number], owners: Owners): ReadonlySet<Framework> {
  const own = item.spanIds.flatMap((id) => owners.bySpan.get(id) ?? []);
  if (own.length > 0) return new Set(own);
  return new Set(item.traceIds.flatMap((id) => [...(owners.byTrace.get(id) ?? [])]));
}

/** The frameworks none of whose spans says a fact, although some could. */
function silentOn({ items }: Presence, owners: Owners): readonly Framework[] {
  const speaking = new Map<Framework, boolean>();
  for (const item of items)
    for (const framework of sendersOf(item, owners))
      speaking.set(framework, (speaking.get(framework) ?? false) || item.have);
  return [...speaking].flatMap(([framework, speaks]) => (speaks ? [] : [framework]));
}

const order = ["set", "sent", "never"] as const satisfies readonly Setting["kind"][];

function textOf(setting: Setting): string {
  switch (setting.kind) {
    case "set":
      return setting.how;
    case "sent":
      return setting.unless ?? "";
    case "never":
      return setting.why;
  }
}

/** One sentence for all the facts that it helps, in the order of the facts; what can be switched on stands first. */
export function adviceOn(presence: readonly Presence[], owners: Owners): readonly Advice[] {
  const said = new Map<
    string,
    { kind: Setting["kind"]; text: string; facts: Set<string>; frameworks: Set<string> }
  >();
  for (const row of presence) {
    const silent = silentOn(row, owners);
    const best = order.find((kind) =>
      silent.some(({ settings }) => settings[row.fact].kind === kind),
    );
    for (const { id, settings } of silent) {
      const setting = settings[row.fact];
      if (setting.kind !== best) continue;
      const text = textOf(setting);
      const key = `${setting.kind} ${text}`;
      const one = said.get(key) ?? {
        kind: setting.kind,
        text,
        facts: new Set(),
        frameworks: new Set(),
      };
      one.facts.add(row.name);
      one.frameworks.add(id);
      said.set(key, one);
    }
  }
  return [...said.values()]
    .map((one) => ({ ...one, facts: [...one.facts], frameworks: [...one.frameworks] }))
    .toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}
