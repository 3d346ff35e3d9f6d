import { policy } from "@rootward/pipeline/model/policy";
import { signalNames } from "@rootward/pipeline/model/signal";
import type { WorkflowDiagnosis } from "@rootward/pipeline/model/baseline";
import type { SignalName } from "@rootward/pipeline/model/signal";
import type { Answer, Overview, ShownCluster, Status } from "../api.ts";
import { count, counted, momentOf, percent } from "../format.ts";
import { useKeys, useRows } from "../keys.ts";
import { Keys, Moment, Section, Sentence, Waiting } from "../parts/bits.tsx";
import { Fingerprint, SignalMark, marksOfMembers } from "../parts/fingerprint.tsx";
import { chartFacts } from "../parts/chart-facts.ts";
import { ChartTable } from "../parts/chart-table.tsx";
import { SignalChart } from "../parts/signal-chart.tsx";
import { Needs } from "../parts/needs.tsx";
import { WorkflowTable, keyOf } from "../parts/workflow-table.tsx";
import { Link, setSearch, usePage, useUrl } from "../router.tsx";
import { openDrift } from "../series.ts";
import { inUrgency, isFinding, isOpen, overviewSentence } from "../story.ts";
import { signalWords, stateWords } from "../words.ts";
import { FirstSpan } from "./first-span.tsx";

function spansText(status: Status): string {
  const stored = `${counted(status.spans, "span")} stored`;
  const rejected = Object.values(status.rejected ?? {}).reduce((sum, one) => sum + one, 0);
  if (status.received === undefined || status.received === 0) return stored;
  return `${stored}; since the start ${count(status.received)} received, ${count(rejected)} rejected`;
}

function Head(props: { readonly overview: Overview }) {
  const { workflows, status } = props.overview;
  const heading = usePage("Overview");
  const runs = workflows.reduce((sum, one) => sum + one.runs, 0);
  const failing = workflows.reduce((sum, one) => sum + one.failedRuns, 0);
  const first = Math.min(...workflows.map((one) => one.firstMs));
  const last = Math.max(...workflows.map((one) => one.lastMs));
  return (
    <div className="head">
      <div className="t">
        <h1 {...heading}>Overview</h1>
        <div className="facts">
          <span>
            {counted(workflows.length, "workflow")}, {counted(runs, "run")}, {count(failing)}{" "}
            failing
          </span>
          {workflows.length > 0 && (
            <span>
              <Moment ms={first} /> to <Moment ms={last} />
            </span>
          )}
          <span>{spansText(status)}</span>
        </div>
      </div>
    </div>
  );
}

/** The signal that the chart opens with: the one that drifts, else the first that is measured. */
function firstSignal(workflow: WorkflowDiagnosis): SignalName {
  return (
    signalNames.find((signal) => openDrift(workflow, signal) !== null) ??
    signalNames.find((signal) => workflow.daily[signal].some((point) => point.measured > 0)) ??
    "grounded"
  );
}

function ChartPart(props: { readonly overview: Overview; readonly workflow: WorkflowDiagnosis }) {
  const { overview, workflow } = props;
  const search = useUrl().searchParams;
  const asked = signalNames.find((name) => name === search.get("sig"));
  const signal = asked ?? firstSignal(workflow);
  const facts = chartFacts(workflow, signal, overview.clusters, overview.changes);
  const around = search.get("zoom") === "onset";
  const asTable = search.get("view") === "table";
  const show = (name: SignalName) => setSearch({ wf: keyOf(workflow), sig: name });
  useKeys({
    signal1: () => show("grounded"),
    signal2: () => show("fallback"),
    signal3: () => show("confidence"),
    signal4: () => show("downstream_ok"),
  });
  return (
    <section className="sec bare">
      <header className="chart-head">
        <h2>{workflow.name}</h2>
        <span className="seg" role="group" aria-label="Signal">
          {signalNames.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={name === signal}
              onClick={() => show(name)}
            >
              <SignalMark signal={name} mark={name === signal ? "bad" : "ok"} size={11} /> {name}
            </button>
          ))}
        </span>
        <span className="end">
          {facts.onsetMs !== null && (
            <button
              type="button"
              className="lnk"
              onClick={() => setSearch({ zoom: around ? null : "onset" })}
            >
              {around ? "whole time" : "three days at onset"}
            </button>
          )}
          <button
            type="button"
            className="lnk"
            aria-pressed={asTable}
            onClick={() => setSearch({ view: asTable ? null : "table" })}
          >
            {asTable ? "as a chart" : "as a table"}
          </button>
        </span>
      </header>
      <p className="faint chart-note">
        {signalWords[signal].shows}; grey: where 95 of 100 points lie while it behaves as in its
        baseline
      </p>
      {asTable ? <ChartTable facts={facts} /> : <SignalChart facts={facts} around={around} />}
    </section>
  );
}

