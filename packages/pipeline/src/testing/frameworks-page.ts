import { identity } from "../ingest/fields-identity.ts";
import { model } from "../ingest/fields-model.ts";
import { work } from "../ingest/fields-work.ts";
import { common, facts } from "../doctor/framework.ts";
import type { Fact, Framework, SpanTest } from "../doctor/framework.ts";
import { frameworksOf } from "../doctor/frameworks.ts";
import { scriptFrameworks } from "../doctor/frameworks-javascript.ts";
import { openInferenceFrameworks } from "../doctor/frameworks-openinference.ts";
import { openLlmetryFrameworks } from "../doctor/frameworks-openllmetry.ts";
import { otelFrameworks } from "../doctor/frameworks-otel.ts";
import { platformFrameworks } from "../doctor/frameworks-platforms.ts";
import { pythonFrameworks } from "../doctor/frameworks-python.ts";
import { detect } from "../ingest/kinds.ts";
import type { Place } from "../ingest/places.ts";
import type { Convention } from "../model/run.ts";
import { contentOf, packedCaptures } from "./captures.ts";

/** Everything below this line of `docs/frameworks.md` is made; above it, people write. */
export const generatedBelow = "<!-- made by `npm run docs:frameworks`; do not edit below -->";

const families: readonly (readonly [string, readonly Framework[]])[] = [
  ["Python frameworks with spans of their own", pythonFrameworks],
  ["JavaScript frameworks with spans of their own", scriptFrameworks],
  ["Platforms", platformFrameworks],
  ["Through OpenInference", openInferenceFrameworks],
  ["Through OpenLLMetry (Traceloop)", openLlmetryFrameworks],
  ["OpenTelemetry's own packages and conventions", otelFrameworks],
];

const names: Readonly<Record<Fact, string>> = {
  content: "prompts and answers",
  toolArguments: "tool arguments",
  toolResults: "tool results",
  documents: "documents",
  citations: "citations that can be checked",
  agentNames: "agent names",
  session: "session",
  user: "user",
  environment: "environment",
  serviceVersion: "service version",
  modelAnswered: "model answered",
  modelBuild: "model build",
  tokenUsage: "token usage",
  logprobs: "logprobs",
};

/** What the captures of this repository show of a framework. */
interface Seen {
  readonly captures: Set<string>;
  readonly kinds: Set<string>;
  readonly conventions: Set<Convention>;
}

const kindOrder = [
  "workflow",
  "agent",
  "llm",
  "tool",
  "retrieval",
  "handoff",
  "guardrail",
  "part",
  "chain",
];
const kindNames: Readonly<Record<string, string>> = {
  llm: "model call",
  handoff: "hand-off",
  part: "part of a tool call",
  chain: "container",
};

function seenInCaptures(): ReadonlyMap<string, Seen> {
  const seen = new Map<string, Seen>();
  for (const capture of packedCaptures()) {
    for (const [span, { id }] of frameworksOf(contentOf(capture).spans)) {
      const one = seen.get(id) ?? {
        captures: new Set(),
        kinds: new Set(),
        conventions: new Set<Convention>(),
      };
      const { kind, convention } = detect(span);
      one.captures.add(capture.name);
      if (kind !== "other") one.kinds.add(kind);
      if (convention !== "app" && kind !== "other") one.conventions.add(convention);
      seen.set(id, one);
    }
  }
  return seen;
}

function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function testText({ scope, version, name, anyOf, noneOf, resource }: SpanTest): string {
  return [
    ...(scope === undefined ? [] : [`scope ${code(scope.source)}`]),
    ...(version === undefined ? [] : ["a scope with a version"]),
    ...(name === undefined ? [] : [`name ${code(name.source)}`]),
    ...(anyOf === undefined ? [] : [`attribute ${anyOf.map(code).join(" or ")}`]),
    ...(noneOf === undefined ? [] : [`without ${noneOf.map(code).join(", ")}`]),
    ...(resource === undefined
      ? []
      : [`resource ${code(resource.key)} ${code(resource.value.source)}`]),
  ].join(", ");
}

/** Told once for all, in the introduction. */
function isCommon(fact: Fact, setting: Framework["settings"][Fact]): boolean {
  return Object.entries(common).some(([name, usual]) => name === fact && usual === setting);
}

function settingRows({ settings }: Framework): readonly string[] {
  const told = facts.filter((fact) => !isCommon(fact, settings[fact]));
  const bare = told.filter((fact) => {
    const setting = settings[fact];
    return setting.kind === "sent" && setting.unless === null;
  });
  const rows = told.flatMap((fact) => {
    const setting = settings[fact];
    switch (setting.kind) {
      case "sent":
        return setting.unless === null ? [] : [[names[fact], `sent, unless ${setting.unless}`]];
      case "set":
        return [[names[fact], `to switch on: ${setting.how}`]];
      case "never":
        return [[names[fact], `cannot be had: ${setting.why}`]];
    }
  });
  // Facts with one answer share a row.
  const byAnswer = new Map<string, string[]>();
  for (const [fact = "", answer = ""] of rows)
    byAnswer.set(answer, [...(byAnswer.get(answer) ?? []), fact]);
  return [
    "| fact | |",
    "|---|---|",
    ...(bare.length === 0 ? [] : [`| ${bare.map((fact) => names[fact]).join(", ")} | sent |`]),
    ...[...byAnswer].map(([answer, list]) => `| ${list.join(", ")} | ${cell(answer)} |`),
  ];
}

