import type { ReactNode } from "react";
import type { Overview, ShownCluster } from "../api.ts";
import { counted, percent } from "../format.ts";
import { Link } from "../router.tsx";
import { checkCounts, isFinding, isOpen, namedCause } from "../story.ts";
import { wordsOfCause, stateWords } from "../words.ts";
import { CheckMark, Moment, Section } from "./bits.tsx";
import { keyOf } from "./workflow-table.tsx";

interface Need {
  readonly key: string;
  readonly isAlarm: boolean;
  readonly text: ReactNode;
  readonly when: ReactNode;
  readonly href: string;
  readonly link: string;
}

const shownMost = 6;

const urgency = {
  regressed: 0,
  diagnosed: 1,
  diagnosing: 2,
  new: 3,
  reading: 4,
  guarded: 5,
  resolved: 6,
  closed_without_eval: 7,
} as const satisfies Record<ShownCluster["state"], number>;

function clusterNeed(cluster: ShownCluster, nowMs: number, runs: number): Need {
  const cause = namedCause(cluster);
  const why =
    cause === null
      ? `No cause is named, ${stateWords[cluster.state]}.`
      : `${wordsOfCause(cause.cause)}, ${checkCounts(cause)}.`;
  return {
    key: cluster.id,
    isAlarm: cluster.state === "regressed" || cause !== null,
    text: (
      <>
        <b>{cluster.title}.</b>{" "}
        <span className="muted">{cause === null ? why : `Cause: ${why} No case guards it.`}</span>
      </>
    ),
    when: (
      <>
        {counted(cluster.size, "run")}, {percent(cluster.size, runs)} of {cluster.workflow}, last{" "}
        <Moment ms={cluster.lastMs} relativeTo={nowMs} />
      </>
    ),
    href: `/clusters/${cluster.id}`,
    link: cluster.id,
  };
}

/** What waits for a person, most urgent first: open clusters, then drifts that no cluster explains. */
function needsOf(overview: Overview, nowMs: number): readonly Need[] {
  const clusters = overview.clusters
    .filter((one) => isFinding(one) && isOpen(one))
    .toSorted(
      (a, b) =>
        Number(namedCause(a) === null) - Number(namedCause(b) === null) ||
        urgency[a.state] - urgency[b.state] ||
        b.size - a.size,
    );
  const runsOf = (one: ShownCluster) =>
    overview.workflows.find(
      (flow) => flow.name === one.workflow && flow.environment === one.environment,
    )?.runs ?? 0;
  const alone = overview.workflows.flatMap((flow) =>
    flow.attributions.map(({ signal, attribution }): Need => ({
      key: `${keyOf(flow)} ${signal}`,
      isAlarm: true,
      text: (
        <>
          <b>
            {flow.name}: {signal} drifts and no cluster explains it.
          </b>{" "}
          <span className="muted">
            Likeliest: {wordsOfCause(attribution.causes[0]?.cause ?? "unknown")}.
          </span>
        </>
      ),
      when:
        attribution.onsetMs === null ? (
          "onset not known"
        ) : (
          <>
            since <Moment ms={attribution.onsetMs} />
          </>
        ),
      href: `/?wf=${encodeURIComponent(keyOf(flow))}&sig=${signal}`,
      link: `${flow.name}, ${signal}`,
    })),
  );
  return [...clusters.map((one) => clusterNeed(one, nowMs, runsOf(one))), ...alone];
}

/** "What needs attention", as a list of sentences with one link each. */
export function Needs(props: { readonly overview: Overview }) {
  const needs = needsOf(props.overview, Date.now());
  const note = needs.length === 0 ? "nothing" : `${needs.length}, most urgent first`;
  return (
    <Section title="Needs someone" note={note}>
      {needs.length === 0 ? (
        <p className="muted">No open cluster and no unexplained drift.</p>
      ) : (
        <ol className="need">
          {needs.slice(0, shownMost).map((need) => (
            <li key={need.key}>
              <CheckMark result={need.isAlarm ? "contradicts" : "not_run"} spoken={false} />
              <span>{need.text}</span>
              <span className="when">{need.when}</span>
              <span className="act">
                <Link className="lnk" data-row="" href={need.href}>
                  {need.link}
                </Link>
              </span>
            </li>
          ))}
        </ol>
      )}
      {needs.length > shownMost && (
        <p className="more">
          <Link className="lnk" href="/clusters">
            {needs.length - shownMost} more in Clusters
          </Link>
        </p>
      )}
    </Section>
  );
}
