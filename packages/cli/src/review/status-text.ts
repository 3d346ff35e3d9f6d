import { z } from "zod";
import { count, counted, OperatorError, table } from "../output.ts";

const Share = z.object({
  count: z.number(),
  of: z.number(),
  interval: z.tuple([z.number(), z.number()]),
});
const Agreement = z.object({ runs: z.number(), precision: Share, recall: Share });
const Requirement = z.object({
  what: z.string(),
  have: z.string(),
  needed: z.string(),
  met: z.boolean(),
});

/** `GET /api/review`, as far as it is shown. */
const Status = z.object({
  runs: z.number(),
  annotations: z.number(),
  batches: z.array(
    z.object({
      id: z.string(),
      at: z.string(),
      by: z.string(),
      workflow: z.string(),
      environment: z.string(),
      runs: z.number(),
      read: z.record(z.string(), z.number()),
    }),
  ),
  codes: z.array(z.object({ code: z.string(), runs: z.number() })),
  saturation: z.object({
    runs: z.number(),
    codes: z.number(),
    newPerTen: z.array(z.number()),
    nextIsNew: z.number().nullable(),
    saturated: z.boolean(),
  }),
  kappas: z.array(
    z.object({
      reviewers: z.tuple([z.string(), z.string()]),
      runs: z.number(),
      agreed: z.number(),
      kappa: z.number().nullable(),
      interval: z.tuple([z.number(), z.number()]).nullable(),
      tooFew: z.boolean(),
    }),
  ),
  failureRate: z.object({ bad: Share, unsure: z.number(), unread: z.number() }),
  signals: z.object({ drawn: Agreement, all: Agreement }),
  readiness: z.object({
    requirements: z.array(Requirement),
    ready: z.boolean(),
    modes: z.array(
      z.object({
        mode: z.object({ id: z.string(), name: z.string() }),
        bad: z.number(),
        enough: z.boolean(),
      }),
    ),
    automation: z.object({ ready: z.boolean(), requirements: z.array(Requirement) }),
  }),
});
type Status = z.infer<typeof Status>;

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function shareText({ count: found, of, interval: [low, high] }: z.infer<typeof Share>): string {
  if (of === 0) return "– (none)";
  return `${percent(found / of)} [${percent(low)}, ${percent(high)}] (${found} of ${of})`;
}

function agreementText({ runs, precision, recall }: z.infer<typeof Agreement>): string {
  if (runs === 0) return "– (none read)";
  return `precision ${shareText(precision)} · recall ${shareText(recall)}`;
}

function kappaText(one: Status["kappas"][number]): string {
  const who = one.reviewers.join(" and ");
  const agreed = `the same on ${percent(one.agreed)} of ${counted(one.runs, "run")}`;
  if (one.kappa === null || one.interval === null) return `${who}: ${agreed}, kappa has no answer`;
  const [low, high] = one.interval.map((bound) => bound.toFixed(2));
  const few = one.tooFew ? ", too few runs to tell" : "";
  return `${who}: kappa ${one.kappa.toFixed(2)} [${low}, ${high}]${few} · ${agreed}`;
}

function requirementLines(list: readonly z.infer<typeof Requirement>[]): readonly string[] {
  return list.map(
    ({ what, have, needed, met }) => `  ${met ? "✓" : "·"} ${what}: ${have} (needed: ${needed})`,
  );
}

function batchTable(batches: Status["batches"]): string {
  return table(
    [
      { name: "batch" },
      { name: "made" },
      { name: "workflow" },
      { name: "environment" },
      { name: "runs", align: "right" },
      { name: "read" },
    ],
    batches.map(({ id, at, workflow, environment, runs, read }) => [
      id,
      at.slice(0, 16).replace("T", " "),
      workflow,
      environment,
      count(runs),
      Object.entries(read)
        .map(([who, number]) => `${who} ${number}`)
        .join(", ") || "nobody yet",
    ]),
  );
}

function saturationText({ saturation }: Status): string {
  const { newPerTen, codes, runs, saturated, nextIsNew } = saturation;
  const series = newPerTen.length === 0 ? "ten runs are not read yet" : newPerTen.join(" ");
  const next = nextIsNew === null ? "" : ` · about ${percent(nextIsNew)} of the next codes are new`;
  const verdict = saturated ? "saturated: reading more finds nothing new" : "not saturated";
  return `${counted(codes, "code")} in ${counted(runs, "run")} · new per ten runs: ${series} · ${verdict}${next}`;
}

/**
 * Progress, saturation, agreement and readiness, for people.
 *
 * @throws OperatorError  if the server's status is not as this version knows it
 */
export function statusText(answer: unknown): string {
  const parsed = Status.safeParse(answer);
  if (!parsed.success) {
    throw new OperatorError(
      "the server's review status is not as this version knows it: is it of another version?",
    );
  }
  const status = parsed.data;
  const { failureRate, signals, readiness } = status;
  const { bad, unsure, unread } = failureRate;
  const modes = readiness.modes.map(
    ({ mode, bad: runs, enough }) =>
      `  ${enough ? "✓" : "·"} ${mode.name}: ${runs} bad (${mode.id})`,
  );
  return [
    `${counted(status.runs, "run")} read, ${counted(status.annotations, "annotation")}`,
    "",
    ...(status.batches.length === 0 ? ["no batch yet"] : [batchTable(status.batches)]),
    "",
    `saturation  ${saturationText(status)}`,
    ...status.codes.slice(0, 10).map(({ code, runs }) => `  ${code} (${runs})`),
    `agreement   ${status.kappas.map(kappaText).join("; ") || "no run was read by two people"}`,
    `bad runs    ${shareText(bad)} of the runs drawn at random; ${unsure} unsure, ${unread} not read yet`,
    `the rule    on runs drawn at random: ${agreementText(signals.drawn)}`,
    `            on all that were read:   ${agreementText(signals.all)}`,
    "modes",
    ...(modes.length === 0 ? ["  none named yet"] : modes),
    `ready for eval cases: ${readiness.ready ? "yes" : "not yet"}`,
    ...requirementLines(readiness.requirements),
    `ready to automate grouping: ${readiness.automation.ready ? "yes" : "not yet"}`,
    ...requirementLines(readiness.automation.requirements),
  ].join("\n");
}
