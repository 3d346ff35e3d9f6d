import { plain, table } from "./output.ts";
import { head, shortTime, wrap } from "./report.ts";
import type { ShownDiagnosed, ShownFinding, ShownRun } from "./shown-run.ts";

/** The page of one run: whether it failed, its origin and how sure that is, its trail, its steps with their numbers, the next command. */
export function runPage(run: ShownRun): string {
  const { digest, diagnosed } = run;
  const failed = run.standing?.failed ?? digest.failed;
  const seconds = ((digest.endedMs - digest.startedMs) / 1000).toFixed(1);
  return [
    `run ${digest.id}`,
    wrap(
      head(""),
      `${digest.workflow} · ${digest.environment} · ${shortTime(digest.startedMs)} · ${seconds} s`,
    ),
    wrap(head("failed"), failed.length === 0 ? "no" : failed.join(", ")),
    ...(diagnosed === null ? [] : diagnosedPart(diagnosed)),
    "",
    stepsPart(run),
    "",
    ...nextPart(run),
  ].join("\n");
}

function diagnosedPart(diagnosed: ShownDiagnosed): readonly string[] {
  const { cluster, finding } = diagnosed;
  return [
    wrap(head("cluster"), cluster),
    ...originPart(diagnosed),
    ...suspectsPart(finding),
    ...trailPart(diagnosed),
  ];
}

/** `step 3 find_rules · suspected (empty_retrieval: 0 documents)`, with who confirmed it, and what else a person should know. */
export function originPart(diagnosed: ShownDiagnosed): readonly string[] {
  const { origin, finding, deviations } = diagnosed;
  const { confirmed, remark, onPath } = finding;
  const deviation = deviations.find(
    ({ seq, strength }) => seq === origin?.step && (strength !== "weak" || deviations.length === 1),
  );
  const why =
    finding.method === "deviation" && deviation ? ` (${deviation.name}: ${deviation.seen})` : "";
  const where = origin === null ? "not named" : `step ${origin.step} ${placeOf(origin)}`;
  return [
    wrap(
      head("origin"),
      `${where} · ${finding.standing === "none" ? "abstains" : finding.standing}${why}`,
    ),
    ...(confirmed === null ? [] : [wrap(head(""), confirmedText(confirmed))]),
    ...(remark === null ? [] : [wrap(head(""), remark)]),
    ...(onPath === null
      ? []
      : [
          wrap(
            head(""),
            `nothing proves that it led to the failure; on the proven way the first is step ${onPath.step} ${placeOf(onPath)}`,
          ),
        ]),
  ];
}

function placeOf({ agent, tool, kind }: NonNullable<ShownDiagnosed["origin"]>): string {
  return tool ?? (agent === null ? kind : `${agent}: ${kind === "llm" ? "model call" : kind}`);
}

/** `confirmed by Ada, 14 Nov 06:10: the index was empty`. */
function confirmedText({ by, note, atMs }: NonNullable<ShownFinding["confirmed"]>): string {
  return `confirmed by ${by ?? "somebody"}, ${shortTime(atMs)}${note === null ? "" : `: ${note}`}`;
}

function percentOf(share: number | null): readonly string[] {
  return share === null ? [] : [`${Math.round(share * 100)} %`];
}

function reasonsOf(reasons: readonly string[]): readonly string[] {
  return reasons.length === 0 ? [] : [reasons.join("; ")];
}

function suspectsPart({ suspects }: ShownFinding): readonly string[] {
  return suspects.map(({ origin, name, share, reasons }, index) =>
    wrap(
      head(index === 0 ? "suspects" : ""),
      `${index + 1}. ${[`step ${origin.step} ${name}`, ...percentOf(share), ...reasonsOf(reasons)].join(" · ")}`,
    ),
  );
}

function trailPart({ trail }: ShownDiagnosed): readonly string[] {
  if (trail === null) return [];
  const hops = trail.hops.map(({ seq, name, proof, text, border }) => {
    const quoted = text === null ? proof : `${proof}: "${text}"`;
    const told =
      border === undefined
        ? ""
        : `; ${border.from} → ${border.to}: contract ${border.contract}${border.seen === null ? "" : `, ${border.seen}`}`;
    return `step ${seq} ${name} (${quoted}${told})`;
  });
  return [wrap(head("trail"), [trail.failingName, ...hops].join(" ◂ "))];
}

function stepsPart({ digest, diagnosed }: ShownRun): string {
  const origin = diagnosed?.origin ?? null;
  const rejected = new Set(diagnosed?.finding.rejected);
  const rows = digest.steps
    .filter(({ kind }) => kind !== "agent")
    .map(({ seq, spanId, kind, name, agent, outcome, error }) => [
      String(seq),
      kind,
      agent ?? "",
      name.slice(0, 40),
      error === null ? outcome : `${outcome}: ${error.text}`.slice(0, 60),
      seq === origin?.step ? "← origin" : rejected.has(spanId) ? "rejected" : "",
    ]);
  return table(
    [
      { name: "step", align: "right" },
      { name: "kind" },
      { name: "agent" },
      { name: "name" },
      { name: "outcome" },
      { name: "" },
    ],
    rows,
  );
}

function nextPart({ digest, diagnosed }: ShownRun): readonly string[] {
  if (diagnosed === null) return [];
  const { origin, finding } = diagnosed;
  const [first] = finding.suspects;
  const step = origin?.step ?? first?.origin.step;
  if (finding.standing === "confirmed") return [`Next: rootward show ${plain(diagnosed.cluster)}`];
  if (step === undefined) return [`Next: rootward confirm ${digest.id} STEP`];
  return [`Next: rootward confirm ${digest.id} ${step}, or rootward reject ${digest.id} ${step}`];
}