function section(framework: Framework, seen: Seen | undefined): readonly string[] {
  const { id, title, language, evidence, convention, knownBy, cannotSee, read } = framework;
  const conventions = [...new Set([convention, ...(seen?.conventions ?? [])])];
  const kinds = kindOrder.filter((kind) => seen?.kinds.has(kind) === true);
  const proof =
    evidence === "source"
      ? "known from its source or documentation only"
      : seen === undefined
        ? "captured"
        : `captured: ${seen.captures.size} runs in ${code("fixtures/captures/")}`;
  return [
    `<a id="${id}"></a>`,
    "",
    `### ${title}`,
    "",
    `${language === "any" ? "Any language" : language}; ${proof}. Known by ${knownBy.map(testText).join("; or by ")}.`,
    "",
    `Read by the places of ${conventions.map((name) => `[${name}](#fields-${name})`).join(", ")}${kinds.length === 0 ? "" : `, as ${kinds.map((kind) => kindNames[kind] ?? kind).join(", ")}`}${read.length === 0 ? "." : ":"}`,
    "",
    ...(read.length === 0 ? [] : [...read.map((line) => `- ${line}`), ""]),
    ...settingRows(framework),
    "",
    ...(cannotSee.length === 0 ? [] : [`Cannot be seen: ${cannotSee.join("; ")}.`, ""]),
  ];
}

function placeText(place: Place): string {
  switch (place.in) {
    case "attr":
      return code(place.key);
    case "json":
      return `${code(place.key)} → ${code(place.path.join("."))}`;
    case "flat":
      return code(`${place.key}.N.*`);
    case "event":
    case "eventFlat":
      return `event ${code(place.event.source)} → ${code(place.key)}`;
    case "match":
      return `in the text of ${code(place.key)}`;
    case "name":
      return `the span's name, ${code(place.pattern.source)}`;
    case "resource":
      return `resource ${code(place.key)}`;
  }
}

/** `modelAnswered` as people say it: `model answered`. */
function spoken(field: string): string {
  return field
    .replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace("llm ", "model call ");
}

function fieldSections(): readonly string[] {
  const byConvention = new Map<Convention, [string, string[]][]>();
  const fields: readonly [string, readonly Place[]][] = Object.entries({
    ...identity,
    ...model,
    ...work,
  });
  for (const [field, places] of fields) {
    for (const place of places) {
      const rows = byConvention.get(place.convention) ?? [];
      byConvention.set(place.convention, rows);
      const row = rows.find(([name]) => name === field);
      if (row === undefined) rows.push([field, [placeText(place)]]);
      else row[1].push(placeText(place));
    }
  }
  return [...byConvention]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([convention, rows]) => [
      `<a id="fields-${convention}"></a>`,
      "",
      `### ${convention}`,
      "",
      "| field | where it stands, in this order |",
      "|---|---|",
      ...rows.map(([field, places]) => `| ${spoken(field)} | ${places.join("<br>")} |`),
      "",
    ]);
}

/** Conventions without places of their own: what they send stands where another convention has it. */
function borrowed(all: readonly Framework[]): readonly string[] {
  const own = new Set(
    Object.values({ ...identity, ...model, ...work }).flatMap((places: readonly Place[]) =>
      places.map((place) => place.convention),
    ),
  );
  return [...new Set(all.map(({ convention }) => convention))]
    .filter((convention) => !own.has(convention))
    .toSorted()
    .flatMap((convention) => [
      `<a id="fields-${convention}"></a>`,
      "",
      `### ${convention}`,
      "",
      "No places of its own: its fields stand where [otel-genai](#fields-otel-genai) has them, its messages in span events, log records or an attribute of messages.",
      "",
    ]);
}

/** The made part of `docs/frameworks.md`: each framework's section, then the places of the fields by convention. */
export function frameworksPage(): string {
  const seen = seenInCaptures();
  const all = families.flatMap(([, list]) => list);
  const index = families.flatMap(([family, list]) => [
    `| **${family}** | | |`,
    ...list.map(
      ({ id, title, language, evidence }) =>
        `| [${title}](#${id}) | ${language === "any" ? "" : language} | ${evidence === "captured" ? "captured" : "documentation"} |`,
    ),
  ]);
  return [
    "",
    "| framework | language | evidence |",
    "|---|---|---|",
    ...index,
    "",
    ...families.flatMap(([family, list]) => [
      `## ${family}`,
      "",
      ...list.flatMap((framework) => section(framework, seen.get(framework.id))),
    ]),
    "## Where each field stands, by convention",
    "",
    "A field is taken from the first place that holds it, whichever convention that is of; a placeholder for hidden content counts as nothing.",
    "",
    ...fieldSections(),
    ...borrowed(all),
  ]
    .join("\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trimEnd()
    .concat("\n");
}
