import { useMemo } from "react";
import { signalNames } from "@rootward/pipeline/model/signal";
import type { Difference } from "@rootward/pipeline/model/cluster";
import type { WorkflowDiagnosis } from "@rootward/pipeline/model/baseline";
import type { SignalName } from "@rootward/pipeline/model/signal";
import { isCluster, isRunLines, useApi } from "../api.ts";
import type { Answer, Overview, RunLine, ShownCluster } from "../api.ts";
import { count, counted, percent, shortId } from "../format.ts";
import { useKeys, useRows } from "../keys.ts";
import { AroundOnset } from "../parts/around-onset.tsx";
import { Keys, Moment, Section, Sentence, Waiting } from "../parts/bits.tsx";
import { CasePart } from "../parts/cases.tsx";
import { Causes } from "../parts/causes.tsx";
import { Fingerprint, marksOf, marksOfMembers } from "../parts/fingerprint.tsx";
import { chartFacts } from "../parts/chart-facts.ts";
import { ChartTable } from "../parts/chart-table.tsx";
import { SignalChart } from "../parts/signal-chart.tsx";
import { TrailList } from "../parts/trail-list.tsx";
import { Link, go, setSearch, usePage, useUrl } from "../router.tsx";
import { openDrift } from "../series.ts";
import { clusterSentence, isFinding, namedCause } from "../story.ts";
import { stopsOf } from "../trail.ts";
import { plainWords, reasonWords, stateWords } from "../words.ts";

const membersShown = 8;

function reasonText(failing: Readonly<Record<string, number>>): string {
  return Object.entries(failing)
    .filter(([, share]) => share > 0)
    .map(([reason, share]) => `${wordOf(reason)} ${Math.round(share * 100)} %`)
    .join(", ");
}

function wordOf(reason: string): string {
  return Object.entries(reasonWords).find(([name]) => name === reason)?.[1] ?? plainWords(reason);
}

function Head(props: {
  readonly cluster: ShownCluster;
  readonly workflow: WorkflowDiagnosis | null;
}) {
  const { cluster, workflow } = props;
  const heading = usePage(`${cluster.id} · ${cluster.title}`);
  const failing = reasonText(cluster.failing);
  return (
    <>
      <div className="crumb">
        <Link href="/clusters">Clusters</Link> / {cluster.id}
        <span className="end">
          <Keys of="previous" /> <Keys of="next" /> rows &nbsp; <Keys of="close" /> all clusters
          &nbsp; <Keys of="help" /> keys
        </span>
      </div>
      <div className="head">
        <Fingerprint marks={marksOfMembers(cluster)} size={44} />
        <div className="t">
          <h1 {...heading}>{cluster.title}</h1>
          <div className="facts">
            <span className={cluster.state === "regressed" ? "chip alarm" : "chip"}>
              {stateWords[cluster.state]}
            </span>
            {cluster.provisional && <span className="chip">provisional: few runs so far</span>}
            <span>
              {counted(cluster.size, "run")}
              {workflow !== null && `, ${percent(cluster.size, workflow.runs)}`} of{" "}
              <b>{cluster.workflow}</b>, {cluster.environment}
            </span>
            <span>
              first <Moment ms={cluster.firstMs} />
            </span>
            <span>
              last <Moment ms={cluster.lastMs} relativeTo={Date.now()} />
            </span>
            {failing !== "" && <span>{failing}</span>}
          </div>
        </div>
      </div>
    </>
  );
}

/** The signal that tells the cluster's story: one that drifts and fails its members, else the one that fails most of them. */
function tellingSignal(cluster: ShownCluster, workflow: WorkflowDiagnosis): SignalName {
  const failing = (signal: SignalName) => {
    const mark = marksOfMembers(cluster)[signal];
    return typeof mark === "number" ? mark : 0;
  };
  const byShare = signalNames.toSorted((a, b) => failing(b) - failing(a));
  return (
    byShare.find((signal) => failing(signal) > 0 && openDrift(workflow, signal) !== null) ??
    signalNames.find((signal) => openDrift(workflow, signal) !== null) ??
    byShare[0] ??
    "grounded"
  );
}

