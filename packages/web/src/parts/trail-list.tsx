import type { Stop } from "../trail.ts";
import { proofWords } from "../words.ts";

function placeOf(stop: Stop): string {
  if (stop.number === 1)
    return stop.isOrigin ? "Failure seen here, and it began here" : "Failure seen here";
  if (stop.proof === null) return "First broken step; nothing links it with what failed";
  return `${stop.isOrigin ? "First broken step" : "Reached"}, ${proofWords[stop.proof]}`;
}

function lineOf(next: Stop | undefined): string {
  if (next !== undefined && next.proof === null) return "hop unlinked";
  return next?.proof === "order" ? "hop unproven" : "hop";
}

/** The backward trail as a list: 1 is where the failure was seen; the filled one is the first broken step. */
export function TrailList(props: {
  readonly stops: readonly Stop[];
  readonly origin: string | null;
}) {
  const { stops } = props;
  return (
    <ol className="trail">
      {stops.map((stop, at) => (
        <li key={`${stop.spanId} ${stop.number}`} className={lineOf(stops[at + 1])}>
          <span className={stop.isOrigin ? "dotn cause" : "dotn"} aria-hidden="true">
            {stop.number}
          </span>
          <div>
            <b>{stop.name}</b>
            <small>
              {placeOf(stop)}
              {stop.isOrigin && props.origin !== null && `: ${props.origin}`}
            </small>
            {stop.text !== null && <small className="quote">{stop.text}</small>}
          </div>
        </li>
      ))}
    </ol>
  );
}
