import type { Command } from "commander";
import { z } from "zod";
import { requestJson, serverUrl } from "../api.ts";
import { count, counted, OperatorError, plain, printJson, printLine } from "../output.ts";
import { missingText, watchText } from "../report.ts";

const signals = ["grounded", "fallback", "confidence", "downstream_ok"] as const;

const Forward = z.object({
  name: z.string(),
  sent: z.number(),
  rejected: z.number(),
  refused: z.number(),
  dropped: z.number(),
  waitingRecords: z.number(),
  waitingBytes: z.number(),
  retries: z.number(),
  lastSuccessMs: z.number().nullable(),
  trouble: z.string().nullable(),
  lastRejected: z.string().nullable(),
  lastRefused: z.string().nullable(),
  lastDropped: z.string().nullable(),
});
type Forward = z.infer<typeof Forward>;

const Status = z.object({
  version: z.string(),
  received: z.number(),
  accepted: z.number(),
  rejected: z.record(z.string(), z.number()),
  unreadable: z.number(),
  tooLarge: z.number(),
  refusedOverload: z.number(),
  refusedStore: z.number(),
  truncated: z.number(),
  duplicates: z.number(),
  late: z.number(),
  unmapped: z.record(z.string(), z.number()),
  metricsDropped: z.number(),
  failures: z.number(),
  pendingBytes: z.number(),
  openTraces: z.number(),
  oldestUnsettledAgeMs: z.number().nullable(),
  spans: z.number(),
  runs: z.number(),
  forward: z.array(Forward),
  loopsClosed: z.object({ closed: z.number(), of: z.number() }),
  warnings: z.array(z.string()),
});

const Point = z.object({ measured: z.number(), good: z.number() });
const Workflow = z.object({
  name: z.string(),
  environment: z.string(),
  runs: z.number(),
  failedRuns: z.number(),
  state: z.enum(["learning", "provisional", "active"]),
  drifts: z.array(z.object({ signal: z.enum(signals), open: z.boolean() })),
  missing: z.object({ runs: z.number(), days: z.number() }).nullish(),
  streams: z.array(z.object({ state: z.string(), falseAlarmRate: z.number() })).default([]),
  daily: z.record(z.enum(signals), z.array(Point)),
});
type Workflow = z.infer<typeof Workflow>;

const Overview = z.object({
  workflows: z.array(Workflow),
  clusters: z.array(z.object({ id: z.string(), state: z.string(), size: z.number() })),
  status: Status,
});
type Overview = z.infer<typeof Overview>;

interface StatusOptions {
  readonly json?: boolean;
  readonly url?: string;
}

export function register(program: Command): void {
  program
    .command("status")
    .description("how each workflow behaves, what was received, which loops are closed")
    .option("--json", "print {workflows, clusters, changes, status}")
    .option("--url <url>", "the server (default: ROOTWARD_URL or http://127.0.0.1:4318)")
    .action(async (options: StatusOptions) => {
      const url = serverUrl(options.url);
      const answer = await requestJson(url, "/api/overview");
      if (options.json === true) {
        printJson(answer);
        return;
      }
      const parsed = Overview.safeParse(answer);
      if (!parsed.success) {
        throw new OperatorError(
          `${url} answered as no server of this version does: another version?`,
        );
      }
      for (const line of statusLines(parsed.data)) printLine(line);
    });
}

/** The status for people: a line per workflow, one for what came in, one for the loops, one per endpoint that gets spans. */
export function statusLines({ workflows, clusters, status }: Overview): readonly string[] {
  const names = workflows.map(({ name, environment }) => plain(`${name} · ${environment}`));
  const width = Math.max(0, ...names.map((name) => name.length));
  const lines = workflows.map(
    (workflow, index) => `${(names[index] ?? "").padEnd(width)}   ${workflowText(workflow)}`,
  );
  if (workflows.length === 0) lines.push("No runs yet. Send OTLP to this server: POST /v1/traces");
  const watched = watchText(workflows.flatMap(({ streams }) => streams));
  const drifts = watched === "" ? [] : [`watched  ${watched}`];
  return [
    ...lines,
    "",
    ...drifts,
    `ingest   ${ingestText(status)}`,
    `waiting  ${waitingText(status)}`,
    ...troubleTexts(status),
    `loops    ${loopsText(clusters, status)}`,
    ...status.forward.map((endpoint) => `forward  ${forwardText(endpoint)}`),
    ...status.warnings.map((warning) => `warning  ${plain(warning)}`),
  ];
}

const stateTexts = {
  learning: "learning   ",
  provisional: "provisional",
  active: "active     ",
} as const;

function workflowText(workflow: Workflow): string {
  const runs = `${count(workflow.runs)} runs`.padStart(11);
  const failed = `${count(workflow.failedRuns)} failed`.padStart(11);
  const missing = workflow.missing ? ` · ${missingText(workflow.missing)}` : "";
  const readings = signals.map((signal) => `${signal} ${signalText(workflow, signal)}`.padEnd(24));
  return (
    `${stateTexts[workflow.state]} ${runs} ${failed}   ${readings.join("")}`.trimEnd() + missing
  );
}