function Began(props: {
  readonly cluster: ShownCluster;
  readonly workflow: WorkflowDiagnosis;
  readonly overview: Overview;
}) {
  const { cluster, workflow, overview } = props;
  const search = useUrl().searchParams;
  const signal =
    signalNames.find((name) => name === search.get("sig")) ?? tellingSignal(cluster, workflow);
  const facts = chartFacts(workflow, signal, overview.clusters, overview.changes, cluster);
  const around = search.get("zoom") === "onset";
  const asTable = search.get("view") === "table";
  return (
    <Section
      title="When it began"
      note={`${signal} of ${workflow.name}, ${counted(workflow.runs, "run")}; bars: runs of this cluster`}
      end={
        <>
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
            onClick={() => setSearch({ view: asTable ? null : "table" })}
          >
            {asTable ? "as a chart" : "as a table"}
          </button>
        </>
      }
    >
      {asTable ? <ChartTable facts={facts} /> : <SignalChart facts={facts} around={around} />}
    </Section>
  );
}

function PairedBar(props: { readonly members: number; readonly clean: number }) {
  return (
    <svg
      className="paired"
      viewBox="0 0 300 16"
      preserveAspectRatio="none"
      height="16"
      aria-hidden="true"
    >
      <rect
        className="bar-members"
        x="0"
        y="1"
        width={Math.max(1, 300 * props.members)}
        height="7"
      />
      <rect
        className="bar-clean"
        x="0.5"
        y="10"
        width={Math.max(1, 300 * props.clean)}
        height="5"
      />
    </svg>
  );
}

