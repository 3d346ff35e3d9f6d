import type { ClusterState } from "@rootward/pipeline/model/cluster";
import { policy } from "@rootward/pipeline/model/policy";
import type { Answer, Overview, ShownCluster } from "../api.ts";
import { count, counted, percent } from "../format.ts";
import { useRows } from "../keys.ts";
import { CheckRow, Keys, Moment, Sentence, Waiting } from "../parts/bits.tsx";
import type { Say } from "../parts/bits.tsx";
import { Fingerprint, marksOfMembers } from "../parts/fingerprint.tsx";
import { Link, usePage } from "../router.tsx";
import { checkCounts, isFinding, isOpen, namedCause } from "../story.ts";
import { wordsOfCause } from "../words.ts";

/** The groups of the list, in the order in which they need someone. */
const groups: readonly {
  readonly title: string;
  readonly note: string;
  readonly states: readonly ClusterState[];
}[] = [
  { title: "Regressed", note: "a case exists and it came back", states: ["regressed"] },
  {
    title: "Needs a decision",
    note: "diagnosed, no case and no reason for none",
    states: ["diagnosed"],
  },
  {
    title: "Cause not settled",
    note: "to be read and diagnosed",
    states: ["new", "reading", "diagnosing"],
  },
  {
    title: "Guarded",
    note: "a case blocks the next deploy that brings it back",
    states: ["guarded"],
  },
  { title: "Resolved", note: "a person said that it is mended", states: ["resolved"] },
  { title: "Closed without eval", note: "the reason is on file", states: ["closed_without_eval"] },
];

/** Largest first; halves are drawn as they are read in a list: full, half or none. */
function listShare(share: number): number {
  return share >= 0.5 ? 1 : share >= 0.2 ? 0.5 : 0;
}

function listMarks(cluster: ShownCluster) {
  const failing = Object.entries(cluster.failing).map(
    ([reason, share]) => [reason, listShare(share)] as const,
  );
  return marksOfMembers({ ...cluster, failing: Object.fromEntries(failing) });
}

function Trend(props: { readonly perDay: readonly number[] }) {
  const most = Math.max(1, ...props.perDay);
  const step = 114 / Math.max(14, props.perDay.length);
  return (
    <svg
      className="trend"
      viewBox="0 0 116 30"
      width="116"
      height="30"
      role="img"
      aria-label={`failing runs a day, at most ${most}`}
    >
      <line className="rule dark" x1="0" x2="116" y1="29" y2="29" />
      {props.perDay.map((runs, day) =>
        runs === 0 ? null : (
          <rect
            key={day}
            className="bar"
            x={1 + day * step}
            y={29 - (28 * runs) / most}
            width={Math.max(1, step - 1.4)}
            height={(28 * runs) / most}
          />
        ),
      )}
    </svg>
  );
}

function CauseCell(props: { readonly cluster: ShownCluster }) {
  const first = namedCause(props.cluster);
  const nearest =
    first ?? props.cluster.attribution.causes.find((one) => one.cause !== "unknown") ?? null;
  return (
    <td>
      <b>{wordsOfCause(first?.cause ?? "unknown")}</b>{" "}
      {nearest !== null && <CheckRow checks={nearest.checks} />}
      {nearest !== null && (
        <div className="sub">
          {first === null && `nearest ${wordsOfCause(nearest.cause)}: `}
          {checkCounts(nearest)}
        </div>
      )}
    </td>
  );
}

function ClusterRow(props: { readonly cluster: ShownCluster; readonly runs: number }) {
  const { cluster } = props;
  return (
    <tr>
      <td className="c-glyph">
        <Fingerprint marks={listMarks(cluster)} size={24} />
      </td>
      <td>
        <Link className="ti" data-row="" href={`/clusters/${cluster.id}`}>
          {cluster.title}
        </Link>
        <div className="sub">
          {cluster.workflow}, {cluster.environment} &nbsp; <code>{cluster.id}</code>
          {cluster.provisional && " \u00a0 provisional"}
        </div>
      </td>
      <td>
        <Trend perDay={cluster.perDay} />
      </td>
      <td className="num">
        <b>{count(cluster.size)}</b>
        <div className="sub">{percent(cluster.size, props.runs)}</div>
      </td>
      <CauseCell cluster={cluster} />
      <td>
        <Moment ms={cluster.firstMs} />
        <div className="sub">
          <Moment ms={cluster.lastMs} relativeTo={Date.now()} />
        </div>
      </td>
    </tr>
  );
}

