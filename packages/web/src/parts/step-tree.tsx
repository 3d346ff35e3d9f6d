import { useEffect, useRef, useState } from "react";
import { signalNames } from "@rootward/pipeline/model/signal";
import type { SignalName, Signals } from "@rootward/pipeline/model/signal";
import { policy } from "@rootward/pipeline/model/policy";
import type { RunAnswer } from "../api.ts";
import { lasting } from "../format.ts";
import { signalsOf } from "../story.ts";
import type { Stop } from "../trail.ts";
import type { TreeRow } from "../tree.ts";
import { absentWords, plainWords } from "../words.ts";
import { SignalMark, markOf } from "./fingerprint.tsx";
import type { Mark } from "./fingerprint.tsx";

const rowHeight = 26;
const windowedFrom = 400;
const overscan = 30;

export interface TreeView {
  readonly answer: RunAnswer;
  readonly rows: readonly TreeRow[];
  readonly stops: readonly Stop[];
  readonly selected: string;
  readonly folded: ReadonlySet<string>;
  readonly dims: boolean;
  readonly onSelect: (id: string) => void;
  readonly onFold: (id: string) => void;
}

/** The readings of an agent's part of the run: measured apart where the server says so; the root agent's are the run's. */
export function readingsOf(answer: RunAnswer, row: TreeRow): Signals | null {
  const apart = answer.agentSignals ?? {};
  if (Object.hasOwn(apart, row.id)) return apart[row.id] ?? null;
  return row.depth === 0 && row.id === answer.run.rootSpanId ? signalsOf(answer) : null;
}

function markAt(
  answer: RunAnswer,
  row: TreeRow,
  signal: SignalName,
): { readonly mark: Mark; readonly label: string } {
  const readings = readingsOf(answer, row);
  if (readings !== null) {
    const reading = readings[signal];
    const mark = markOf(signal, reading);
    const label =
      reading.kind === "absent"
        ? `${signal}: ${absentWords[reading.why]}`
        : `${signal} ${String(reading.value)}`;
    return { mark, label };
  }
  const confidence = row.step?.confidence ?? null;
  if (signal === "confidence" && confidence !== null)
    return {
      mark: confidence < policy("confidenceLowBelow") ? "bad" : "ok",
      label: `confidence ${confidence.toFixed(2)}`,
    };
  const reading = signalsOf(answer)[signal];
  const isEvidence =
    markOf(signal, reading) === "bad" &&
    reading.kind === "measured" &&
    reading.evidence.some((one) => one.spanId === row.id);
  return isEvidence
    ? { mark: "bad", label: `${signal} failed on this step's evidence` }
    : { mark: "na", label: `${signal} is not measured on this step` };
}

/** Which part of the gutter's line a row carries: the trail runs from stop to stop over the rows between. */
function wireAt(at: number, places: readonly (number | undefined)[], stops: readonly Stop[]) {
  let up = false;
  let down = false;
  let isProven = true;
  for (let hop = 1; hop < stops.length; hop++) {
    const from = places[hop - 1];
    const to = places[hop];
    if (from === undefined || to === undefined || stops[hop]?.proof === null) continue;
    const top = Math.min(from, to);
    const bottom = Math.max(from, to);
    if (at < top || at > bottom) continue;
    up ||= at > top;
    down ||= at < bottom;
    if (stops[hop]?.proof === "order") isProven = false;
  }
  return { up, down, isProven };
}

