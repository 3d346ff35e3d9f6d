import type { Stop } from "../trail.ts";
import { proofWords } from "../words.ts";

/** The backward trail as a list: 1 is where the failure was seen; the filled one is the first broken step. */
export function TrailList(props: {
  readonly stops: readonly Stop[];
  readonly origin: string | null;
}) {
  const { stops } = props;
  return (
    <ol className="trail">
      {stops.map((stop, at) => (
        <li
          key={`${stop.spanId} ${stop.number}`}
          className={stops[at + 1]?.proof === "order" ? "hop unproven" : "hop"}
        >
          <span className={stop.isOrigin ? "dotn cause" : "dotn"} aria-hidden="true">
            {stop.number}
          </span>
          <div>
            <b>{stop.name}</b>
            <small>
              {stop.number === 1 &&
                (stop.isOrigin ? "Failure seen here, and it began here" : "Failure seen here")}
              {stop.proof !== null &&
                `${stop.isOrigin ? "First broken step" : "Reached"}, ${proofWords[stop.proof]}`}
              {stop.isOrigin && props.origin !== null && `: ${props.origin}`}
            </small>
            {stop.text !== null && <small className="quote">{stop.text}</small>}
          </div>
        </li>
      ))}
    </ol>
  );
}