function loopText(cluster: ShownCluster): string {
  const state = stateWords[cluster.state];
  return isOpen(cluster) ? `${state}, no case` : state;
}

function LoopsPart(props: { readonly overview: Overview }) {
  const { clusters, status } = props.overview;
  const findings = clusters
    .filter(isFinding)
    .toSorted((a, b) => b.size - a.size)
    .slice(0, 7);
  return (
    <section>
      <header>
        <h2>Loops</h2>
        <span className="muted end">
          {status.loopsClosed.closed} of {status.loopsClosed.of} diagnosed are closed
        </span>
      </header>
      {findings.length === 0 && <p className="muted">No cluster of failing runs yet.</p>}
      {findings.map((cluster) => (
        <div key={cluster.id} className="lp">
          <Fingerprint marks={marksOfMembers(cluster)} size={18} />
          <div>
            <Link className="lnk ink" href={`/clusters/${cluster.id}`}>
              {cluster.title}
            </Link>
            <small>
              {counted(cluster.size, "run")} of {cluster.workflow}; {loopText(cluster)}
            </small>
          </div>
        </div>
      ))}
    </section>
  );
}

function AlarmsPart(props: { readonly workflows: readonly WorkflowDiagnosis[] }) {
  const drifts = props.workflows.flatMap((one) =>
    one.drifts.filter((drift) => drift.open).map((drift) => ({ workflow: one.name, drift })),
  );
  const young = props.workflows.filter((one) => one.state !== "active");
  return (
    <section>
      <h2>How sure the alarms are</h2>
      <ul className="sure">
        {drifts.map(({ workflow, drift }) => (
          <li key={`${workflow} ${drift.signal} ${drift.onsetMs}`}>
            <b>{workflow}</b> {drift.signal}: {counted(drift.beforeRuns, "run")} before the onset,
            alarm {counted(drift.seenAfterRuns, "run")} after it, on {momentOf(drift.seenMs)}; false
            alarm {percent(drift.falseAlarmRate, 1)} a quarter
          </li>
        ))}
        {drifts.length === 0 && <li>No alarm is raised.</li>}
        {young.length > 0 && (
          <li>
            {young.map((one) => one.name).join(", ")}: no alarm before {policy("baselineRuns")} runs
            and {policy("baselineDays")} days.
          </li>
        )}
      </ul>
    </section>
  );
}

/** "Is any workflow behaving differently from itself?" */
export function OverviewPage(props: { readonly overview: Answer<Overview> }) {
  const search = useUrl().searchParams;
  useRows();
  if (props.overview.kind !== "here") return <Unknown overview={props.overview} />;
  const overview = props.overview.value;
  const workflows = inUrgency(overview.workflows, overview.clusters);
  const chosen = workflows.find((one) => keyOf(one) === search.get("wf")) ?? workflows[0];
  if (chosen === undefined) return <FirstSpan status={overview.status} />;
  return (
    <>
      <Head overview={overview} />
      <p className="verdict big">
        <Sentence say={overviewSentence(workflows, overview.clusters)} />
      </p>
      <Needs overview={overview} />
      <Section
        title="Each workflow against itself"
        note="grey band: usual range, from its baseline; upright line: onset"
      >
        <WorkflowTable workflows={workflows} clusters={overview.clusters} chosen={keyOf(chosen)} />
      </Section>
      <div className="cols">
        <ChartPart overview={overview} workflow={chosen} />
        <aside className="rail" aria-label="Loops and alarms">
          <LoopsPart overview={overview} />
          <AlarmsPart workflows={workflows} />
        </aside>
      </div>
      <div className="hints">
        <span>
          <Keys of="next" /> <Keys of="previous" /> row
        </span>
        <span>
          <Keys of="open" /> open
        </span>
        <span>
          <kbd>1</kbd>–<kbd>4</kbd> signal in the chart
        </span>
        <span>
          <Keys of="goRuns" /> runs
        </span>
        <span>
          <Keys of="goClusters" /> clusters
        </span>
        <span className="end">
          <Keys of="help" /> all keys
        </span>
      </div>
    </>
  );
}

function Unknown(props: { readonly overview: Exclude<Answer<Overview>, { kind: "here" }> }) {
  return (
    <>
      <h1 {...usePage("Overview")}>Overview</h1>
      <Waiting {...props.overview} />
    </>
  );
}