function Gutter(props: {
  readonly stop: Stop | undefined;
  readonly wire: ReturnType<typeof wireAt>;
}) {
  const { stop, wire } = props;
  const y1 = wire.up ? 0 : 13;
  const y2 = wire.down ? rowHeight : 13;
  return (
    <span
      role="gridcell"
      className="gut"
      aria-label={stop === undefined ? "not on the trail" : `stop ${stop.number} of the trail`}
    >
      <svg width="40" height={rowHeight} aria-hidden="true">
        {(wire.up || wire.down) && (
          <line
            className={wire.isProven ? "wire" : "wire unproven"}
            x1="20"
            x2="20"
            y1={y1}
            y2={y2}
          />
        )}
        {stop !== undefined && (
          <>
            <circle className={stop.isOrigin ? "stop cause" : "stop"} cx="20" cy="13" r="8" />
            <text
              className={stop.isOrigin ? "stop-n cause" : "stop-n"}
              x="20"
              y="17"
              textAnchor="middle"
            >
              {stop.number}
            </text>
          </>
        )}
      </svg>
    </span>
  );
}

function noteOf(answer: RunAnswer, row: TreeRow, stop: Stop | undefined): string | null {
  if (stop?.isOrigin === true) {
    const kind = answer.diagnosed?.origin?.kind;
    return kind === undefined ? "first broken step" : `first broken step: ${plainWords(kind)}`;
  }
  if (stop?.number === 1) return "failure seen here";
  const deviation = answer.diagnosed?.deviations.find((one) => one.spanId === row.id);
  return deviation === undefined ? null : plainWords(deviation.name);
}

function Bar(props: {
  readonly row: TreeRow;
  readonly totalMs: number;
  readonly note: string | null;
  readonly isOn: boolean;
}) {
  const { row, totalMs, note } = props;
  const from = (100 * row.startMs) / totalMs;
  const width = Math.max(0.6, (100 * row.durationMs) / totalMs);
  const isInside = from + width > 55;
  return (
    <span role="gridcell" className="tl">
      <svg width="100%" height={rowHeight} aria-hidden="true">
        <rect
          className={props.isOn ? "span on" : "span"}
          x={`${from}%`}
          y="9"
          width={`${width}%`}
          height="8"
          rx="2"
        />
        {note !== null && (
          <text
            className="strong"
            x={`${isInside ? from - 1 : from + width + 1}%`}
            y="17"
            textAnchor={isInside ? "end" : "start"}
          >
            {note}
          </text>
        )}
      </svg>
      {note !== null && <span className="sr">{note}</span>}
    </span>
  );
}

function NameCell(props: { readonly view: TreeView; readonly row: TreeRow }) {
  const { view, row } = props;
  const failed = row.span?.statusCode === "error" || row.step?.outcome === "error";
  return (
    <span role="gridcell" className={`nm d${Math.min(12, row.depth)}`}>
      {row.children > 0 ? (
        <span
          className="twist"
          aria-hidden="true"
          onClick={(event) => {
            event.stopPropagation();
            view.onFold(row.id);
          }}
        >
          {view.folded.has(row.id) ? "›" : "⌄"}
        </span>
      ) : (
        <span className="twist" />
      )}
      <b title={row.name}>{row.step?.kind === "handoff" ? `→ ${row.name}` : row.name}</b>
      <span className="kind">
        {row.kind}
        {row.span === null && ", from messages"}
        {failed && ", error"}
      </span>
    </span>
  );
}

function Row(props: {
  readonly view: TreeView;
  readonly row: TreeRow;
  readonly at: number;
  readonly places: readonly (number | undefined)[];
  readonly totalMs: number;
}) {
  const { view, row, at } = props;
  const stop = view.stops.find((one) => one.spanId === row.id);
  const isSelected = view.selected === row.id;
  const isAgent = row.step?.kind === "agent";
  const classes = [
    "row",
    isAgent ? "agent" : "",
    row.step?.kind === "handoff" ? "hand" : "",
    isSelected ? "sel" : "",
    stop === undefined ? (view.dims && !isAgent ? "off" : "") : "onit",
  ];
  return (
    <div
      className={classes.filter((name) => name !== "").join(" ")}
      role="row"
      id={`row-${row.id}`}
      aria-level={row.depth + 1}
      aria-rowindex={at + 1}
      aria-selected={isSelected}
      {...(row.children > 0 ? { "aria-expanded": !view.folded.has(row.id) } : {})}
      onClick={() => view.onSelect(row.id)}
    >
      <Gutter stop={stop} wire={wireAt(at, props.places, view.stops)} />
      <NameCell view={view} row={row} />
      {signalNames.map((signal) => {
        const { mark, label } = markAt(view.answer, row, signal);
        return (
          <span key={signal} role="gridcell" className="s">
            <SignalMark signal={signal} mark={mark} size={13} label={label} />
          </span>
        );
      })}
      <Bar
        row={row}
        totalMs={props.totalMs}
        note={noteOf(view.answer, row, stop)}
        isOn={stop !== undefined}
      />
      <span role="gridcell" className="du">
        {row.span === null ? "–" : lasting(row.durationMs)}
      </span>
    </div>
  );
}

