import { useEffect, useRef, useState } from "react";
import type { Change, ChangeKind } from "@rootward/pipeline/model/change";
import { dayOf, lasting, momentOf, rate } from "../format.ts";
import { rangeOf } from "../series.ts";
import type { Band } from "../series.ts";
import { changeText } from "../story.ts";
import { laneSources, laneWords, lanes, signalWords } from "../words.ts";
import type { ChartFacts } from "./chart-facts.ts";
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

function UsualRange(props: { readonly facts: ChartFacts; readonly scale: Scale }) {
  const { band } = props.facts;
  const { y, range, right } = props.scale;
  if (band === null) return null;
  const isRoomBelow = band.low - range.low > 0.03;
  return (
    <>
      <rect
        className="band"
        x={left}
        y={y(band.high)}
        width={right - left}
        height={Math.max(3, y(band.low) - y(band.high))}
      />
      <text
        className="faint halo"
        x={left + 4}
        y={isRoomBelow ? y(band.low) + 13 : y(band.high) - 5}
      >
        usual range {rate(band.low)} to {rate(band.high)}
      </text>
    </>
  );
}

function Axis(props: { readonly facts: ChartFacts; readonly scale: Scale }) {
  const { y, range, right } = props.scale;
  const isTenth = (value: number) => Math.abs(value * 10 - Math.round(value * 10)) < 0.01;
  return (
    <>
      {[range.high, (range.low + range.high) / 2, range.low].map((value) => (
        <g key={value}>
          <line className="rule" x1={left} x2={right} y1={y(value)} y2={y(value)} />
          <text x={left - 8} y={y(value) + 4} textAnchor="end">
            {value.toFixed(isTenth(value) ? 1 : 2)}
          </text>
        </g>
      ))}
      <text x="0" y="20">
        {props.facts.signal === "downstream_ok" ? "downstr." : props.facts.signal}
      </text>
      <text x="0" y="34">
        {props.facts.band === null ? "no range yet" : "share"}
      </text>
    </>
  );
}

/** The last rate in words, on the side where the line does not come from. */
function LastRate(props: { readonly facts: ChartFacts; readonly scale: Scale }) {
  const { facts, scale } = props;
  const measured = facts.series.filter(
    (point) => point.value !== null && point.startMs < scale.toMs,
  );
  const last = measured.at(-1)?.value ?? null;
  const before = measured.at(-2)?.value ?? null;
  if (last === null || facts.onsetMs === null) return null;
  const isFalling = before !== null && before > last;
  return (
    <text
      className={`strong halo now-${signalWords[facts.signal].letter}`}
      x={scale.right}
      y={scale.y(last) + (isFalling ? 17 : -10)}
      textAnchor="end"
    >
      {rate(last)} {measured.at(-1) === facts.series.at(-1) ? "now" : ""}
    </text>
  );
}

function Plot(props: { readonly facts: ChartFacts; readonly scale: Scale }) {
  const { facts, scale } = props;
  const letter = signalWords[facts.signal].letter;
  const inside = facts.series.filter(
    (point) => point.endMs > scale.fromMs && point.startMs < scale.toMs,
  );
  return (
    <g>
      <UsualRange facts={facts} scale={scale} />
      <Axis facts={facts} scale={scale} />
      {facts.band === null ? (
        inside.map((point) =>
          point.value === null ? null : (
            <circle
              key={point.startMs}
              className={`fill-${letter}`}
              r="2.4"
              cx={scale.x((point.startMs + point.endMs) / 2)}
              cy={scale.y(point.value)}
            />
          ),
        )
      ) : (
        <path className={`line line-${letter} wide`} d={linePath(inside, scale.x, scale.y)} />
      )}
      <LastRate facts={facts} scale={scale} />
    </g>
  );
}

function FailingBars(props: { readonly facts: ChartFacts; readonly scale: Scale }) {
  const { facts, scale } = props;
  const most = Math.max(1, ...facts.failing.map((day) => day.runs));
  const clip = (ms: number) => Math.min(scale.right, Math.max(left, scale.x(ms)));
  return (
    <g>
      <text x="0" y={barsBase - 18}>
        in clusters
      </text>
      <text x="0" y={barsBase - 4}>
        a day
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
  const value = last?.value ?? null;
  const now = value === null ? "never measured" : `last ${rate(value)}`;
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
