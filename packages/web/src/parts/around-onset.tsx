import { signalNames } from "@rootward/pipeline/model/signal";
import type { SignalName } from "@rootward/pipeline/model/signal";
import type { WorkflowDiagnosis } from "@rootward/pipeline/model/baseline";
import { count, rate } from "../format.ts";
import { shownShare, totalsOf, usualBand } from "../series.ts";
import { signalWords } from "../words.ts";
import { SignalMark, SignalShape } from "./fingerprint.tsx";

const width = 520;
const x = (value: number) => 8 + value * (width - 16);

interface Sides {
  readonly before: number | null;
  readonly since: number | null;
  readonly beforeRuns: number;
  readonly sinceRuns: number;
}

function sidesOf(workflow: WorkflowDiagnosis, signal: SignalName, onsetMs: number): Sides {
  const before = totalsOf(workflow.daily[signal], -Infinity, onsetMs - 1);
  const since = totalsOf(workflow.daily[signal], onsetMs - 1);
  const share = (side: typeof before) =>
    side.measured === 0 ? null : shownShare(signal, side.good, side.measured);
  return {
    before: share(before),
    since: share(since),
    beforeRuns: before.measured,
    sinceRuns: since.measured,
  };
}

function Dumbbell(props: {
  readonly workflow: WorkflowDiagnosis;
  readonly signal: SignalName;
  readonly sides: Sides;
  readonly moved: boolean;
}) {
  const { signal, sides, moved } = props;
  const band = usualBand(props.workflow, signal);
  const letter = signalWords[signal].letter;
  const { before, since } = sides;
  const words = `${signal}: ${before === null ? "not measured" : rate(before)} before, ${since === null ? "not measured" : rate(since)} since`;
  return (
    <svg className="dumbbell" viewBox={`0 0 ${width} 20`} role="img" aria-label={words}>
      <line className="rule" x1="8" x2={width - 8} y1="10" y2="10" />
      {band !== null && (
        <rect
          className="band"
          x={x(band.low)}
          y="4"
          width={Math.max(3, x(band.high) - x(band.low))}
          height="12"
        />
      )}
      {moved && before !== null && since !== null && (
        <>
          <line
            className={`line line-${letter} wide`}
            x1={x(since)}
            x2={x(before)}
            y1="10"
            y2="10"
          />
          <g className={`hollow line-${letter}`}>
            <SignalShape signal={signal} x={x(before)} y={10} half={4.6} />
          </g>
        </>
      )}
      {since !== null && (
        <g className={moved ? `fill-${letter}` : "hollow"}>
          <SignalShape signal={signal} x={x(since)} y={10} half={moved ? 6 : 4.4} />
        </g>
      )}
    </svg>
  );
}

/** Each signal of the whole workflow before and since the onset: members alone would fail by definition. */
export function AroundOnset(props: {
  readonly workflow: WorkflowDiagnosis;
  readonly onsetMs: number;
}) {
  const { workflow, onsetMs } = props;
  return (
    <div className="around">
      {signalNames.map((signal) => {
        const sides = sidesOf(workflow, signal, onsetMs);
        const drifted = workflow.drifts.some((drift) => drift.signal === signal);
        const { before, since } = sides;
        if (before === null && since === null)
          return (
            <div key={signal} className="around-row">
              <span className="v">
                <SignalMark signal={signal} mark="na" size={14} /> {signal}
              </span>
              <span className="faint">not measured in this workflow</span>
              <span />
            </div>
          );
        return (
          <div key={signal} className="around-row">
            <span className={drifted ? "v strong" : "v"}>
              <SignalMark signal={signal} mark={drifted ? "bad" : "ok"} size={14} /> {signal}
            </span>
            <Dumbbell workflow={workflow} signal={signal} sides={sides} moved={drifted} />
            <span
              title={`${count(sides.beforeRuns)} readings before, ${count(sides.sinceRuns)} since`}
            >
              {before === null ? "–" : rate(before)} →{" "}
              {drifted ? (
                <b>{since === null ? "–" : rate(since)}</b>
              ) : since === null ? (
                "–"
              ) : (
                rate(since)
              )}{" "}
              {!drifted && <span className="faint">steady</span>}
            </span>
          </div>
        );
      })}
    </div>
  );
}
