import { useRef } from "react";
import type { KeyboardEvent, ReactNode } from "react";
import { signalNames } from "@rootward/pipeline/model/signal";
import type { Known, Message, MessagePart } from "@rootward/pipeline/model/run";
import type { Reading } from "@rootward/pipeline/model/signal";
import type { RunAnswer } from "../api.ts";
import { lasting, rate } from "../format.ts";
import { setSearch, useUrl } from "../router.tsx";
import { signalsOf } from "../story.ts";
import type { Stop } from "../trail.ts";
import type { TreeRow } from "../tree.ts";
import { absentWords, methodWords, plainWords, proofWords } from "../words.ts";
import { SignalMark, markOf } from "./fingerprint.tsx";
import { Cited, PlainText } from "./plain-text.tsx";
import { readingsOf } from "./step-tree.tsx";

interface Place {
  readonly answer: RunAnswer;
  readonly row: TreeRow;
  readonly stop: Stop | undefined;
  readonly onSelect: (id: string) => void;
}

const whyWords = {
  absent: "not in the spans",
  redacted: "redacted by the sender",
  truncated: "cut",
  not_supported: "not understood",
} as const;

function valueText(reading: Reading<unknown>): string {
  if (reading.kind === "absent") return "–";
  return typeof reading.value === "number" ? rate(reading.value) : String(reading.value);
}

function Readings(props: { readonly place: Place }) {
  const { answer, row } = props.place;
  const own = readingsOf(answer, row);
  const readings = own ?? signalsOf(answer);
  return (
    <>
      <h3>{own === null ? "Signals of the run" : "Signals at this step"}</h3>
      <div className="sg">
        {signalNames.map((signal) => {
          const reading = readings[signal];
          const mark = markOf(signal, reading);
          const evidence = reading.kind === "measured" ? reading.evidence[0] : undefined;
          return (
            <div key={signal} className={mark === "bad" ? "strong" : ""}>
              <SignalMark signal={signal} mark={mark} size={13} />
              <span>{signal}</span>
              <span>{valueText(reading)}</span>
              <span className="muted">
                {reading.kind === "absent" ? absentWords[reading.why] : methodWords[reading.method]}
                {evidence !== undefined && <small>{evidence.text}</small>}
              </span>
            </div>
          );
        })}
      </div>
    </>
  );
}

function Deviations(props: { readonly place: Place }) {
  const { answer, row } = props.place;
  const own = answer.diagnosed?.deviations.filter((one) => one.spanId === row.id) ?? [];
  if (own.length === 0) return null;
  return (
    <>
      <h3>What deviates here</h3>
      <ul className="devs">
        {own.map((one, at) => (
          <li key={at}>
            <b>{plainWords(one.name)}</b> <span className="chip">{one.strength}</span>
            <div>seen: {one.seen}</div>
            {one.expected !== null && <div className="muted">usual: {one.expected}</div>}
          </li>
        ))}
      </ul>
    </>
  );
}

function Documents(props: { readonly place: Place }) {
  const { answer, row } = props.place;
  const retrieval = answer.run.retrievals.find(
    (one) => one.id === row.id || one.spanIds.some((id) => id === row.id),
  );
  if (retrieval === undefined) return null;
  const cited = new Set(answer.digest.cited);
  const { documents } = retrieval;
  return (
    <>
      <h3>
        Retrieved documents <span className="faint">{retrieval.dataSource ?? ""}</span>
      </h3>
      {retrieval.query.value !== null && <p className="muted">query: {retrieval.query.value}</p>}
      {documents === null && <p className="muted">The spans do not show what came back.</p>}
      {documents?.length === 0 && (
        <p>
          <b>0 documents</b> came back.
        </p>
      )}
      {documents?.map((doc, at) => (
        <div key={at} className="doc">
          <code>{doc.id ?? `document ${at + 1}`}</code>
          <span>
            {doc.text === null ? "" : doc.text.slice(0, 160)}
            <small>{doc.id !== null && cited.has(doc.id) ? "cited" : "not cited"}</small>
          </span>
          <span className="num">{doc.score === null ? "" : doc.score.toFixed(2)}</span>
        </div>
      ))}
    </>
  );
}

