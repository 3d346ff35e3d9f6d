import { policy } from "@rootward/pipeline/model/policy";
import { signalNames } from "@rootward/pipeline/model/signal";
import type { WorkflowDiagnosis } from "@rootward/pipeline/model/baseline";
import type { SignalName } from "@rootward/pipeline/model/signal";
import type { ShownCluster } from "../api.ts";
import { count, percent, rate } from "../format.ts";
import { Link, setSearch } from "../router.tsx";
import {
  moveWord,
  openDrift,
  seriesOf,
  shownMove,
  shownShare,
  totalsOf,
  usualBand,
} from "../series.ts";
import { isFinding, isOpen } from "../story.ts";
import { SignalMark } from "./fingerprint.tsx";
import type { Mark } from "./fingerprint.tsx";
import { Sparkline } from "./sparkline.tsx";

/** Names a workflow in a URL. */
export function keyOf(workflow: { readonly name: string; readonly environment: string }): string {
  return `${workflow.name}@${workflow.environment}`;
}

function stateText(workflow: WorkflowDiagnosis): string {
  const needed = policy("baselineRuns");
  if (workflow.state === "active")
    return `active, baseline of ${count(workflow.baseline?.runs ?? 0)} runs`;
  return workflow.runs < needed
    ? `${workflow.state}, ${workflow.runs} of ${needed} runs`
    : `${workflow.state}, ${count(workflow.runs)} runs, fewer than ${policy("baselineDays")} days`;
}

function Learned(props: { readonly workflow: WorkflowDiagnosis }) {
  const share = Math.min(1, props.workflow.runs / policy("baselineRuns"));
  if (props.workflow.state === "active") return null;
  return (
    <svg className="learned" viewBox="0 0 120 4" width="120" height="4" aria-hidden="true">
      <rect className="loop-of" width="120" height="4" />
      <rect className="loop-closed" width={120 * share} height="4" />
    </svg>
  );
}

function Value(props: { readonly workflow: WorkflowDiagnosis; readonly signal: SignalName }) {
  const { workflow, signal } = props;
  const drift = openDrift(workflow, signal);
  if (drift !== null) {
    const { before, after } = shownMove(drift);
    return (
      <>
        <span>
          {rate(before)} → <b>{rate(after)}</b>
        </span>
        <b>{moveWord(drift)}</b>
      </>
    );
  }
  const totals = totalsOf(workflow.daily[signal]);
  const now = shownShare(signal, totals.good, totals.measured);
  if (workflow.state === "active")
    return (
      <>
        <span>{rate(now)}</span>
        <span className="faint">steady</span>
      </>
    );
  return (
    <>
      <span>{rate(now)}</span>
      <span className="faint">n {count(totals.measured)}</span>
    </>
  );
}

function SignalCell(props: { readonly workflow: WorkflowDiagnosis; readonly signal: SignalName }) {
  const { workflow, signal } = props;
  const points = workflow.daily[signal];
  const drift = openDrift(workflow, signal);
  if (!points.some((point) => point.measured > 0))
    return (
      <td>
        <div className="v">
          <SignalMark signal={signal} mark="na" />
          <span className="faint">not measured here</span>
        </div>
      </td>
    );
  const mark: Mark = drift !== null ? "bad" : workflow.state === "active" ? "ok" : "unknown";
  return (
    <td>
      <button
        type="button"
        className="cell"
        onClick={() => setSearch({ wf: keyOf(workflow), sig: signal })}
      >
        <span className="v">
          <SignalMark signal={signal} mark={mark} />
          <span className="sr">
            {signal} of {workflow.name}{" "}
          </span>
          <Value workflow={workflow} signal={signal} />
        </span>
        <Sparkline
          signal={signal}
          series={seriesOf(signal, points)}
          band={usualBand(workflow, signal)}
          onsetMs={drift?.onsetMs ?? null}
          isDrifting={drift !== null}
        />
      </button>
    </td>
  );
}

function Row(props: {
  readonly workflow: WorkflowDiagnosis;
  readonly open: number;
  readonly isChosen: boolean;
}) {
  const { workflow } = props;
  const runsPath = `/runs?workflow=${encodeURIComponent(workflow.name)}&environment=${encodeURIComponent(workflow.environment)}`;
  const choose = () => setSearch({ wf: keyOf(workflow), sig: null });
  return (
    <tr className={props.isChosen ? "on" : ""}>
      <th scope="row">
        <Link className="ink" data-row="" href={runsPath} onFocus={choose}>
          <b>{workflow.name}</b>
        </Link>{" "}
        <span className="muted">{workflow.environment}</span>
        <div className="st">{stateText(workflow)}</div>
        <Learned workflow={workflow} />
      </th>
      <td className="num">{count(workflow.runs)}</td>
      {signalNames.map((signal) => (
        <SignalCell key={signal} workflow={workflow} signal={signal} />
      ))}
      <td className="num">
        <Link className="lnk" href={`${runsPath}&failed=1`}>
          {count(workflow.failedRuns)}
          <span className="sr"> failing runs of {workflow.name}</span>
        </Link>
        <div className="faint">{percent(workflow.failedRuns, workflow.runs)}</div>
      </td>
      <td className="num">{props.open}</td>
    </tr>
  );
}

/** One row a workflow: runs, four signals against the workflow's own baseline, failing runs, open clusters. */
export function WorkflowTable(props: {
  readonly workflows: readonly WorkflowDiagnosis[];
  readonly clusters: readonly ShownCluster[];
  readonly chosen: string;
}) {
  const openOf = (one: WorkflowDiagnosis) =>
    props.clusters.filter(
      (cluster) =>
        cluster.workflow === one.name &&
        cluster.environment === one.environment &&
        isFinding(cluster) &&
        isOpen(cluster),
    ).length;
  return (
    <div className="wide" tabIndex={0} role="region" aria-label="Workflows" data-scrolls="">
      <table className="wf">
        <thead>
          <tr>
            <th scope="col" className="c-name">
              workflow, environment
            </th>
            <th scope="col" className="num c-num">
              runs
            </th>
            {signalNames.map((signal, at) => (
              <th key={signal} scope="col">
                <span className="sighead">
                  <SignalMark signal={signal} mark="bad" /> {signal}{" "}
                  <kbd aria-hidden="true">{at + 1}</kbd>
                </span>
              </th>
            ))}
            <th scope="col" className="num c-num">
              failing
            </th>
            <th scope="col" className="num c-num">
              open
            </th>
          </tr>
        </thead>
        <tbody>
          {props.workflows.map((workflow) => (
            <Row
              key={keyOf(workflow)}
              workflow={workflow}
              open={openOf(workflow)}
              isChosen={keyOf(workflow) === props.chosen}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}