/** Whether it drifts and the share of measured runs that behaved, or a dash where nothing is measured. */
function signalText(workflow: Workflow, signal: (typeof signals)[number]): string {
  const points = workflow.daily[signal];
  const measured = points.reduce((sum, point) => sum + point.measured, 0);
  if (measured === 0) return "–";
  const good = points.reduce((sum, point) => sum + point.good, 0);
  const drifts = workflow.drifts.some((drift) => drift.open && drift.signal === signal);
  return `${drifts ? "drift" : "ok"} ${((100 * good) / measured).toFixed(0)} %`;
}

function ingestText(status: Overview["status"]): string {
  const reasons = Object.entries(status.rejected);
  const rejected = reasons.reduce((sum, [, number]) => sum + number, 0);
  const why = reasons.map(([reason, number]) => `${count(number)} ${plain(reason)}`).join(", ");
  const parts = [
    `received ${count(status.received)}`,
    `accepted ${count(status.accepted)}`,
    `rejected ${count(rejected)}${why === "" ? "" : ` (${why})`}`,
    `duplicate ${count(status.duplicates)}`,
    `late ${count(status.late)}`,
    `stored ${count(status.spans)} spans, ${count(status.runs)} runs`,
  ];
  return parts.join(" · ");
}

function waitingText({
  openTraces,
  oldestUnsettledAgeMs,
  pendingBytes,
}: Overview["status"]): string {
  const age =
    oldestUnsettledAgeMs === null
      ? ""
      : `, the oldest ${Math.ceil(oldestUnsettledAgeMs / 1_000)} s old`;
  return `open traces ${count(openTraces)}${age} · ${count(pendingBytes)} bytes to be inserted`;
}

const namesShown = 5;

/** What was not kept, cut or not understood: no line where there is nothing of it. */
function troubleTexts(status: Overview["status"]): readonly string[] {
  const refused = [
    [status.refusedOverload, "for overload"],
    [status.refusedStore, "by the store"],
    [status.unreadable, "unreadable"],
    [status.tooLarge, "too large"],
  ] as const;
  const unmapped = Object.entries(status.unmapped).toSorted((a, b) => b[1] - a[1]);
  const names = unmapped
    .slice(0, namesShown)
    .map(([name, number]) => `${plain(name)} ${count(number)}`);
  const more = unmapped.length - names.length;
  const lines = [
    [
      "refused ",
      refused
        .filter(([number]) => number > 0)
        .map(([number, why]) => `${counted(number, "request")} ${why}`),
    ],
    ["cut     ", status.truncated === 0 ? [] : [counted(status.truncated, "attribute")]],
    [
      "dropped ",
      status.metricsDropped === 0
        ? []
        : [`${counted(status.metricsDropped, "request")} with metrics`],
    ],
    [
      "errors  ",
      status.failures === 0 ? [] : [`${count(status.failures)} in the server; see its log`],
    ],
    ["unread  ", more > 0 ? [...names, `and ${counted(more, "other attribute")}`] : names],
  ] as const;
  return lines
    .filter(([, parts]) => parts.length > 0)
    .map(([name, parts]) => `${name} ${parts.join(" · ")}`);
}

/** What went to one endpoint, and what went wrong on the way. */
function forwardText(endpoint: Forward): string {
  const { waitingRecords, waitingBytes, retries, lastSuccessMs, trouble } = endpoint;
  const lost = (what: "rejected" | "refused" | "dropped", why: string | null): string =>
    `${what} ${count(endpoint[what])}${why === null ? "" : ` (${plain(why)})`}`;
  const last = lastSuccessMs === null ? "never" : new Date(lastSuccessMs).toISOString();
  const parts = [
    `${plain(endpoint.name)}: sent ${count(endpoint.sent)}`,
    `waiting ${count(waitingRecords)}, ${count(waitingBytes)} bytes`,
    `retries ${count(retries)}${trouble === null ? "" : ` (${plain(trouble)})`}`,
    lost("rejected", endpoint.lastRejected),
    lost("refused", endpoint.lastRefused),
    lost("dropped", endpoint.lastDropped),
    `last success ${last}`,
  ];
  return parts.join(" · ");
}

function loopsText(clusters: Overview["clusters"], { loopsClosed }: Overview["status"]): string {
  const states = new Map<string, number>();
  for (const { state } of clusters) states.set(state, (states.get(state) ?? 0) + 1);
  const list = [...states].map(([state, number]) => `${number} ${state.replaceAll("_", " ")}`);
  const detail = list.length === 0 ? "" : `: ${list.join(", ")}`;
  return `${loopsClosed.closed} of ${loopsClosed.of} closed · ${counted(clusters.length, "cluster")}${detail}`;
}
