import { momentOf, rate } from "../format.ts";
import { rangeOf } from "../series.ts";
import type { Band, SeriesPoint } from "../series.ts";
import type { SignalName } from "@rootward/pipeline/model/signal";
import { signalWords } from "../words.ts";

const width = 186;
const height = 36;

/** The points of a line, broken where a bucket has no reading. */
export function linePath(
  series: readonly SeriesPoint[],
  x: (ms: number) => number,
  y: (value: number) => number,
): string {
  let isPen = false;
  let path = "";
  for (const point of series) {
    if (point.value === null) {
      isPen = false;
      continue;
    }
    path += `${isPen ? "L" : "M"}${x((point.startMs + point.endMs) / 2).toFixed(1)} ${y(point.value).toFixed(1)}`;
    isPen = true;
  }
  return path;
}

function wordsOf(
  signal: SignalName,
  series: readonly SeriesPoint[],
  band: Band | null,
  onsetMs: number | null,
): string {
  const values = series.flatMap((point) => point.value ?? []);
  const usual =
    band === null ? "no usual range yet" : `usual ${rate(band.low)} to ${rate(band.high)}`;
  const onset = onsetMs === null ? "" : `, onset ${momentOf(onsetMs)}`;
  return `${signal} between ${rate(Math.min(...values))} and ${rate(Math.max(...values))}, ${usual}${onset}`;
}

function Dots(props: {
  readonly series: readonly SeriesPoint[];
  readonly x: (ms: number) => number;
  readonly y: (value: number) => number;
}) {
  return props.series.map((point) => (
    <circle
      key={point.startMs}
      className="dot"
      r="1.6"
      cx={props.x((point.startMs + point.endMs) / 2)}
      cy={props.y(point.value ?? 0)}
    />
  ));
}

/** A signal's history in a table cell: usual band, line, onset. Without a baseline only dots, as nothing is usual yet. */
export function Sparkline(props: {
  readonly signal: SignalName;
  readonly series: readonly SeriesPoint[];
  readonly band: Band | null;
  readonly onsetMs: number | null;
  readonly isDrifting: boolean;
}) {
  const { signal, series, band, onsetMs } = props;
  const first = series[0];
  const last = series.at(-1);
  if (first === undefined || last === undefined) return null;
  const range = rangeOf(series, band);
  const span = Math.max(1, last.endMs - first.startMs);
  const x = (ms: number) => 2 + ((ms - first.startMs) / span) * (width - 6);
  const y = (value: number) =>
    4 + (1 - (value - range.low) / (range.high - range.low)) * (height - 8);
  const letter = signalWords[signal].letter;
  const measured = series.filter((point) => point.value !== null);
  const end = measured.at(-1);
  return (
    <svg
      className="spark"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={wordsOf(signal, series, band, onsetMs)}
    >
      {band !== null && (
        <rect
          className="band"
          x="0"
          y={y(band.high)}
          width={width}
          height={Math.max(3, y(band.low) - y(band.high))}
        />
      )}
      {onsetMs !== null && (
        <line className="onset" x1={x(onsetMs)} x2={x(onsetMs)} y1="0" y2={height} />
      )}
      {band === null ? (
        <Dots series={measured} x={x} y={y} />
      ) : (
        <path
          className={props.isDrifting ? `line line-${letter} moved` : "line"}
          d={linePath(series, x, y)}
        />
      )}
      {props.isDrifting && end !== undefined && (
        <circle
          className={`fill-${letter}`}
          r="2.6"
          cx={x((end.startMs + end.endMs) / 2)}
          cy={y(end.value ?? 0)}
        />
      )}
    </svg>
  );
}
