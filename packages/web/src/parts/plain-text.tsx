import { useState } from "react";

const shownMost = 6_000;

/** A value of a trace as text. Never markup: it goes into a text node, and what is long is folded. */
export function PlainText(props: { readonly value: unknown; readonly label: string }) {
  const [whole, setWhole] = useState(false);
  const text = textOf(props.value);
  const isLong = text.length > shownMost;
  return (
    <>
      <pre className="text" tabIndex={0} aria-label={props.label} data-scrolls="">
        {isLong && !whole ? `${text.slice(0, shownMost)}…` : text}
      </pre>
      {isLong && (
        <button type="button" className="lnk" onClick={() => setWhole(!whole)}>
          {whole ? "show less" : `show all ${text.length.toLocaleString("en-US")} characters`}
        </button>
      )}
    </>
  );
}

/** Text as it stands, JSON indented. A string that holds JSON is indented too. */
function textOf(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value, null, 2) ?? "–";
  if (!/^\s*[{[]/.test(value)) return value;
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}

/** An answer with its cited ids marked: filled where no retrieval of the run returned it, outlined where one did. */
export function Cited(props: {
  readonly text: string;
  readonly cited: readonly string[];
  readonly ungrounded: readonly string[];
}) {
  const parts = splitAt(props.text, props.cited);
  return (
    <p className="out">
      {parts.map((part, at) => {
        if (!part.isId) return <span key={at}>{part.text}</span>;
        const missing = props.ungrounded.includes(part.text);
        return (
          <span key={at} className={missing ? "cite no" : "cite yes"}>
            {missing ? "● " : "○ "}
            {part.text}
            <span className="sr">{missing ? " (not retrieved)" : " (retrieved)"}</span>
          </span>
        );
      })}
    </p>
  );
}

function splitAt(
  text: string,
  ids: readonly string[],
): readonly { readonly text: string; readonly isId: boolean }[] {
  const parts: { text: string; isId: boolean }[] = [];
  let at = 0;
  while (at < text.length) {
    const next = ids
      .filter((id) => id !== "")
      .map((id) => ({ id, from: text.indexOf(id, at) }))
      .filter((found) => found.from >= 0)
      .toSorted((a, b) => a.from - b.from || b.id.length - a.id.length)[0];
    if (next === undefined) break;
    parts.push({ text: text.slice(at, next.from), isId: false }, { text: next.id, isId: true });
    at = next.from + next.id.length;
  }
  return [...parts, { text: text.slice(at), isId: false }];
}