function sentence(clusters: readonly ShownCluster[]): Say {
  if (clusters.length === 0) return ["No failing runs that are alike have been seen."];
  const waiting = clusters.filter((one) => one.state === "diagnosed" || one.state === "regressed");
  const open = clusters.filter(isOpen).length;
  const largest = waiting.toSorted((a, b) => b.size - a.size)[0];
  if (largest === undefined)
    return [
      open === 0
        ? "Every cluster is guarded or closed."
        : `${counted(open, "cluster")} ${open === 1 ? "is" : "are"} open; no cause is settled yet.`,
    ];
  return [
    {
      strong: `${counted(waiting.length, "cluster")} ${waiting.length === 1 ? "waits" : "wait"} for a decision`,
    },
    `; the largest: ${largest.title}, ${counted(largest.size, "run")}.`,
  ];
}

function Groups(props: {
  readonly overview: Overview;
  readonly findings: readonly ShownCluster[];
}) {
  const runsOf = (one: ShownCluster) =>
    props.overview.workflows.find(
      (flow) => flow.name === one.workflow && flow.environment === one.environment,
    )?.runs ?? 0;
  return groups.map((group) => {
    const own = props.findings
      .filter((one) => group.states.includes(one.state))
      .toSorted((a, b) => b.size - a.size);
    if (own.length === 0) return null;
    return (
      <tbody key={group.title}>
        <tr className="grp">
          <th colSpan={6} scope="rowgroup">
            {group.title} <span>{own.length}</span> <span>{group.note}</span>
          </th>
        </tr>
        {own.map((cluster) => (
          <ClusterRow key={cluster.id} cluster={cluster} runs={runsOf(cluster)} />
        ))}
      </tbody>
    );
  });
}

function Table(props: { readonly overview: Overview; readonly findings: readonly ShownCluster[] }) {
  return (
    <div className="wide" tabIndex={0} role="region" aria-label="Clusters" data-scrolls="">
      <table className="cl">
        <thead>
          <tr>
            <th scope="col" className="c-glyph">
              <span className="sr">fingerprint</span>
            </th>
            <th scope="col">what fails</th>
            <th scope="col" className="c-trend">
              trend
            </th>
            <th scope="col" className="num c-num">
              runs
            </th>
            <th scope="col" className="c-cause">
              cause and its checks
            </th>
            <th scope="col" className="c-when">
              first, last
            </th>
          </tr>
        </thead>
        <Groups overview={props.overview} findings={props.findings} />
      </table>
    </div>
  );
}

function Rest(props: { readonly clusters: readonly ShownCluster[] }) {
  if (props.clusters.length === 0) return null;
  const runs = props.clusters.reduce((sum, one) => sum + one.size, 0);
  return (
    <details className="rest">
      <summary>
        {counted(runs, "more failing run")}, unexplained or in groups of fewer than{" "}
        {policy("clusterShownFrom")}: likeness says little with so few
      </summary>
      <ul>
        {props.clusters.map((one) => (
          <li key={one.id}>
            <Link className="lnk" href={`/clusters/${one.id}`}>
              {one.title}
            </Link>
            , {one.workflow}, {counted(one.size, "run")}
          </li>
        ))}
      </ul>
    </details>
  );
}

/** "Which failures deserve work?" */
export function ClustersPage(props: { readonly overview: Answer<Overview> }) {
  const heading = usePage("Clusters");
  useRows();
  if (props.overview.kind !== "here")
    return (
      <>
        <h1 {...heading}>Clusters</h1>
        <Waiting {...props.overview} />
      </>
    );
  const { clusters } = props.overview.value;
  const findings = clusters.filter(isFinding);
  const failing = clusters.reduce((sum, one) => sum + one.size, 0);
  return (
    <>
      <div className="head">
        <div className="t">
          <h1 {...heading}>Clusters</h1>
          <div className="facts">
            <span>
              {counted(findings.length, "cluster")}, {counted(failing, "failing run")}
            </span>
            <span>trend: failing runs a day, each row its own scale</span>
          </div>
        </div>
      </div>
      <p className="verdict big">
        <Sentence say={sentence(findings)} />
      </p>
      {findings.length > 0 && <Table overview={props.overview.value} findings={findings} />}
      <Rest clusters={clusters.filter((one) => !isFinding(one))} />
      <div className="hints">
        <span>
          <Keys of="next" /> <Keys of="previous" /> cluster
        </span>
        <span>
          <Keys of="open" /> open
        </span>
        <span className="end">
          <Keys of="help" /> all keys
        </span>
      </div>
    </>
  );
}