function Came(props: { readonly place: Place }) {
  const { answer, row, onSelect } = props.place;
  const step = row.step;
  if (step === null || step.links.length === 0) return null;
  return (
    <>
      <h3>Where it came from</h3>
      <ul className="devs">
        {step.links.map((link, at) => {
          const from = answer.digest.steps.find((one) => one.seq === link.from);
          return (
            <li key={at}>
              reads{" "}
              <button
                type="button"
                className="lnk"
                onClick={() => from !== undefined && onSelect(from.spanId)}
              >
                {from?.name ?? `step ${link.from}`}
              </button>
              , {proofWords[link.proof]}
              {link.text !== null && <span className="quote"> {link.text}</span>}
            </li>
          );
        })}
      </ul>
    </>
  );
}

function Evidence(props: { readonly place: Place }) {
  const { answer, row, stop } = props.place;
  const { digest } = answer;
  const error = row.step?.error ?? null;
  const isEnd = stop?.number === 1 || row.depth === 0;
  const ids = digest.cited ?? [];
  return (
    <>
      <Readings place={props.place} />
      <Deviations place={props.place} />
      {isEnd && digest.outputText !== null && (
        <>
          <h3>
            Output{" "}
            {ids.length > 0 && (
              <span className="faint">
                {digest.ungrounded.length} of {ids.length} cited ids not retrieved
              </span>
            )}
          </h3>
          <Cited text={digest.outputText} cited={ids} ungrounded={digest.ungrounded} />
        </>
      )}
      {isEnd && digest.violations.length > 0 && (
        <>
          <h3>Violations of the contract</h3>
          <ul className="devs">
            {digest.violations.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </>
      )}
      {error !== null && (
        <>
          <h3>Error</h3>
          <PlainText value={error.text} label="error" />
        </>
      )}
      <Documents place={props.place} />
      <Came place={props.place} />
    </>
  );
}

function Part(props: { readonly part: MessagePart }) {
  const { part } = props;
  switch (part.t) {
    case "text":
      return <PlainText value={part.text} label="message" />;
    case "call":
      return (
        <>
          <div className="muted">calls {part.name}</div>
          <PlainText value={part.args} label={`arguments of ${part.name}`} />
        </>
      );
    case "result":
      return (
        <>
          <div className="muted">
            result{part.name === null ? "" : ` of ${part.name}`}
            {part.isError && ", an error"}
          </div>
          <PlainText value={part.value} label="result" />
        </>
      );
    case "other":
      return <div className="muted">{part.kind}, not shown</div>;
  }
}

function messagesOf(place: Place): readonly Message[] {
  const call = place.answer.run.llmCalls.find((one) => one.spanId === place.row.id);
  return call === undefined ? [] : [...call.input, ...call.output];
}

function Messages(props: { readonly place: Place }) {
  const messages = messagesOf(props.place);
  if (messages.length === 0)
    return (
      <p className="muted">
        This step holds no messages
        {props.place.answer.run.contentCaptured === "none" ? "; the sender records no content" : ""}
        .
      </p>
    );
  return (
    <>
      {messages.map((message, at) => (
        <section key={at} className="message">
          <h3>{message.role}</h3>
          {message.parts.map((part, index) => (
            <Part key={index} part={part} />
          ))}
        </section>
      ))}
    </>
  );
}

function Fact(props: { readonly title: string; readonly fact: Known<unknown> }) {
  const { title, fact } = props;
  return (
    <>
      <h3>{title}</h3>
      {fact.value === null && "why" in fact ? (
        <p className="muted">{whyWords[fact.why]}</p>
      ) : (
        <PlainText value={fact.value} label={title} />
      )}
    </>
  );
}

function ArgsAndResult(props: { readonly place: Place }) {
  const { answer, row } = props.place;
  const call = answer.run.toolCalls.find(
    (one) => one.id === row.id || one.spanIds.some((id) => id === row.id),
  );
  const agent = answer.run.agents.find((one) => one.spanId === row.id);
  const app = answer.run.appSteps.find((one) => one.spanId === row.id);
  const shown: ReactNode[] = [];
  if (call !== undefined)
    shown.push(
      <Fact key="a" title="Arguments" fact={call.args} />,
      <Fact key="r" title="Result" fact={call.result} />,
    );
  const other = agent ?? app;
  if (other !== undefined)
    shown.push(
      <Fact key="i" title="Input" fact={other.input} />,
      <Fact key="o" title="Output" fact={other.output} />,
    );
  return shown.length === 0 ? (
    <p className="muted">This step takes no arguments that the spans show.</p>
  ) : (
    <>{shown}</>
  );
}

function Attributes(props: { readonly place: Place }) {
  const span = props.place.row.span;
  if (span === null) return <p className="muted">Only messages show this step; it has no span.</p>;
  return (
    <dl className="attrs">
      {span.statusMessage !== "" && (
        <>
          <dt>status</dt>
          <dd>{span.statusMessage}</dd>
        </>
      )}
      {Object.entries(span.attributes).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {typeof value === "string" && value.length < 120 ? (
              value
            ) : (
              <PlainText value={value} label={name} />
            )}
          </dd>
        </div>
      ))}
      {span.events.length > 0 && (
        <div>
          <dt>events</dt>
          <dd>
            <PlainText value={span.events} label="events" />
          </dd>
        </div>
      )}
    </dl>
  );
}

