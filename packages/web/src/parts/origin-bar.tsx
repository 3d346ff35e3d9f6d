import { useState } from "react";
import type { DiagnosedRun } from "@rootward/pipeline/model/cluster";
import type { OriginFinding } from "@rootward/pipeline/model/suspect";
import type { RulingWord } from "@rootward/pipeline/model/ruling";
import { tellOrigin } from "../api.ts";
import { useKeys } from "../keys.ts";
import { Keys, Moment } from "./bits.tsx";

/** The step that the buttons are about: the origin, or the first suspect where none is named. */
function stepAsked({ origin, finding }: DiagnosedRun): number | null {
  return origin?.step ?? finding.suspects[0]?.origin.step ?? null;
}

function Standing(props: { readonly finding: OriginFinding }) {
  const { standing, confirmed, remark } = props.finding;
  if (confirmed !== null)
    return (
      <span>
        <b>confirmed</b> by {confirmed.by ?? "a person"}, <Moment ms={confirmed.atMs} />
        {confirmed.note !== null && `: ${confirmed.note}`}
      </span>
    );
  if (standing === "none") return <span>{remark ?? "no step is suspected"}</span>;
  return (
    <span>
      <b>suspected</b>
      {remark !== null && `, ${remark}`}
    </span>
  );
}

/** The three steps that are suspected most, with what speaks for each. */
function Suspects(props: {
  readonly finding: OriginFinding;
  readonly onSelect: (spanId: string) => void;
}) {
  const { suspects } = props.finding;
  if (suspects.length === 0) return null;
  return (
    <ol className="suspects" aria-label="Suspected steps, most suspected first">
      {suspects.map(({ origin, name, share, reasons }) => (
        <li key={origin.step}>
          <button type="button" className="lnk ink" onClick={() => props.onSelect(origin.spanId)}>
            {name}
          </button>{" "}
          <span className="muted">
            step {origin.step}
            {share !== null && `, ${Math.round(share * 100)} %`}
            {reasons.length > 0 && `: ${reasons.join("; ")}`}
          </span>
        </li>
      ))}
    </ol>
  );
}

/**
 * How sure the first broken step is, and two buttons for whoever knows: confirm it, or reject it and see the next.
 *
 * @param onRuled  told of what the run's origin is by the ruling
 */
export function OriginBar(props: {
  readonly runId: string;
  readonly diagnosed: DiagnosedRun;
  readonly onRuled: (diagnosed: DiagnosedRun) => void;
  readonly onSelect: (spanId: string) => void;
}) {
  const { runId, diagnosed } = props;
  const [said, setSaid] = useState("");
  const [isBusy, setBusy] = useState(false);
  const step = stepAsked(diagnosed);
  const isConfirmed = diagnosed.finding.standing === "confirmed";
  const rule = async (ruling: RulingWord) => {
    if (step === null || isBusy || (isConfirmed && ruling === "confirmed")) return;
    setBusy(true);
    const told = await tellOrigin({ run: runId, step, ruling });
    setBusy(false);
    setSaid(told.kind === "here" ? `Step ${step} is ${ruling}` : told.message);
    if (told.kind === "here") props.onRuled(told.value);
  };
  const confirm = () => void rule("confirmed");
  const reject = () => void rule("rejected");
  useKeys({ confirmOrigin: confirm, rejectOrigin: reject });
  return (
    <section className="origin" aria-label="First broken step">
      <div className="bar-run">
        <Standing finding={diagnosed.finding} />
        <span className="faint" role="status">
          {said}
        </span>
        {step !== null && (
          <span className="end pair">
            <button
              type="button"
              className="btn"
              disabled={isBusy || isConfirmed}
              onClick={confirm}
            >
              Confirm step {step} <Keys of="confirmOrigin" />
            </button>
            <button type="button" className="btn" disabled={isBusy} onClick={reject}>
              Reject step {step} <Keys of="rejectOrigin" />
            </button>
          </span>
        )}
      </div>
      <Suspects finding={diagnosed.finding} onSelect={props.onSelect} />
    </section>
  );
}
