import { policy } from "@rootward/pipeline/model/policy";
import { count, counted, plain, table } from "./output.ts";
import { sizeOf } from "./shown.ts";
import type { ShownCause, ShownCluster } from "./shown.ts";

const widest = 100;
const indent = 13;
const marks = { matches: "✓", contradicts: "✗", not_run: "·" } as const;
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `14 Nov 06:10`, UTC. */
export function shortTime(atMs: number): string {
  const time = new Date(atMs);
  return `${time.getUTCDate()} ${months[time.getUTCMonth()]} ${time.toISOString().slice(11, 16)}`;
}

/** `needs 37 more runs and 3 more days`: what a baseline lacks. */
export function missingText(
  missing: { readonly runs: number; readonly days: number } | null,
): string {
  const parts = [
    ...(missing && missing.runs > 0 ? [counted(missing.runs, "more run")] : []),
    ...(missing && missing.days > 0 ? [counted(missing.days, "more day")] : []),
  ];
  return parts.length > 0 ? `needs ${parts.join(" and ")}` : "none yet";
}

/** False alarms that the streams raise in a quarter without a change, all together. */
export function falseAlarmsOf(streams: readonly { readonly falseAlarmRate: number }[]): number {
  return streams.reduce((sum, { falseAlarmRate }) => sum + falseAlarmRate, 0);
}

/** What is watched for drifts and how often that is wrong, in one line; "" where nothing is watched. */
export function watchText(
  streams: readonly { readonly state: string; readonly falseAlarmRate: number }[],
): string {
  const watched = streams.filter(({ state }) => state === "watched");
  if (watched.length === 0) return "";
  const expected = falseAlarmsOf(watched).toFixed(2);
  return `${counted(watched.length, "stream")} for drifts · ${expected} false alarms expected a quarter, all together`;
}

/** `±5 h`, `±40 min`: half the width of an interval, rounded for a person. */
export function plusMinus(ms: number): string {
  const hours = ms / 3_600_000;
  if (hours >= 48) return `±${Math.round(hours / 24)} d`;
  return hours >= 1 ? `±${Math.round(hours)} h` : `±${Math.max(1, Math.round(hours * 60))} min`;
}

/** A cause's name for people: `retrieval drift`. */
function causeWords(cause: string): string {
  return cause.replaceAll("_", " ");
}

/** `G··D`: which of grounded, fallback, downstream_ok and error members fail by. */
function letters(failing: Readonly<Record<string, number>>): string {
  const order = [
    ["grounded", "G"],
    ["fallback", "F"],
    ["downstream_ok", "D"],
    ["error", "E"],
  ] as const;
  return order.map(([name, letter]) => ((failing[name] ?? 0) >= 0.5 ? letter : "·")).join("");
}

/** `retrieval drift (attributed)`, or `unknown`. */
function tellCause({ cause, verdict }: ShownCause): string {
  return cause === "unknown" ? "unknown" : `${causeWords(cause)} (${verdict})`;
}

