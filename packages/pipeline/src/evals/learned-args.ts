import type { Assertion } from "../model/assertion.ts";
import { policy } from "../model/policy.ts";
import { isObject } from "./pointer.ts";
import { jsonType } from "./learned.ts";
import type { Subject } from "./subject.ts";

type Args = Readonly<Record<string, unknown>>;

/** Forms that an argument's texts may all have; the first that nearly all have is asserted. */
const forms: readonly RegExp[] = [
  /^\d{4}-\d{2}-\d{2}$/,
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/,
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  /^\d+$/,
];

/** The letters that an id begins with, up to what separates them from the rest: `pay_` of `pay_3f9a`. */
function prefixOf(text: string): string | null {
  return /^(?:[A-Za-z]{2,}[-_:/#.]?|[A-Za-z][-_:/#.])(?=\S*\d)/.exec(text)?.[0] ?? null;
}

function nearlyAll(count: number, of: number): boolean {
  return count >= policy("casePassingShare") * of;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
}

/** The pattern that nearly all texts fit, or null: a form, or the letters that they all begin with. */
function patternOf(texts: readonly string[]): string | null {
  const form = forms.find((each) =>
    nearlyAll(texts.filter((text) => each.test(text)).length, texts.length),
  );
  if (form) return form.source;
  const counts = new Map<string, number>();
  for (const text of texts) {
    const prefix = prefixOf(text);
    if (prefix !== null) counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  }
  const [most] = [...counts].toSorted((a, b) => b[1] - a[1]);
  return most && nearlyAll(most[1], texts.length) ? `^${escaped(most[0])}` : null;
}

function argsOf(subjects: readonly Subject[]): ReadonlyMap<string, readonly Args[]> {
  const found = new Map<string, Args[]>();
  for (const { run } of subjects) {
    for (const { name, args, role, executed } of run.toolCalls) {
      if (!executed || role === "handoff" || !isObject(args.value)) continue;
      const known = found.get(name);
      if (known) known.push(args.value);
      else found.set(name, [args.value]);
    }
  }
  return found;
}

/** Of one argument what its clean values have in common and some value of a member breaks; null where none does. */
function ruleOf(clean: readonly unknown[], broken: readonly unknown[]): Args | null {
  const types = new Set(clean.map(jsonType));
  const [type] = types;
  if (types.size !== 1 || type === undefined) return null;
  if (broken.some((value) => jsonType(value) !== type)) return { type };
  if (type !== "string") return null;
  const pattern = patternOf(clean.filter((value) => typeof value === "string"));
  if (pattern === null) return null;
  const fits = new RegExp(pattern);
  const all = broken.every((value) => typeof value === "string" && fits.test(value));
  return all ? null : { type, pattern };
}

/** What the arguments of one tool keep in clean runs and not in members: only that, so that nothing else fails by it. */
function schemaOf(clean: readonly Args[], members: readonly Args[]): Args | null {
  const keys = [...new Set([...clean, ...members].flatMap((args) => Object.keys(args)))].sort();
  const required: string[] = [];
  const rules: [key: string, rule: unknown][] = [];
  for (const key of keys) {
    const has = (args: Args) => Object.hasOwn(args, key);
    const usual = clean.filter(has);
    const theirs = members.filter(has);
    if (usual.length === 0) {
      rules.push([key, false]);
      continue;
    }
    if (!nearlyAll(usual.length, clean.length)) continue;
    if (theirs.length < members.length) required.push(key);
    const rule = ruleOf(
      usual.map((args) => args[key]),
      theirs.map((args) => args[key]),
    );
    if (rule !== null) rules.push([key, rule]);
  }
  if (required.length === 0 && rules.length === 0) return null;
  return { type: "object", required, properties: Object.fromEntries(rules) };
}

/** Arguments that have one value in nearly all clean calls and another in some call of a member. */
function constantsOf(clean: readonly Args[], members: readonly Args[]): Args {
  const found: [key: string, value: unknown][] = [];
  for (const key of new Set(clean.flatMap((args) => Object.keys(args)))) {
    const counts = new Map<string, { value: unknown; count: number }>();
    for (const args of clean) {
      const text = JSON.stringify(args[key]) ?? "";
      counts.set(text, { value: args[key], count: (counts.get(text)?.count ?? 0) + 1 });
    }
    const [most] = [...counts].toSorted((a, b) => b[1].count - a[1].count);
    if (most === undefined || most[0] === "" || !nearlyAll(most[1].count, clean.length)) continue;
    if (members.some((args) => JSON.stringify(args[key]) !== most[0]))
      found.push([key, most[1].value]);
  }
  return Object.fromEntries(found);
}

/**
 * How clean runs ask each tool, where some member asks it otherwise: constant arguments as `trajectory:tool-args-match`, the dialect of
 * the others (keys, types, forms) as `trajectory:tool-args-schema`.
 *
 * @returns nothing for a tool with fewer than `policy.casePassingMin` clean calls whose arguments are visible
 */
export function argumentRules(
  members: readonly Subject[],
  clean: readonly Subject[],
): readonly Assertion[] {
  const theirs = argsOf(members);
  const byName = [...argsOf(clean)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return byName.flatMap(([name, usual]): readonly Assertion[] => {
    const asked = theirs.get(name);
    if (asked === undefined || usual.length < policy("casePassingMin")) return [];
    const args = constantsOf(usual, asked);
    const schema = schemaOf(usual, asked);
    return [
      ...(Object.keys(args).length === 0
        ? []
        : [
            {
              type: "trajectory:tool-args-match" as const,
              id: `asks-${name}-with`,
              value: { name, args, mode: "partial" as const },
            },
          ]),
      ...(schema === null
        ? []
        : [
            {
              type: "trajectory:tool-args-schema" as const,
              id: `asks-${name}`,
              value: { name, schema },
            },
          ]),
    ];
  });
}
