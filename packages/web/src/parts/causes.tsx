import type { Attribution, Cause, Material } from "@rootward/pipeline/model/attribution";
import { diffLines } from "../diff.ts";
import { counted } from "../format.ts";
import { checkCounts, changeText } from "../story.ts";
import { shapeOfCause, wordsOfCause, checkWords, verdictWords } from "../words.ts";
import { CheckMark, CheckRow, Moment, Section } from "./bits.tsx";
import { Fingerprint, marksOfShape } from "./fingerprint.tsx";

const signs = { same: " ", removed: "−", added: "+" } as const;
const spoken = { same: "", removed: "removed: ", added: "added: " } as const;

function Diff(props: { readonly before: string; readonly after: string }) {
  return (
    <pre className="diff" tabIndex={0} aria-label="what changed, line by line" data-scrolls="">
      {diffLines(props.before, props.after).map((line, at) => (
        <span key={at} className={`line-${line.kind}`}>
          <span className="sr">{spoken[line.kind]}</span>
          <span aria-hidden="true">{signs[line.kind]} </span>
          {line.text}
          {"\n"}
        </span>
      ))}
    </pre>
  );
}

function MaterialPart(props: { readonly material: Material }) {
  const { title, before, after, rows } = props.material;
  return (
    <details className="material">
      <summary>{title}</summary>
      {before !== null && after !== null && <Diff before={before} after={after} />}
      {(before === null) !== (after === null) && (
        <pre tabIndex={0} aria-label={title} data-scrolls="">
          {before ?? after}
        </pre>
      )}
      {rows.length > 0 && (
        <div className="wide" tabIndex={0} role="region" aria-label={title} data-scrolls="">
          <table className="plain">
            <tbody>
              {rows.map((row, at) => (
                <tr key={at}>
                  {row.map((text, column) => (
                    <td key={column}>{text}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}

function Silhouette(props: { readonly cause: Cause }) {
  const marks = marksOfShape(shapeOfCause(props.cause.cause));
  return (
    <span className="silhouette" aria-hidden="true">
      {props.cause.cause === "inter_agent_misalignment" && (
        <>
          <Fingerprint marks={marksOfShape([])} size={14} />
          <i />
        </>
      )}
      <Fingerprint
        marks={marks}
        size={props.cause.cause === "inter_agent_misalignment" ? 14 : 20}
      />
    </span>
  );
}

function whyNot(cause: Cause): string {
  const against = cause.checks.find((check) => check.result === "contradicts");
  return against === undefined ? checkCounts(cause) : against.seen;
}

function CauseDetail(props: { readonly cause: Cause }) {
  const { cause } = props;
  return (
    <div className="checks">
      <table>
        <thead className="sr">
          <tr>
            <th>result</th>
            <th>check</th>
            <th>seen</th>
          </tr>
        </thead>
        <tbody>
          {cause.checks.map((check) => (
            <tr key={check.id}>
              <td>
                <CheckMark result={check.result} spoken={false} />
                <span className="result">{checkWords[check.result]}</span>
              </td>
              <td>{check.asks}</td>
              <td>{check.seen}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {cause.evidence.length > 0 && (
        <details className="material">
          <summary>Evidence: {counted(cause.evidence.length, "observation")}</summary>
          <ul className="evidence">
            {cause.evidence.map((one, at) => (
              <li key={at}>
                <b>{one.speaks}</b> {one.text} <span className="faint">{one.source}</span>{" "}
                {one.atMs !== null && <Moment ms={one.atMs} />}
              </li>
            ))}
          </ul>
        </details>
      )}
      {cause.material.map((material, at) => (
        <MaterialPart key={at} material={material} />
      ))}
      <p className="step1">
        <b>First step</b> {cause.firstStep}
      </p>
    </div>
  );
}

/** The causes in their order, the first one unfolded; then the changes that were ruled out, each with its reason. */
export function Causes(props: { readonly attribution: Attribution }) {
  const { causes, notThese } = props.attribution;
  return (
    <Section title="Possible causes" note="ranked by the evidence that the checks sum up">
      {causes.map((cause, at) => (
        <details key={cause.cause} className="cause" open={at === 0}>
          <summary data-row="">
            <span className="rank">{at + 1}</span>
            <Silhouette cause={cause} />
            <span className="name">
              {wordsOfCause(cause.cause)}{" "}
              {at === 0 && <span className="muted">{verdictWords[cause.verdict]}</span>}
            </span>
            <CheckRow checks={cause.checks} />
            <span className="muted why">{at === 0 ? checkCounts(cause) : whyNot(cause)}</span>
          </summary>
          <CauseDetail cause={cause} />
        </details>
      ))}
      {notThese.length > 0 && (
        <div className="notthese">
          <h3>Not these changes</h3>
          <ul>
            {notThese.map(({ change, why }) => (
              <li key={change.id}>
                <b>{changeText(change)}</b>, <Moment ms={change.atMs} />: {why}
              </li>
            ))}
          </ul>
        </div>
      )}
    </Section>
  );
}
