import type { StepDigest } from "@rootward/pipeline/model/digest";
import type { RunAnswer } from "../api.ts";
import { counted } from "../format.ts";
import type { Stop } from "../trail.ts";
import { proofWords } from "../words.ts";

function documentsText(step: StepDigest): string | null {
  if (step.documents === null) return null;
  const { ids, topScore } = step.documents;
  const best = topScore === null ? "" : `, best score ${topScore.toFixed(2)}`;
  const named = ids.length === 0 ? "" : `: ${ids.slice(0, 4).join(", ")}`;
  return `${counted(step.documents.count, "document")}${named}${best}`;
}

function StopFacts(props: {
  readonly answer: RunAnswer;
  readonly stop: Stop;
  readonly step: StepDigest | undefined;
}) {
  const { answer, stop, step } = props;
  const deviation = answer.diagnosed?.deviations.find((one) => one.spanId === stop.spanId);
  const documents = step === undefined ? null : documentsText(step);
  const query = step?.query ?? null;
  const error = step?.error ?? null;
  const missing = stop.number === 1 ? answer.digest.ungrounded : [];
  return (
    <>
      {query !== null && (
        <div>
          <span className="muted">query</span> {query}
        </div>
      )}
      {documents !== null && (
        <div>
          <span className="muted">got</span> {documents}
        </div>
      )}
      {deviation !== undefined && (
        <>
          <div>{deviation.seen}</div>
          {deviation.expected !== null && <div className="muted">usual {deviation.expected}</div>}
        </>
      )}
      {missing.length > 0 && (
        <div>
          cites{" "}
          {missing.slice(0, 4).map((id) => (
            <span key={id} className="cite no">
              ● {id}
            </span>
          ))}{" "}
          <span className="muted">not retrieved</span>
        </div>
      )}
      {error !== null && <div>{error.text.slice(0, 160)}</div>}
      {stop.text !== null && <div className="quote">{stop.text}</div>}
      {stop.proof !== null && (
        <div className="muted">
          linked to {stop.number - 1} {proofWords[stop.proof]}
        </div>
      )}
    </>
  );
}

/** What travelled along the trail, from the first broken step to where the failure was seen. */
export function Passed(props: {
  readonly answer: RunAnswer;
  readonly stops: readonly Stop[];
  readonly onSelect: (id: string) => void;
}) {
  const { answer, stops } = props;
  const links = stops.length - 1;
  const proven = stops.filter((stop) => stop.proof !== null && stop.proof !== "order").length;
  return (
    <section className="flow">
      <header>
        <h2>What was passed along the trail</h2>
        <span className="muted">
          cause to symptom
          {links > 0 &&
            `; ${proven} of ${counted(links, "link")} proven${proven < links ? ", the rest known by order only" : ""}`}
        </span>
      </header>
      <ol>
        {stops.toReversed().map((stop) => (
          <li key={stop.number}>
            <div className="h">
              <span className={stop.isOrigin ? "dotn cause" : "dotn"}>{stop.number}</span>
              <button type="button" className="lnk ink" onClick={() => props.onSelect(stop.spanId)}>
                {stop.name}
              </button>
            </div>
            <StopFacts
              answer={answer}
              stop={stop}
              step={answer.digest.steps.find((one) => one.spanId === stop.spanId)}
            />
          </li>
        ))}
      </ol>
    </section>
  );
}
