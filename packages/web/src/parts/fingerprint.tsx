import { useId } from "react";
import { policy } from "@rootward/pipeline/model/policy";
import { signalNames } from "@rootward/pipeline/model/signal";
import type { Reading, SignalName, Signals } from "@rootward/pipeline/model/signal";
import { signalWords, unknownReasons } from "../words.ts";

/** `bad`, `ok`, nothing to measure, not known, or the share of members that fail. */
export type Mark = "bad" | "ok" | "na" | "unknown" | number;
export type Marks = Readonly<Record<SignalName, Mark>>;

const failsWhen = {
  grounded: (value: unknown) => typeof value === "number" && value < policy("groundedFailsBelow"),
  fallback: (value: unknown) => value === true,
  confidence: (value: unknown) => typeof value === "number" && value < policy("confidenceLowBelow"),
  downstream_ok: (value: unknown) => value === false,
} as const satisfies Record<SignalName, (value: unknown) => boolean>;

/** How one reading is drawn. */
export function markOf(signal: SignalName, reading: Reading<unknown>): Mark {
  if (reading.kind === "absent") return unknownReasons.has(reading.why) ? "unknown" : "na";
  return failsWhen[signal](reading.value) ? "bad" : "ok";
}

/** The four marks of a run. */
export function marksOf(signals: Signals): Marks {
  return {
    grounded: markOf("grounded", signals.grounded),
    fallback: markOf("fallback", signals.fallback),
    confidence: markOf("confidence", signals.confidence),
    downstream_ok: markOf("downstream_ok", signals.downstream_ok),
  };
}

/**
 * The four marks of a cluster: the share of members that fail for each reason. Low confidence fails no run, so that only a
 * cluster whose primary deviation it is shows it, in all its members.
 */
export function marksOfMembers(cluster: {
  readonly failing: Readonly<Record<string, number>>;
  readonly signature: { readonly primary: string };
}): Marks {
  const { failing, signature } = cluster;
  return {
    grounded: failing["grounded"] ?? "ok",
    fallback: failing["fallback"] ?? "ok",
    confidence: signature.primary === "low_confidence" ? 1 : "ok",
    downstream_ok: failing["downstream_ok"] ?? "ok",
  };
}

/** The silhouette of a cause: the signals that it moves. */
export function marksOfShape(signals: readonly SignalName[]): Marks {
  const mark = (signal: SignalName): Mark => (signals.includes(signal) ? "bad" : "ok");
  return {
    grounded: mark("grounded"),
    fallback: mark("fallback"),
    confidence: mark("confidence"),
    downstream_ok: mark("downstream_ok"),
  };
}

function wordsOf(marks: Marks): string {
  const said = signalNames.flatMap((signal) => {
    const mark = marks[signal];
    if (typeof mark === "number")
      return mark > 0 ? `${signal} failing in ${Math.round(mark * 100)} %` : [];
    return mark === "bad" ? `${signal} failing` : [];
  });
  return said.length === 0 ? "no signal failing" : said.join(", ");
}

const quadrants = {
  grounded: { path: "M1 9.4V4.5A3.5 3.5 0 0 1 4.5 1H9.4V9.4Z", x: 5.2, y: 5.2 },
  fallback: { path: "M10.6 1H15.5A3.5 3.5 0 0 1 19 4.5V9.4H10.6Z", x: 14.8, y: 5.2 },
  confidence: { path: "M1 10.6H9.4V19H4.5A3.5 3.5 0 0 1 1 15.5Z", x: 5.2, y: 14.8 },
  downstream_ok: { path: "M10.6 10.6H19V15.5A3.5 3.5 0 0 1 15.5 19H10.6Z", x: 14.8, y: 14.8 },
} as const satisfies Record<SignalName, { path: string; x: number; y: number }>;

/** The shape of a signal around a point: circle, triangle, diamond, square. */
export function SignalShape(props: {
  readonly signal: SignalName;
  readonly x: number;
  readonly y: number;
  readonly half: number;
}) {
  const { x, y, half } = props;
  switch (props.signal) {
    case "grounded":
      return <circle cx={x} cy={y} r={half} />;
    case "fallback":
      return (
        <path
          d={`M${x - half} ${y + half * 0.88}L${x} ${y - half}L${x + half} ${y + half * 0.88}Z`}
        />
      );
    case "confidence": {
      const reach = half * 1.12;
      return (
        <path d={`M${x} ${y - reach}L${x + reach} ${y}L${x} ${y + reach}L${x - reach} ${y}Z`} />
      );
    }
    case "downstream_ok":
      return (
        <rect x={x - half * 0.88} y={y - half * 0.88} width={half * 1.76} height={half * 1.76} />
      );
  }
}

function Quadrant(props: {
  readonly signal: SignalName;
  readonly mark: Mark;
  readonly cut: boolean;
}) {
  const clip = useId();
  const { path, x, y } = quadrants[props.signal];
  const filled = `fp-bad fp-${signalWords[props.signal].letter}`;
  if (props.mark === "na") return <circle className="fp-na" cx={x} cy={y} r="1" />;
  if (props.mark === "unknown") return <path className="fp-unknown" d={path} />;
  if (props.mark === "ok" || props.mark === 0) return <path className="fp-q" d={path} />;
  if (props.mark === "bad" || props.mark >= 0.995)
    return (
      <>
        <path className={filled} d={path} />
        {props.cut && (
          <g className="fp-cut">
            <SignalShape signal={props.signal} x={x} y={y} half={1.9} />
          </g>
        )}
      </>
    );
  const top = y < 10 ? 1 : 10.6;
  const height = 8.4 * props.mark;
  return (
    <>
      <path className="fp-q" d={path} />
      <clipPath id={clip}>
        <rect x="0" y={top + 8.4 - height} width="20" height={height} />
      </clipPath>
      <path className={filled} clipPath={`url(#${clip})`} d={path} />
    </>
  );
}

/** The four readings as one tile; above 22 px the signals' shapes are cut out. */
export function Fingerprint(props: { readonly marks: Marks; readonly size: number }) {
  return (
    <svg
      className="fp"
      viewBox="0 0 20 20"
      width={props.size}
      height={props.size}
      role="img"
      aria-label={wordsOf(props.marks)}
    >
      {signalNames.map((signal) => (
        <Quadrant key={signal} signal={signal} mark={props.marks[signal]} cut={props.size >= 22} />
      ))}
    </svg>
  );
}

/** One signal's mark; without a label it is decoration beside a word. */
export function SignalMark(props: {
  readonly signal: SignalName;
  readonly mark: Mark;
  readonly size?: number;
  readonly label?: string;
}) {
  const size = props.size ?? 12;
  const spoken =
    props.label === undefined
      ? { "aria-hidden": true }
      : { role: "img", "aria-label": props.label };
  const isBad = props.mark === "bad" || (typeof props.mark === "number" && props.mark > 0);
  const className = isBad
    ? `fp-bad fp-${signalWords[props.signal].letter}`
    : props.mark === "unknown"
      ? "fp-unknown"
      : "fp-ok";
  return (
    <svg className="mk" viewBox="0 0 12 12" width={size} height={size} {...spoken}>
      {props.mark === "na" ? (
        <circle className="fp-na" cx="6" cy="6" r="1.1" />
      ) : (
        <g className={className}>
          <SignalShape signal={props.signal} x={6} y={6} half={isBad ? 4.3 : 3.6} />
        </g>
      )}
    </svg>
  );
}
