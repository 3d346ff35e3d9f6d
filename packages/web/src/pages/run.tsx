import { useMemo, useState } from "react";
import type { DiagnosedRun } from "@rootward/pipeline/model/cluster";
import { isRunAnswer, useApi } from "../api.ts";
import type { Answer, Overview, RunAnswer } from "../api.ts";
import { count, counted, lasting, shortId } from "../format.ts";
import { useKeys } from "../keys.ts";
import { Keys, Moment, Sentence, Waiting } from "../parts/bits.tsx";
import { Fingerprint, marksOf } from "../parts/fingerprint.tsx";
import { Inspector } from "../parts/inspector.tsx";
import { OriginBar } from "../parts/origin-bar.tsx";
import { Passed } from "../parts/passed.tsx";
import { StepTree } from "../parts/step-tree.tsx";
import { Link, go, setSearch, usePage, useUrl } from "../router.tsx";
import { runSentence, signalsOf } from "../story.ts";
import { trailOf } from "../trail.ts";
import type { Stop } from "../trail.ts";
import { rowsOf } from "../tree.ts";
import type { TreeRow } from "../tree.ts";

const titleMost = 110;

function titleOf(answer: RunAnswer): string {
  const text = answer.digest.inputText;
  if (text === null || text.trim() === "") return `Run ${shortId(answer.digest.id)}`;
  return `“${text.length > titleMost ? `${text.slice(0, titleMost)}…` : text}”`;
}

function Facts(props: { readonly answer: RunAnswer }) {
  const { digest, run, spans } = props.answer;
  const tokens = digest.steps.reduce(
    (sum, step) => sum + (step.tokensIn ?? 0) + (step.tokensOut ?? 0),
    0,
  );
  const versions = Object.entries(digest.versions).slice(0, 4);
  return (
    <div className="facts">
      <span>
        {digest.workflow}, {digest.environment}
      </span>
      <span>
        <Moment ms={digest.startedMs} />
      </span>
      <span>{lasting(digest.endedMs - digest.startedMs)}</span>
      <span>
        {counted(run.agents.length, "agent")}, {counted(spans.length, "span")}
      </span>
      {tokens > 0 && <span>{count(tokens)} tokens</span>}
      {versions.map(([name, value]) => (
        <span key={name}>
          {name} <code>{value.slice(0, 24)}</code>
        </span>
      ))}
      {!digest.complete && <span className="chip">its end was not received</span>}
      {run.contentCaptured !== "full" && (
        <span className="chip">content recorded: {run.contentCaptured}</span>
      )}
    </div>
  );
}

function Head(props: { readonly answer: RunAnswer }) {
  const { answer } = props;
  const title = titleOf(answer);
  const heading = usePage(`Run ${shortId(answer.digest.id)} · ${answer.digest.workflow}`);
  return (
    <div className="top">
      <div className="crumb">
        <Link href="/runs">Runs</Link> / {answer.digest.workflow} / {shortId(answer.digest.id)}
        {answer.diagnosed !== null && (
          <span className="end">
            in{" "}
            <Link className="lnk" href={`/clusters/${answer.diagnosed.cluster}`}>
              {answer.diagnosed.cluster}
            </Link>
          </span>
        )}
      </div>
      <div className="head">
        <Fingerprint marks={marksOf(signalsOf(answer))} size={40} />
        <div className="t">
          <h1 {...heading}>{title}</h1>
          <Facts answer={answer} />
        </div>
      </div>
      <p className="say">
        <Sentence say={runSentence(answer)} />
      </p>
    </div>
  );
}

interface Moves {
  readonly rows: readonly TreeRow[];
  readonly stops: readonly Stop[];
  readonly selected: string;
  readonly folded: ReadonlySet<string>;
  readonly select: (id: string) => void;
  readonly fold: (id: string) => void;
}

function useRunKeys(moves: Moves, toggleTrail: () => void): void {
  const { rows, stops, selected, folded, select, fold } = moves;
  const shown = rows.filter((row) => !row.parents.some((parent) => folded.has(parent)));
  const step = (by: number) => {
    const at = shown.findIndex((row) => row.id === selected);
    const next = shown[Math.min(shown.length - 1, Math.max(0, at + by))];
    if (next !== undefined) select(next.id);
  };
  const along = (by: number) => {
    const at = stops.findIndex((stop) => stop.spanId === selected);
    const next = at === -1 ? stops[0] : stops[Math.min(stops.length - 1, Math.max(0, at + by))];
    if (next !== undefined) select(next.spanId);
  };
  const row = rows.find((one) => one.id === selected);
  const setFold = (isFolded: boolean) => {
    if (row !== undefined && row.children > 0 && folded.has(row.id) !== isFolded) fold(row.id);
  };
  useKeys({
    next: () => step(1),
    previous: () => step(-1),
    trailBack: () => along(1),
    trailForth: () => along(-1),
    firstBreak: () => select(stops.at(-1)?.spanId ?? selected),
    seenAt: () => select(stops[0]?.spanId ?? selected),
    trailMode: toggleTrail,
    fold: () => setFold(true),
    unfold: () => setFold(false),
    open: () => document.getElementById("tab-body")?.focus(),
    close: () => go("/runs"),
  });
}

