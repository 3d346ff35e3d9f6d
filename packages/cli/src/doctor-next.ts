import type { FactCount, SpanReport } from "@rootward/pipeline/doctor/doctor";

/** Facts that an attribute of the application's own may hold: its name, and the field of `map` in `rootward.yaml`. */
const mappable = [
  {
    fact: "session",
    field: "session",
    name: /(^|[._])(session|conversation|thread|chat)(([._])?id)?$/i,
  },
  { fact: "user", field: "user", name: /(^|[._])(user|customer|account|tenant)(([._])?id)?$/i },
  { fact: "environment", field: "environment", name: /(^|[._])(environment|env|stage)$/i },
] as const;

function isMissing(facts: readonly FactCount[], fact: FactCount["fact"]): boolean {
  return facts.some((one) => one.fact === fact && one.of > 0 && one.have === 0);
}

function mappings({ facts, unread }: SpanReport): readonly string[] {
  return mappable.flatMap(({ fact, field, name }) => {
    if (!isMissing(facts, fact)) return [];
    const held = unread.attributes.find((one) => name.test(one.name));
    if (held === undefined) return [];
    return [
      `if ${held.name} is the ${field}, say so in rootward.yaml:  map: [{attribute: ${held.name}, field: ${field}}]`,
    ];
  });
}

function listed(titles: readonly string[]): string {
  const [first = "your framework", second] = titles;
  return titles.length > 2
    ? `${first} and ${titles.length - 1} others`
    : second === undefined
      ? first
      : `${first} and ${second}`;
}

/** What to do next, one line each, the most useful first. */
export function nextSteps(report: SpanReport, paths: readonly string[]): readonly string[] {
  if (report.spans.understood === 0) return [];
  const first = report.advice.find((one) => one.kind === "set");
  const where = paths.join(" ");
  const documented = report.frameworks.filter(({ evidence }) => evidence === "source");
  return [
    ...(first === undefined
      ? []
      : [`switch on ${first.facts.join(", ")}, run the agent once, and ask again`]),
    ...mappings(report),
    ...(report.spans.cut > 0
      ? ["send less in one attribute: what is too long is cut, and a cut answer is not checked"]
      : []),
    ...documented.map(
      ({ title }) =>
        `compare inspect with what really happened: ${title} is known from its documentation only`,
    ),
    `rootward inspect ${where}   shows what was read of each run`,
    `docs/frameworks.md   says what ${listed(report.frameworks.map(({ title }) => title))} cannot show`,
  ];
}