function Header(props: { readonly totalMs: number }) {
  return (
    <div className="hdr" aria-hidden="true">
      <span />
      <span className="hdr-name">span</span>
      {signalNames.map((signal) => (
        <span key={signal} className="s" title={signal}>
          <SignalMark signal={signal} mark="bad" />
        </span>
      ))}
      <span className="ticks">
        {[0, 0.25, 0.5, 0.75, 1].map((part) => (
          <span key={part}>{part === 0 ? "0" : lasting(props.totalMs * part)}</span>
        ))}
      </span>
      <span />
    </div>
  );
}

/** The part of the rows that is in sight; all of them below `windowedFrom`. */
function useWindow(rows: number) {
  const ref = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const isWindowed = rows > windowedFrom;
  const inSight = Math.ceil((ref.current?.clientHeight ?? 700) / rowHeight);
  const from = isWindowed ? Math.max(0, Math.floor(top / rowHeight) - overscan) : 0;
  const to = isWindowed ? Math.min(rows, from + inSight + 2 * overscan) : rows;
  return { ref, from, to, isWindowed, onScroll: () => setTop(ref.current?.scrollTop ?? 0) };
}

/** The run as a tree of steps: trail in the gutter, four signals, durations. One tab stop; arrows and `j` `k` move in it. */
export function StepTree(props: { readonly view: TreeView }) {
  const { view } = props;
  const shown = view.rows.filter((row) => !row.parents.some((parent) => view.folded.has(parent)));
  const places = view.stops.map((stop) => {
    const at = shown.findIndex((row) => row.id === stop.spanId);
    return at === -1 ? undefined : at;
  });
  const totalMs = Math.max(1, ...view.rows.map((row) => row.startMs + row.durationMs));
  const pane = useWindow(shown.length);
  const at = shown.findIndex((row) => row.id === view.selected);
  useEffect(() => {
    const element = pane.ref.current;
    if (element === null || at < 0) return;
    const top = at * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = top + rowHeight - element.clientHeight;
  }, [at, pane.ref]);
  return (
    <div className="tree">
      <Header totalMs={totalMs} />
      <div
        ref={pane.ref}
        className={pane.isWindowed ? "rows windowed" : "rows"}
        role="treegrid"
        aria-label="Steps of the run"
        aria-rowcount={shown.length}
        aria-colcount={7}
        aria-activedescendant={at >= pane.from && at < pane.to ? `row-${view.selected}` : undefined}
        tabIndex={0}
        onScroll={pane.onScroll}
      >
        {pane.from > 0 && <svg role="presentation" width="1" height={pane.from * rowHeight} />}
        {shown.slice(pane.from, pane.to).map((row, offset) => (
          <Row
            key={row.id}
            view={view}
            row={row}
            at={pane.from + offset}
            places={places}
            totalMs={totalMs}
          />
        ))}
        {pane.to < shown.length && (
          <svg role="presentation" width="1" height={(shown.length - pane.to) * rowHeight} />
        )}
      </div>
    </div>
  );
}