function useFolds() {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const fold = (id: string) => {
    const next = new Set(folded);
    if (!next.delete(id)) next.add(id);
    setFolded(next);
  };
  return { folded, fold };
}

function Bar(props: {
  readonly stops: readonly Stop[];
  readonly dims: boolean;
  readonly onSelect: (id: string) => void;
}) {
  const { stops, dims, onSelect: select } = props;
  return (
    <div className="bar-run">
      <span className="seg" role="group" aria-label="View">
        <button
          type="button"
          aria-pressed={dims}
          disabled={stops.length === 0}
          onClick={() => setSearch({ mode: null })}
        >
          Trail
        </button>
        <button type="button" aria-pressed={!dims} onClick={() => setSearch({ mode: "all" })}>
          All spans
        </button>
      </span>
      <span>
        {stops.length === 0
          ? "no trail in this run"
          : dims
            ? "trail kept, the rest dimmed"
            : "all spans alike"}
      </span>
      {stops.length > 0 && (
        <button
          type="button"
          className="btn end"
          onClick={() => select(stops.at(-1)?.spanId ?? "")}
        >
          First broken step <Keys of="firstBreak" />
        </button>
      )}
    </div>
  );
}

function Hints() {
  return (
    <div className="hints">
      <span>
        <Keys of="next" /> <Keys of="previous" /> span
      </span>
      <span>
        <Keys of="trailBack" /> <Keys of="trailForth" /> along the trail
      </span>
      <span>
        <Keys of="fold" /> <Keys of="unfold" /> fold
      </span>
      <span>
        <Keys of="trailMode" /> trail, all
      </span>
      <span className="end">
        <Keys of="help" /> all keys
      </span>
    </div>
  );
}

function Known(props: {
  readonly answer: RunAnswer;
  readonly onRuled: (diagnosed: DiagnosedRun) => void;
}) {
  const { answer } = props;
  const search = useUrl().searchParams;
  const rows = useMemo(() => rowsOf(answer.spans, answer.digest), [answer]);
  const stops = useMemo(() => trailOf(answer.diagnosed), [answer]);
  const { folded, fold } = useFolds();
  const asked = search.get("span");
  const selected =
    rows.find((row) => row.id === asked) ??
    rows.find((row) => row.id === stops[0]?.spanId) ??
    rows[0];
  const dims = search.get("mode") !== "all" && stops.length > 0;
  const select = (id: string) => setSearch({ span: id });
  const toggle = () => setSearch({ mode: dims ? "all" : null });
  useRunKeys({ rows, stops, selected: selected?.id ?? "", folded, select, fold }, toggle);
  if (selected === undefined)
    return <p className="wait">The spans of this run are no longer kept; its readings are.</p>;
  const stop = stops.find((one) => one.spanId === selected.id);
  return (
    <div className="body">
      <div className="left">
        <Bar stops={stops} dims={dims} onSelect={select} />
        {answer.diagnosed !== null && (
          <OriginBar
            runId={answer.digest.id}
            diagnosed={answer.diagnosed}
            onRuled={props.onRuled}
            onSelect={select}
          />
        )}
        <StepTree
          view={{
            answer,
            rows,
            stops,
            selected: selected.id,
            folded,
            dims,
            onSelect: select,
            onFold: fold,
          }}
        />
        {stops.length > 0 && <Passed answer={answer} stops={stops} onSelect={select} />}
        <Hints />
      </div>
      <Inspector answer={answer} row={selected} stop={stop} onSelect={select} />
    </div>
  );
}

/** "Where did it first go wrong, and how did it travel?" */
export function RunPage(props: { readonly id: string; readonly overview: Answer<Overview> }) {
  const answer = useApi(`/api/runs/${encodeURIComponent(props.id)}`, isRunAnswer);
  if (answer.kind !== "here") return <NotYet id={props.id} answer={answer} />;
  return <Here key={props.id} answer={answer.value} />;
}

/** The run as the server told it, with what was ruled on its origin since. */
function Here(props: { readonly answer: RunAnswer }) {
  const [ruled, setRuled] = useState<DiagnosedRun | null>(null);
  const answer = ruled === null ? props.answer : { ...props.answer, diagnosed: ruled };
  return (
    <div className="runpage">
      <Head answer={answer} />
      <Known answer={answer} onRuled={setRuled} />
    </div>
  );
}

function NotYet(props: {
  readonly id: string;
  readonly answer: Exclude<Answer<RunAnswer>, { kind: "here" }>;
}) {
  return (
    <>
      <h1 {...usePage(`Run ${shortId(props.id)}`)}>Run {shortId(props.id)}</h1>
      <Waiting {...props.answer} />
    </>
  );
}