function Differs(props: { readonly differences: readonly Difference[] }) {
  const share = (side: Difference["members"]) => (side.of === 0 ? 0 : side.count / side.of);
  if (props.differences.length === 0)
    return (
      <Section title="What differs" note="members against clean runs of the workflow">
        <p className="muted">Nothing is more frequent among members than chance allows.</p>
      </Section>
    );
  return (
    <Section
      title="What differs"
      note="members against clean runs; what defines the cluster is left out"
    >
      <table className="plain differs">
        <thead>
          <tr>
            <th scope="col">what is seen</th>
            <th scope="col">
              <span className="key-members" /> members <span className="key-clean" /> clean runs
            </th>
            <th scope="col" className="num">
              members
            </th>
            <th scope="col" className="num">
              clean
            </th>
          </tr>
        </thead>
        <tbody>
          {props.differences.map((one) => (
            <tr key={one.feature}>
              <th scope="row">{one.feature}</th>
              <td>
                <PairedBar members={share(one.members)} clean={share(one.clean)} />
              </td>
              <td className="num" title={percent(one.members.count, one.members.of)}>
                {count(one.members.count)} of {count(one.members.of)}
              </td>
              <td className="num muted" title={percent(one.clean.count, one.clean.of)}>
                {count(one.clean.count)} of {count(one.clean.of)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function MemberLine(props: { readonly run: RunLine; readonly role: string | null }) {
  const { run, role } = props;
  return (
    <div className="mem">
      <Fingerprint marks={marksOf(run.signals)} size={16} />
      <Link className="lnk ink" data-row="" href={`/runs/${run.id}`}>
        {run.inputText ?? `run ${shortId(run.id)}`}
      </Link>
      <span className="faint">{role ?? <Moment ms={run.startedMs} relativeTo={Date.now()} />}</span>
    </div>
  );
}

function Members(props: { readonly cluster: ShownCluster }) {
  const { cluster } = props;
  const answer = useApi(`/api/runs?cluster=${cluster.id}&limit=200`, isRunLines);
  const roleOf = (id: string) =>
    id === cluster.representative
      ? "typical"
      : cluster.diverse.some((other) => other === id)
        ? "unlike the typical"
        : null;
  if (answer.kind !== "here") return <Waiting {...answer} />;
  const runs = answer.value.runs.toSorted(
    (a, b) =>
      Number(roleOf(a.id) === null) - Number(roleOf(b.id) === null) || b.startedMs - a.startedMs,
  );
  return (
    <>
      {runs.slice(0, membersShown).map((run) => (
        <MemberLine key={run.id} run={run} role={roleOf(run.id)} />
      ))}
      <Link className="lnk block" href={`/runs?cluster=${cluster.id}`}>
        all {count(cluster.size)} in Runs
      </Link>
    </>
  );
}

function Rail(props: { readonly cluster: ShownCluster }) {
  const { cluster } = props;
  return (
    <aside className="rail" aria-label="Trail, members and case">
      <section>
        <header>
          <h2>Backward trail</h2>
          <Link className="lnk end" data-row="" href={`/runs/${cluster.representative}`}>
            open run {shortId(cluster.representative)}
          </Link>
        </header>
        {cluster.trail === null ? (
          <p className="muted">
            Nothing in the typical run speaks for one step more than for another.
          </p>
        ) : (
          <TrailList
            stops={stopsOf(cluster.trail, cluster.origin)}
            origin={cluster.origin === null ? null : plainWords(cluster.origin.kind)}
          />
        )}
        {cluster.origin !== null && (
          <p className="muted">
            The first broken step is {cluster.originStanding}
            {cluster.confirmed > 0 &&
              `; an origin is confirmed in ${counted(cluster.confirmed, "run")}`}
            .
          </p>
        )}
      </section>
      <section>
        <header>
          <h2>Members</h2>
        </header>
        <Members cluster={cluster} />
      </section>
      <section>
        <header>
          <h2>Close the loop</h2>
        </header>
        <CasePart cluster={cluster} />
      </section>
      <section>
        <header>
          <h2>Why these runs belong together</h2>
        </header>
        <code className="path">{cluster.signature.key}</code>
      </section>
    </aside>
  );
}

function Known(props: { readonly cluster: ShownCluster; readonly overview: Overview | null }) {
  const { cluster, overview } = props;
  const workflow = useMemo(
    () =>
      overview?.workflows.find(
        (one) => one.name === cluster.workflow && one.environment === cluster.environment,
      ) ?? null,
    [overview, cluster],
  );
  const onsetMs = cluster.attribution.onsetMs ?? cluster.firstMs;
  const first = namedCause(cluster) ?? cluster.attribution.causes[0] ?? null;
  return (
    <>
      <Head cluster={cluster} workflow={workflow} />
      <div className="verdict">
        <p className="big">
          {isFinding(cluster) ? (
            <Sentence say={clusterSentence(cluster)} />
          ) : (
            "These runs failed and nothing explains them together; they are counted here, and this is no finding."
          )}
        </p>
        {first !== null && first.firstStep !== "" && (
          <p className="muted">First step: {first.firstStep}</p>
        )}
      </div>
      <div className="cols">
        <div>
          {workflow !== null && overview !== null && (
            <>
              <Section
                title="Signals around onset"
                note={`${workflow.name}, share of runs before (hollow) and since (filled); band: usual range`}
              >
                <AroundOnset workflow={workflow} onsetMs={onsetMs} />
              </Section>
              <Began cluster={cluster} workflow={workflow} overview={overview} />
            </>
          )}
          <Causes attribution={cluster.attribution} />
          <Differs differences={cluster.differences} />
        </div>
        <Rail cluster={cluster} />
      </div>
    </>
  );
}

/** "Why, since when, and what do we do now?" */
export function ClusterPage(props: { readonly id: string; readonly overview: Answer<Overview> }) {
  const answer = useApi(`/api/clusters/${encodeURIComponent(props.id)}`, isCluster, 15_000);
  useRows();
  useKeys({ close: () => go("/clusters") });
  if (answer.kind !== "here") return <NotYet id={props.id} answer={answer} />;
  return (
    <Known
      cluster={answer.value}
      overview={props.overview.kind === "here" ? props.overview.value : null}
    />
  );
}

function NotYet(props: {
  readonly id: string;
  readonly answer: Exclude<Answer<ShownCluster>, { kind: "here" }>;
}) {
  return (
    <>
      <h1 {...usePage(`Cluster ${props.id}`)}>Cluster {props.id}</h1>
      <Waiting {...props.answer} />
    </>
  );
}
