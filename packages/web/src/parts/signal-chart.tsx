import { useEffect, useRef, useState } from "react";
import type { Change, ChangeKind } from "@rootward/pipeline/model/change";
import type { WorkflowDiagnosis } from "@rootward/pipeline/model/baseline";
import type { SignalName } from "@rootward/pipeline/model/signal";
import type { ShownCluster } from "../api.ts";
import { count, dayOf, lasting, momentOf, rate } from "../format.ts";
import { openDrift, rangeOf, seriesOf, usualBand } from "../series.ts";
import type { Band, SeriesPoint } from "../series.ts";
import { changeText, namedCause } from "../story.ts";
import { laneSources, laneWords, lanes, signalWords } from "../words.ts";
import { Moment } from "./bits.tsx";
import { linePath } from "./sparkline.tsx";

const left = 92;
const plotTop = 8;
const plotHeight = 132;
const barsBase = 196;
const barsHeight = 38;
const laneTop = 216;
const laneHeight = 19;
const dayMs = 86_400_000;

/** Lanes that always stand, so that "nothing changed" is said; the others appear once they have an entry. */
const standingLanes: readonly ChangeKind[] = ["deploy", "prompt", "model", "index", "tool_schema"];

/** What the chart of one signal of one workflow shows. */
export interface ChartFacts {
  readonly workflow: WorkflowDiagnosis;
  readonly signal: SignalName;
  readonly series: readonly SeriesPoint[];
  readonly band: Band | null;
  readonly onsetMs: number | null;
  readonly onsetPlusMinusMs: number;
  readonly failing: readonly { readonly startMs: number; readonly runs: number }[];
  readonly changes: readonly Change[];
  /** Changes that a cause rests on, by id. */
  readonly suspects: ReadonlySet<string>;
  /** Why a change was ruled out, by its id. */
  readonly notThese: ReadonlyMap<string, string>;
}

/** Failing runs a day: every failed run is in one cluster, so that the clusters' days add up. */
function failingPerDay(workflow: WorkflowDiagnosis, clusters: readonly ShownCluster[]) {
  const days: number[] = [];
  for (const cluster of clusters)
    cluster.perDay.forEach((runs, day) => {
      days[day] = (days[day] ?? 0) + runs;
    });
  return days.map((runs, day) => ({ startMs: workflow.firstMs + day * dayMs, runs: runs }));
}

/**
 * Gathers what the chart shows. With `only`, onset and failing runs are of that cluster; else of the workflow's open drift.
 */
export function chartFacts(
  workflow: WorkflowDiagnosis,
  signal: SignalName,
  clusters: readonly ShownCluster[],
  changes: readonly Change[],
  only?: ShownCluster,
): ChartFacts {
  const own = clusters.filter(
    (one) => one.workflow === workflow.name && one.environment === workflow.environment,
  );
  const judged = only === undefined ? own : [only];
  const drift = openDrift(workflow, signal);
  const fromCluster = only?.attribution.onsetMs ?? null;
  return {
    workflow,
    signal,
    series: seriesOf(signal, workflow.daily[signal]),
    band: usualBand(workflow, signal),
    onsetMs: fromCluster ?? drift?.onsetMs ?? null,
    onsetPlusMinusMs:
      (fromCluster === null ? drift?.onsetPlusMinusMs : only?.attribution.onsetPlusMinusMs) ?? 0,
    failing: failingPerDay(workflow, judged),
    changes: changes.filter(
      (change) =>
        (change.workflow === null || change.workflow === workflow.name) &&
        (change.environment === null || change.environment === workflow.environment),
    ),
    suspects: new Set(judged.flatMap((one) => namedCause(one)?.change?.id ?? [])),
    notThese: new Map(
      judged.flatMap((one) =>
        one.attribution.notThese.map(({ change, why }) => [change.id, why] as const),
      ),
    ),
  };
}