function shorten(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** Text in lines of at most 100 columns; the first follows `head`, the rest are set in. */
export function wrap(head: string, text: string): string {
  const lines: string[] = [];
  let line = head;
  let empty = true;
  for (const word of plain(text)
    .split(" ")
    .filter((part) => part !== "")) {
    for (const part of pieces(word, widest - indent)) {
      if (!empty && line.length + 1 + part.length > widest) {
        lines.push(line);
        line = " ".repeat(indent);
        empty = true;
      }
      line += empty ? part : ` ${part}`;
      empty = false;
    }
  }
  return [...lines, line].join("\n");
}

function pieces(word: string, size: number): readonly string[] {
  return word.length <= size ? [word] : (word.match(new RegExp(`.{1,${size}}`, "gsu")) ?? []);
}

/** A label as the first column of a page. */
export function head(label: string): string {
  return label.padEnd(indent);
}

/** `retrieval drift · attributed · 5 match · 0 contradict · 1 not run`. */
export function causeLine(cause: ShownCause): string {
  const counts = `${cause.match} match · ${cause.contradict} contradict · ${cause.notRun} not run`;
  return `${causeWords(cause.cause)} · ${cause.verdict} · ${counts}`;
}

/** The page of one cluster: sentence, cause with its checks, the others, first step with material, trail, members, next command. */
export function clusterPage(cluster: ShownCluster, options: { readonly members: boolean }): string {
  const [first, ...others] = cluster.attribution.causes;
  return [
    ...sentence(cluster),
    "",
    ...(first ? causePart(first, others) : []),
    ...notThesePart(cluster),
    ...commonPart(cluster),
    ...differencesPart(cluster),
    ...varyingPart(cluster),
    ...modesPart(cluster),
    ...lifePart(cluster),
    "",
    ...(first ? firstStepPart(first) : []),
    trailPart(cluster),
    ...membersPart(cluster, options.members),
    "",
    "Next: " + nextOf(cluster),
  ].join("\n");
}

function nextOf({ id, state }: ShownCluster): string {
  if (state === "guarded") return "rootward gate";
  return state === "closed_without_eval" ? "nothing: it is closed" : `rootward cases add ${id}`;
}

function sentence(cluster: ShownCluster): readonly string[] {
  const size = sizeOf(cluster);
  const { onsetMs, onsetPlusMinusMs } = cluster.attribution;
  const since =
    onsetMs === null
      ? `${shortTime(cluster.firstMs)} → ${shortTime(cluster.lastMs)}`
      : `since ${shortTime(onsetMs)} ${plusMinus(onsetPlusMinusMs ?? 0)}, last ${shortTime(cluster.lastMs)}`;
  const provisional = cluster.provisional
    ? ` · provisional: ${cluster.provisionalWhy ?? "fewer than 20 failures a week"}`
    : "";
  return [
    wrap(`${cluster.id} · ${letters(cluster.failing)} · `, cluster.title),
    wrap(
      "",
      `${counted(size, "run")} (${cluster.environment}) · ${since} · state: ${cluster.state}${provisional}`,
    ),
  ];
}

function causePart(first: ShownCause, others: readonly ShownCause[]): readonly string[] {
  const change = first.change
    ? [
        wrap(
          head(""),
          `change: ${first.change.title}, ${shortTime(first.change.atMs)} (${first.change.origin === "spans" ? "derived from spans" : "told"})`,
        ),
      ]
    : [];
  const checks = first.checks.map((check) =>
    wrap(`  ${marks[check.result]} `, `${check.asks}: ${check.seen}`),
  );
  const rest = others
    .filter((other) => other.cause !== "unknown")
    .slice(0, 3)
    .map(
      (other) => `${causeWords(other.cause)} ${other.match} match, ${other.contradict} contradict`,
    );
  return [
    wrap(head("cause"), causeLine(first)),
    ...change,
    ...checks,
    ...(rest.length > 0 ? [wrap(head("others"), rest.join(" · "))] : []),
  ];
}

function notThesePart({ attribution }: ShownCluster): readonly string[] {
  return attribution.notThese
    .slice(0, 4)
    .map(({ change, why }, index) =>
      wrap(
        head(index === 0 ? "not these" : ""),
        `${change.title}, ${shortTime(change.atMs)}: ${why}`,
      ),
    );
}

function differencesPart({ differences }: ShownCluster): readonly string[] {
  return differences
    .slice(0, 4)
    .map(({ feature, members, clean, lift, liftLow, liftHigh }, index) => {
      const times =
        lift === undefined || liftLow === undefined || liftHigh === undefined
          ? ""
          : ` · ${lift.toFixed(1)} times [${liftLow.toFixed(1)}, ${liftHigh.toFixed(1)}]`;
      return wrap(
        head(index === 0 ? "differs" : ""),
        `${feature}: ${members.count} of ${members.of} members, ${clean.count} of ${clean.of} clean runs${times}`,
      );
    });
}

/** What nearly all members show. */
function commonPart({ common = [] }: ShownCluster): readonly string[] {
  if (common.length === 0) return [];
  const told = common.slice(0, 6).map(({ feature, count, of }) => `${feature} (${count} of ${of})`);
  return [wrap(head("common"), told.join(" · "))];
}

/** What some members show and others do not. */
function varyingPart({ varying = [] }: ShownCluster): readonly string[] {
  if (varying.length === 0) return [];
  const told = varying.map(({ feature, count, of }) => `${feature} (${count} of ${of})`);
  return [wrap(head("among them"), told.join(" · "))];
}

/** Modes of MAST, with what speaks for them. */
function modesPart({ modes = [] }: ShownCluster): readonly string[] {
  return modes.map(({ id, name, certainty, members, evidence }, index) =>
    wrap(
      head(index === 0 ? "MAST" : ""),
      `${id} ${name} · ${certainty} · ${members.count} of ${members.of} members · ${evidence}`,
    ),
  );
}

/** How it came to its state, and which ids lead to it. */
function lifePart({ history = [], aliases = [] }: ShownCluster): readonly string[] {
  const told = history.map(({ state, atMs, why }) => `${state} ${shortTime(atMs)}: ${why}`);
  return [
    ...(told.length > 1 ? [wrap(head("life"), told.join(" · "))] : []),
    ...(aliases.length > 0 ? [wrap(head("merged"), aliases.join(", "))] : []),
  ];
}

function firstStepPart(cause: ShownCause): readonly string[] {
  const lines = [wrap(head("first step"), cause.firstStep)];
  for (const { title, before, after, rows } of cause.material) {
    lines.push(wrap(`  ${head("")}`.slice(0, indent), title));
    lines.push(...sideBySide(before, after));
    if (rows.length > 0) lines.push(...rowsOf(rows));
  }
  return lines;
}

/** Lines that only one side has, `-` before and `+` after; where none is shared, all of both, at most twelve of each. */
function sideBySide(before: string | null, after: string | null): readonly string[] {
  if (before === null && after === null) return [];
  const [old, now] = [(before ?? "").split("\n"), (after ?? "").split("\n")];
  const gone = old.filter((line) => line !== "" && !now.includes(line));
  const come = now.filter((line) => line !== "" && !old.includes(line));
  const shown = (mark: string, lines: readonly string[]): readonly string[] =>
    lines.slice(0, 12).map((line) => wrap(`${" ".repeat(indent)}${mark} `, line));
  return [...shown("-", gone), ...shown("+", come)];
}

/** Rows as a table within the width: the widest column gives way first. */
function rowsOf(rows: readonly (readonly string[])[]): readonly string[] {
  const [names = [], ...body] = rows;
  const natural = names.map((_, at) => Math.max(...rows.map((row) => (row[at] ?? "").length)));
  const widths = fitted(natural, widest - indent - 2 * Math.max(0, names.length - 1));
  const cut = (cell: string, at: number): string => {
    const most = widths[at] ?? 0;
    return shorten(cell, Math.max(1, most));
  };
  const text = table(
    names.map((name, at) => ({ name: cut(name, at) })),
    body.map((row) => row.map(cut)),
  );
  return text.split("\n").map((line) => " ".repeat(indent) + line);
}

function fitted(natural: readonly number[], room: number): readonly number[] {
  const widths = [...natural];
  for (let over = widths.reduce((sum, width) => sum + width, 0) - room; over > 0; over--) {
    const at = widths.indexOf(Math.max(...widths));
    widths[at] = (widths[at] ?? 1) - 1;
  }
  return widths;
}

function trailPart(cluster: ShownCluster): string {
  const { trail, origin } = cluster;
  if (!trail || !origin)
    return wrap(head("trail"), "nothing in the typical run speaks for any step");
  const hops = trail.hops.map(({ name, proof, text }) =>
    text === null ? `◂ ${name} (${proof})` : `◂ ${name} (${proof}: "${text}")`,
  );
  const end = trail.proven
    ? "first broken step"
    : "earliest step that deviates; a hop is known by order only";
  const said = standingText(cluster);
  return wrap(head("trail"), `${[trail.failingName, ...hops].join(" ")}   ← ${end} (${said})`);
}

/** `suspected`, until a person confirmed the origin of the typical run; with how many members were. */
function standingText(cluster: ShownCluster): string {
  const { originStanding = "suspected", confirmed = 0 } = cluster;
  if (confirmed === 0) return originStanding;
  return `${originStanding}; of ${counted(confirmed, "member")} of ${sizeOf(cluster)} an origin is confirmed`;
}

function membersPart(cluster: ShownCluster, all: boolean): readonly string[] {
  if (all) return [head("members"), ...cluster.members.map((id) => `  ${id}`)];
  const shown = [`${cluster.representative} (typical)`, ...cluster.diverse];
  return shown.map((id, index) => wrap(head(index === 0 ? "members" : ""), id));
}

/**
 * Clusters worth a row, largest first, and a sentence on what is left: clusters of one or two runs, and failed runs in which nothing
 * differs from clean ones, which is no finding.
 */
export function partOf<T extends ShownCluster>(
  clusters: readonly T[],
): readonly [shown: readonly T[], rest: string | null] {
  const least = policy("clusterShownFrom");
  const found = clusters.filter(({ signature }) => signature.component !== "");
  const small = found.filter((one) => sizeOf(one) < least);
  const unexplained = clusters
    .filter(({ signature }) => signature.component === "")
    .reduce((sum, one) => sum + sizeOf(one), 0);
  const rest = [
    ...(small.length > 0
      ? [`${count(small.length)} clusters of fewer than ${least} runs are not listed`]
      : []),
    ...(unexplained > 0
      ? [`${count(unexplained)} failed runs differ in nothing from clean runs`]
      : []),
  ];
  return [
    found.filter((one) => sizeOf(one) >= least).toSorted((a, b) => sizeOf(b) - sizeOf(a)),
    rest.length > 0 ? `${rest.join("; ")}.` : null,
  ];
}

/** What a list says of a state; nothing while a cluster waits for a decision. */
const stateMarks: Readonly<Record<string, string>> = {
  guarded: "guarded",
  closed_without_eval: "closed",
  resolved: "resolved",
  regressed: "regressed",
};

/** Clusters as a table, largest first, with the first cause of each, and their states where one waits for no decision any more. */
export function clusterTable(clusters: readonly ShownCluster[]): string {
  const tellsState = clusters.some(({ state }) => state in stateMarks);
  const rows = clusters.map((cluster) => {
    const [first] = cluster.attribution.causes;
    return [
      cluster.id,
      letters(cluster.failing),
      count(sizeOf(cluster)),
      ...(tellsState ? [stateMarks[cluster.state] ?? ""] : []),
      shorten(cluster.title, tellsState ? 38 : 42),
      first ? tellCause(first) : "",
    ];
  });
  return table(
    [
      { name: "cluster" },
      { name: "fails" },
      { name: "runs", align: "right" },
      ...(tellsState ? [{ name: "state" }] : []),
      { name: "what" },
      { name: "cause" },
    ],
    rows,
  );
}
