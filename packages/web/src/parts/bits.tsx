import { useState } from "react";
import type { ReactNode } from "react";
import type { Check } from "@rootward/pipeline/model/attribution";
import { ago, exactMoment, momentOf } from "../format.ts";
import { keyTable } from "../keys.ts";
import type { KeyCommand } from "../keys.ts";
import { checkWords } from "../words.ts";

/** A sentence from a fixed template: plain text, and the words that carry it. */
export type Say = readonly (string | { readonly strong: string } | { readonly code: string })[];

export function Sentence(props: { readonly say: Say }) {
  return (
    <>
      {props.say.map((part, at) => {
        if (typeof part === "string") return <span key={at}>{part}</span>;
        return "strong" in part ? <b key={at}>{part.strong}</b> : <code key={at}>{part.code}</code>;
      })}
    </>
  );
}

/** A moment in the browser's zone; the whole of it with its offset in the tooltip. */
export function Moment(props: { readonly ms: number; readonly relativeTo?: number }) {
  return (
    <time dateTime={new Date(props.ms).toISOString()} title={exactMoment(props.ms)}>
      {props.relativeTo === undefined ? momentOf(props.ms) : ago(props.ms, props.relativeTo)}
    </time>
  );
}

/** The mark of a check; the word is its label, or stands beside it. */
export function CheckMark(props: { readonly result: Check["result"]; readonly spoken: boolean }) {
  const spoken = props.spoken
    ? { role: "img", "aria-label": checkWords[props.result] }
    : { "aria-hidden": true };
  return (
    <svg className="check" viewBox="0 0 13 13" width="13" height="13" {...spoken}>
      {props.result === "matches" && (
        <>
          <circle cx="6.5" cy="6.5" r="6" className="check-full" />
          <path d="M3.6 6.7l2 2 3.8-4.2" className="check-tick" />
        </>
      )}
      {props.result === "contradicts" && (
        <>
          <circle cx="6.5" cy="6.5" r="5.4" className="check-ring alarm" />
          <path d="M4.2 4.2l4.6 4.6M8.8 4.2L4.2 8.8" className="check-cross" />
        </>
      )}
      {props.result === "not_run" && (
        <circle cx="6.5" cy="6.5" r="5.4" className="check-ring open" />
      )}
    </svg>
  );
}

/** The marks of a cause's checks in a row, said once in words. */
export function CheckRow(props: { readonly checks: readonly Check[] }) {
  const order: readonly Check["result"][] = ["matches", "contradicts", "not_run"];
  return (
    <span className="checkrow" aria-hidden="true">
      {order.flatMap((result) =>
        props.checks
          .filter((check) => check.result === result)
          .map((check) => <CheckMark key={check.id} result={result} spoken={false} />),
      )}
    </span>
  );
}

/** The keys of a command, from the registry. */
export function Keys(props: { readonly of: KeyCommand }) {
  const names: Readonly<Record<string, string>> = {
    Enter: "⏎",
    Escape: "Esc",
    ArrowLeft: "←",
    ArrowRight: "→",
  };
  return (
    <>
      {keyTable[props.of].keys.split(" ").map((key) => (
        <kbd key={key}>{names[key] ?? key}</kbd>
      ))}
    </>
  );
}

/** Text to be taken elsewhere, with a button that copies it and says so. */
export function Copyable(props: {
  readonly text: string;
  readonly label: string;
  readonly id?: string;
}) {
  const [said, setSaid] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(props.text);
      setSaid("Copied");
    } catch {
      setSaid("This browser does not let the page copy: select the text");
    }
  };
  return (
    <div className="copyable">
      <pre tabIndex={0} aria-label={props.label}>
        {props.text}
      </pre>
      <button type="button" className="btn" id={props.id} onClick={() => void copy()}>
        Copy<span className="sr"> {props.label}</span>
      </button>
      <span className="faint" role="status">
        {said}
      </span>
    </div>
  );
}

export function Section(props: {
  readonly title: string;
  readonly note?: ReactNode;
  readonly end?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <section className="sec">
      <header>
        <h2>{props.title}</h2>
        {props.note !== undefined && <span className="muted">{props.note}</span>}
        {props.end !== undefined && <span className="end">{props.end}</span>}
      </header>
      {props.children}
    </section>
  );
}

/** The state of an answer that is not here. */
export function Waiting(
  props: { readonly kind: "loading" } | { readonly kind: "failed"; readonly message: string },
) {
  if (props.kind === "loading") return <p className="wait">Loading</p>;
  return (
    <p className="wait" role="alert">
      {props.message}
    </p>
  );
}