function useWidth(): readonly [React.RefObject<HTMLDivElement | null>, number] {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(846);
  useEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const observer = new ResizeObserver(() =>
      setWidth(Math.max(420, Math.round(element.clientWidth))),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

interface Scale {
  readonly width: number;
  readonly right: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly x: (ms: number) => number;
  readonly y: (value: number) => number;
  readonly range: Band;
}

function scaleOf(facts: ChartFacts, width: number, around: boolean): Scale {
  const first = facts.series[0]?.startMs ?? facts.workflow.firstMs;
  const last = Math.max(facts.workflow.lastMs, facts.series.at(-1)?.endMs ?? 0);
  const isNear = around && facts.onsetMs !== null;
  const fromMs = isNear ? Math.max(first, (facts.onsetMs ?? 0) - 1.5 * dayMs) : first;
  const toMs = isNear ? Math.min(last, (facts.onsetMs ?? 0) + 1.5 * dayMs) : last;
  const right = width - 8;
  const range = rangeOf(facts.series, facts.band);
  return {
    width,
    right,
    fromMs,
    toMs,
    range,
    x: (ms) => left + ((ms - fromMs) / Math.max(1, toMs - fromMs)) * (right - left),
    y: (value) => plotTop + ((range.high - value) / (range.high - range.low)) * plotHeight,
  };
}

function Plot(props: { readonly facts: ChartFacts; readonly scale: Scale }) {
  const { facts, scale } = props;
  const { x, y, range, right } = scale;
  const middle = (range.low + range.high) / 2;
  const letter = signalWords[facts.signal].letter;
  const last = facts.series.findLast((point) => point.value !== null && point.startMs < scale.toMs);
  const inside = facts.series.filter(
    (point) => point.endMs > scale.fromMs && point.startMs < scale.toMs,
  );
  return (
    <g>
      {facts.band !== null && (
        <>
          <rect
            className="band"
            x={left}
            y={y(facts.band.high)}
            width={right - left}
            height={Math.max(3, y(facts.band.low) - y(facts.band.high))}
          />
          <text
            className="faint"
            x={left + 4}
            y={facts.band.low - range.low > 0.03 ? y(facts.band.low) + 13 : y(facts.band.high) - 5}
          >
            usual range {rate(facts.band.low)} to {rate(facts.band.high)}
          </text>
        </>
      )}
      {[range.high, middle, range.low].map((value) => (
        <g key={value}>
          <line className="rule" x1={left} x2={right} y1={y(value)} y2={y(value)} />
          <text x={left - 8} y={y(value) + 4} textAnchor="end">
            {value.toFixed(Math.abs(value * 10 - Math.round(value * 10)) > 0.01 ? 2 : 1)}
          </text>
        </g>
      ))}
      <text x="0" y="20">
        {facts.signal === "downstream_ok" ? "downstr." : facts.signal}
      </text>
      <text x="0" y="34">
        {facts.band === null ? "no range yet" : "share"}
      </text>
      {facts.band === null ? (
        inside.map((point) =>
          point.value === null ? null : (
            <circle
              key={point.startMs}
              className={`fill-${letter}`}
              r="2.4"
              cx={x((point.startMs + point.endMs) / 2)}
              cy={y(point.value)}
            />
          ),
        )
      ) : (
        <path className={`line line-${letter} wide`} d={linePath(inside, x, y)} />
      )}
      {last?.value != null && facts.onsetMs !== null && (
        <text className={`strong now-${letter}`} x={right} y={y(last.value) - 10} textAnchor="end">
          {rate(last.value)} {last === facts.series.at(-1) ? "now" : ""}
        </text>
      )}
    </g>
  );
}

function FailingBars(props: { readonly facts: ChartFacts; readonly scale: Scale }) {
  const { facts, scale } = props;
  const most = Math.max(1, ...facts.failing.map((day) => day.runs));
  const clip = (ms: number) => Math.min(scale.right, Math.max(left, scale.x(ms)));
  return (
    <g>
      <text x="0" y={barsBase - 4}>
        failing a day
      </text>
      {facts.failing.map((day) => {
        const from = clip(day.startMs);
        const to = clip(Math.min(day.startMs + dayMs, scale.toMs));
        if (day.runs === 0 || to - from < 2) return null;
        const high = Math.max(1.5, (day.runs / most) * barsHeight);
        return (
          <g key={day.startMs}>
            <rect
              className="bar"
              x={from + 1.5}
              y={barsBase - high}
              width={Math.max(1, to - from - 3)}
              height={high}
            />
            {day.runs > most / 3 && to - from > 16 && (
              <text x={(from + to) / 2} y={barsBase - high - 4} textAnchor="middle">
                {day.runs}
              </text>
            )}
          </g>
        );
      })}
      <line className="rule dark" x1={left} x2={scale.right} y1={barsBase} y2={barsBase} />
    </g>
  );
}

function LaneMark(props: {
  readonly change: Change;
  readonly facts: ChartFacts;
  readonly x: number;
  readonly y: number;
  readonly right: number;
}) {
  const { change, facts, x, y } = props;
  const isSuspect = facts.suspects.has(change.id);
  const ruledOut = facts.notThese.has(change.id);
  const size = isSuspect ? 5.5 : 3.5;
  const toLeft = x > (left + props.right) / 2;
  const text = isSuspect
    ? `${changeText(change)}, ${momentOf(change.atMs)}`
    : ruledOut
      ? `${momentOf(change.atMs)}, ruled out`
      : null;
  return (
    <g>
      <title>{`${changeText(change)}, ${momentOf(change.atMs)}`}</title>
      {text !== null && (
        <text
          className={isSuspect ? "strong halo" : "halo"}
          x={toLeft ? x - 11 : x + 11}
          y={y + 4}
          textAnchor={toLeft ? "end" : "start"}
        >
          {text}
        </text>
      )}
      <rect
        className={isSuspect ? "change suspect" : "change"}
        x={x - size}
        y={y - size}
        width={size * 2}
        height={size * 2}
        transform={`rotate(45 ${x} ${y})`}
      />
    </g>
  );
}

function lanesOf(facts: ChartFacts): readonly ChangeKind[] {
  return lanes.filter(
    (kind) => standingLanes.includes(kind) || facts.changes.some((change) => change.kind === kind),
  );
}

function Lanes(props: {
  readonly facts: ChartFacts;
  readonly scale: Scale;
  readonly lanes: readonly ChangeKind[];
}) {
  const { facts, scale } = props;
  return (
    <g>
      {props.lanes.map((kind, at) => {
        const y = laneTop + at * laneHeight;
        const entries = facts.changes.filter((change) => change.kind === kind);
        const inside = entries.filter(
          (change) => change.atMs >= scale.fromMs && change.atMs <= scale.toMs,
        );
        return (
          <g key={kind}>
            <text x="0" y={y + 4}>
              {laneWords[kind]}
            </text>
            <line className="rule" x1={left} x2={scale.right} y1={y} y2={y} />
            {entries.length === 0 && (
              <text className="faint halo" x={left + 2} y={y + 4}>
                {laneSources[kind]}
              </text>
            )}
            {inside
              .toSorted(
                (a, b) => Number(facts.suspects.has(a.id)) - Number(facts.suspects.has(b.id)),
              )
              .map((change) => (
                <LaneMark
                  key={change.id}
                  change={change}
                  facts={facts}
                  x={scale.x(change.atMs)}
                  y={y}
                  right={scale.right}
                />
              ))}
          </g>
        );
      })}
    </g>
  );
}

function Onset(props: {
  readonly facts: ChartFacts;
  readonly scale: Scale;
  readonly bottom: number;
}) {
  const { facts, scale } = props;
  if (facts.onsetMs === null) return null;
  const at = scale.x(facts.onsetMs);
  const toLeft = at > (left + scale.right) / 2;
  const around = facts.onsetPlusMinusMs > 0 ? ` ± ${lasting(facts.onsetPlusMinusMs)}` : "";
  return (
    <g>
      <line className="onset" x1={at} x2={at} y1="4" y2={barsBase} />
      <text
        className="strong halo"
        x={toLeft ? at - 7 : at + 7}
        y={plotTop + plotHeight * 0.86}
        textAnchor={toLeft ? "end" : "start"}
      >
        onset {momentOf(facts.onsetMs)}
        {around}
      </text>
    </g>
  );
}

function OnsetBand(props: {
  readonly facts: ChartFacts;
  readonly scale: Scale;
  readonly bottom: number;
}) {
  const { facts, scale } = props;
  if (facts.onsetMs === null || facts.onsetPlusMinusMs === 0) return null;
  const from = Math.max(left, scale.x(facts.onsetMs - facts.onsetPlusMinusMs));
  const to = Math.min(scale.right, scale.x(facts.onsetMs + facts.onsetPlusMinusMs));
  return (
    <rect
      className={`onset-band onset-${signalWords[facts.signal].letter}`}
      x={from}
      y="4"
      width={Math.max(2, to - from)}
      height={props.bottom}
    />
  );
}

function Days(props: { readonly scale: Scale; readonly y: number }) {
  const { scale } = props;
  const days = (scale.toMs - scale.fromMs) / dayMs;
  const ticks = Math.max(2, Math.min(Math.floor((scale.right - left) / 110), Math.ceil(days) * 2));
  const isFine = days < 5;
  return (
    <g>
      {Array.from({ length: ticks + 1 }, (_, at) => {
        const ms = scale.fromMs + ((scale.toMs - scale.fromMs) * at) / ticks;
        return (
          <text
            key={at}
            x={scale.x(ms)}
            y={props.y}
            textAnchor={at === 0 ? "start" : at === ticks ? "end" : "middle"}
          >
            {isFine ? momentOf(ms) : dayOf(ms)}
          </text>
        );
      })}
    </g>
  );
}

function chartWords(facts: ChartFacts): string {
  const last = facts.series.findLast((point) => point.value !== null);
  const usual =
    facts.band === null ? "" : `, usual range ${rate(facts.band.low)} to ${rate(facts.band.high)}`;
  const onset = facts.onsetMs === null ? "" : `, onset ${momentOf(facts.onsetMs)}`;
  const now = last?.value == null ? "never measured" : `last ${rate(last.value)}`;
  return `${facts.signal} of ${facts.workflow.name}: ${now}${usual}${onset}. The same as a table behind the button.`;
}

/** The large chart: rate with its usual range, failing runs a day, one lane for each kind of change, the onset across all. */
export function SignalChart(props: { readonly facts: ChartFacts; readonly around: boolean }) {
  const { facts } = props;
  const [ref, width] = useWidth();
  const scale = scaleOf(facts, width, props.around);
  const shown = lanesOf(facts);
  const bottom = laneTop + shown.length * laneHeight;
  return (
    <div ref={ref} className="chart">
      <svg
        viewBox={`0 0 ${width} ${bottom + 18}`}
        width={width}
        height={bottom + 18}
        role="img"
        aria-label={chartWords(facts)}
      >
        <OnsetBand facts={facts} scale={scale} bottom={bottom - 10} />
        <Plot facts={facts} scale={scale} />
        <FailingBars facts={facts} scale={scale} />
        <Onset facts={facts} scale={scale} bottom={bottom} />
        <Lanes facts={facts} scale={scale} lanes={shown} />
        <Days scale={scale} y={bottom + 12} />
      </svg>
    </div>
  );
}

/** The same facts in words and numbers. */
export function ChartTable(props: { readonly facts: ChartFacts }) {
  const { facts } = props;
  return (
    <div
      className="chart-table"
      tabIndex={0}
      role="region"
      aria-label={`${facts.signal} as a table`}
      data-scrolls=""
    >
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
      <table className="plain">
        <caption>Changes</caption>
        <thead>
          <tr>
            <th scope="col">when</th>
            <th scope="col">kind</th>
            <th scope="col">what</th>
            <th scope="col">known from</th>
          </tr>
        </thead>
        <tbody>
          {facts.changes.map((change) => (
            <tr key={change.id}>
              <th scope="row">
                <Moment ms={change.atMs} />
              </th>
              <td>{laneWords[change.kind]}</td>
              <td>
                {changeText(change)}
                {facts.suspects.has(change.id) ? " (a cause rests on it)" : ""}
                {facts.notThese.has(change.id)
                  ? ` (ruled out: ${facts.notThese.get(change.id) ?? ""})`
                  : ""}
              </td>
              <td>{change.origin === "told" ? "told" : "spans"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
