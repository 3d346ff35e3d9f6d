import { count, rate } from "../format.ts";
import { changeText } from "../story.ts";
import { laneWords, signalWords } from "../words.ts";
import { Moment } from "./bits.tsx";
import type { ChartFacts } from "./chart-facts.ts";

function Rates(props: { readonly facts: ChartFacts }) {
  const { facts } = props;
  return (
    <table className="plain">
      <caption>
        {facts.workflow.name}, {facts.signal}: {signalWords[facts.signal].shows}
      </caption>
      <thead>
        <tr>
          <th scope="col">from</th>
          <th scope="col" className="num">
            share
          </th>
          <th scope="col" className="num">
            measured
          </th>
          <th scope="col" className="num">
            absent
          </th>
        </tr>
      </thead>
      <tbody>
        {facts.series.map((point) => (
          <tr key={point.startMs}>
            <th scope="row">
              <Moment ms={point.startMs} />
            </th>
            <td className="num">{point.value === null ? "–" : rate(point.value)}</td>
            <td className="num">{count(point.measured)}</td>
            <td className="num">{count(point.absent)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function roleOf(facts: ChartFacts, id: string): string {
  if (facts.suspects.has(id)) return "a cause rests on it";
  const why = facts.notThese.get(id);
  return why === undefined ? "" : `ruled out: ${why}`;
}

function Changes(props: { readonly facts: ChartFacts }) {
  const { facts } = props;
  return (
    <table className="plain">
      <caption>Changes</caption>
      <thead>
        <tr>
          <th scope="col">when</th>
          <th scope="col">kind</th>
          <th scope="col">what</th>
          <th scope="col">known from</th>
          <th scope="col">judged</th>
        </tr>
      </thead>
      <tbody>
        {facts.changes.map((change) => (
          <tr key={change.id}>
            <th scope="row">
              <Moment ms={change.atMs} />
            </th>
            <td>{laneWords[change.kind]}</td>
            <td>{changeText(change)}</td>
            <td>{change.origin}</td>
            <td>{roleOf(facts, change.id)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The chart's facts in words and numbers. */
export function ChartTable(props: { readonly facts: ChartFacts }) {
  return (
    <div
      className="chart-table"
      tabIndex={0}
      role="region"
      aria-label={`${props.facts.signal} as a table`}
      data-scrolls=""
    >
      <Rates facts={props.facts} />
      <Changes facts={props.facts} />
    </div>
  );
}
