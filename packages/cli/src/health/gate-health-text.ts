import { counted, plain, table } from "../output.ts";
import type { GateHealth } from "./gate-health.ts";

function block(title: string, lines: readonly string[]): string {
  return [title, ...lines.flatMap((line) => line.split("\n")).map((line) => `  ${line}`)].join(
    "\n",
  );
}

function rows(cells: readonly (readonly string[])[]): readonly string[] {
  const width = cells[0]?.length ?? 0;
  const columns = Array.from({ length: width }, () => ({ name: "" }));
  return table(columns, cells).split("\n").slice(1);
}

function configBlock({ configFile, config }: GateHealth): string {
  const file = configFile ?? "no rootward.yaml was found: defaults hold";
  return block(
    `Configuration  ${file}`,
    rows(config.map(({ key, value, from }) => [key, value.slice(0, 60), from])),
  );
}

function storeBlock({ dir, cases, base, problems, warnings }: GateHealth): string {
  const lines = cases.map(({ severity, active, draft, retired, unproven }) => {
    const proof = unproven > 0 ? ` (${unproven} unproven)` : "";
    return `${severity}  ${active} active${proof} · ${draft} draft · ${retired} retired`;
  });
  const against = base === null ? "nothing: no merge base was found" : base.slice(0, 12);
  return block(`Cases  ${dir}`, [
    ...lines,
    `compared with ${against}`,
    ...problems.map((text) => `✗ ${text}`),
    ...warnings.map((text) => `! ${text}`),
  ]);
}

function ownersBlock({ owners: { file, paths } }: GateHealth): string {
  const open = paths.filter(({ owners }) => owners.length === 0).map(({ path }) => path);
  if (file === null) return block("Code owners", ["✗ no CODEOWNERS: rootward init --owner @team"]);
  return block(`Code owners  ${file}`, [
    open.length === 0
      ? "✓ everything that the gate decides with has an owner"
      : `✗ nobody owns ${open.join(", ")}: rootward init --owner @team`,
    "that their review is required is a setting of the forge, which is not looked at here",
  ]);
}

function overridesBlock({ overrides }: GateHealth): string {
  if (overrides.length === 0) return block("Overrides", ["none"]);
  return block(
    "Overrides",
    rows(
      overrides.map(({ id, case: of, severity, kind, expires, stale, expiresSoon }) => [
        stale !== null ? "✗" : expiresSoon ? "!" : "✓",
        id,
        `${severity} ${of}`,
        kind,
        `until ${expires}`,
        stale ?? (expiresSoon ? "expires soon" : "living"),
      ]),
    ),
  );
}

function recordingsBlock({ recordings }: GateHealth): readonly string[] {
  if (recordings.length === 0) return [];
  const old = recordings.filter(({ isOld }) => isOld);
  const oldest = recordings.toSorted((a, b) => b.days - a.days)[0];
  return [
    block("Recordings", [
      `${counted(recordings.length, "case")} with recordings${oldest ? `, the oldest ${oldest.days} days old (${oldest.case})` : ""}`,
      ...old.map(({ case: of, days }) => `✗ ${of}: ${days} days old: record it anew`),
    ]),
  ];
}

function judgesBlock({ judges }: GateHealth): readonly string[] {
  if (judges.length === 0) return [];
  const lines = judges.map(({ rubric, labels, calibratedOn, days }) => {
    const when =
      calibratedOn === null
        ? "never calibrated: what it passes is unproven (rootward cases calibrate)"
        : `calibrated ${days} days ago (${calibratedOn})`;
    return [calibratedOn === null ? "✗" : "✓", rubric, counted(labels, "label"), when];
  });
  return [block("Judges", rows(lines))];
}

function trialsBlock({ trials }: GateHealth): string {
  if (trials.length === 0)
    return block("Trials so far", [
      "none is kept of a candidate with an identity: rootward gate keeps them",
    ]);
  return block(
    "Trials so far",
    rows(
      trials.map(({ severity, case: of, n, fail, upperFailureRate }) => [
        severity,
        of,
        `${n - fail} of ${n} held`,
        `could still fail up to ${Math.round(upperFailureRate * 100)} % of the time`,
      ]),
    ),
  );
}

/** What a person reads of the gate: what is in force, what is wrong, what is about to run out. */
export function gateHealthText(health: GateHealth): string {
  return [
    configBlock(health),
    storeBlock(health),
    ownersBlock(health),
    overridesBlock(health),
    ...recordingsBlock(health),
    ...judgesBlock(health),
    trialsBlock(health),
  ]
    .map((text) =>
      text
        .split("\n")
        .map((line) => plain(line).trimEnd())
        .join("\n"),
    )
    .join("\n\n");
}