const tabs = [
  { id: "evidence", title: "Evidence", body: Evidence },
  { id: "messages", title: "Messages", body: Messages },
  { id: "args", title: "Arguments, result", body: ArgsAndResult },
  { id: "attributes", title: "Attributes", body: Attributes },
] as const;

/** All about the selected step, as text: evidence, messages, arguments and result, attributes as they were sent. */
export function Inspector(props: Place) {
  const { row, stop } = props;
  const bar = useRef<HTMLDivElement>(null);
  const asked = useUrl().searchParams.get("tab");
  const at = Math.max(
    0,
    tabs.findIndex((tab) => tab.id === asked),
  );
  const tab = tabs[at] ?? tabs[0];
  const Body = tab.body;
  const move = (event: KeyboardEvent) => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const next = tabs[(at + by + tabs.length) % tabs.length];
    if (by === 0 || next === undefined) return;
    setSearch({ tab: next.id });
    bar.current?.querySelector<HTMLElement>(`#tab-${next.id}`)?.focus();
  };
  return (
    <aside className="insp" aria-label="Selected step">
      <header className="insp-head">
        {stop !== undefined && (
          <span className={stop.isOrigin ? "dotn cause" : "dotn"}>{stop.number}</span>
        )}
        <h2>{row.name}</h2>
        <span className="faint">
          {[row.kind, row.step?.agent ?? ""].filter((part) => part !== "").join(", ")}
        </span>
        <span className="faint end">{row.span === null ? "" : lasting(row.durationMs)}</span>
      </header>
      <div className="tabs" role="tablist" aria-label="About the step" ref={bar} onKeyDown={move}>
        {tabs.map((one) => (
          <button
            key={one.id}
            id={`tab-${one.id}`}
            type="button"
            role="tab"
            aria-selected={one === tab}
            aria-controls="tab-body"
            tabIndex={one === tab ? 0 : -1}
            onClick={() => setSearch({ tab: one.id })}
          >
            {one.title}
          </button>
        ))}
      </div>
      <div
        className="pad"
        id="tab-body"
        role="tabpanel"
        tabIndex={0}
        aria-labelledby={`tab-${tab.id}`}
        data-scrolls=""
      >
        <Body place={props} />
      </div>
    </aside>
  );
}
