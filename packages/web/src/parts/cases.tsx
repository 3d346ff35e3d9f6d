import { isCaseLines, isGateLines, useApi } from "../api.ts";
import type { CaseLines, ShownCluster } from "../api.ts";
import { counted } from "../format.ts";
import { useKeys } from "../keys.ts";
import { actionWords, plainWords } from "../words.ts";
import { Copyable, Keys, Moment } from "./bits.tsx";

/** What the last gate that tried a case found. */
function LastGate(props: { readonly id: string }) {
  const answer = useApi("/api/gate-results?limit=20", isGateLines);
  if (answer.kind !== "here") return null;
  for (const { atMs, commit, verdict } of answer.value.results) {
    const found = verdict.cases.find((one) => one.case === props.id);
    if (found === undefined) continue;
    return (
      <p className="muted">
        Last gate <Moment ms={atMs} relativeTo={Date.now()} />
        {commit !== null && ` on ${commit.slice(0, 7)}`}:{" "}
        {actionWords[found.action] ?? found.action}, {found.trials.pass} of{" "}
        {counted(found.trials.n, "trial")} passed
        {found.action !== "ok" && `. ${found.why}`}
      </p>
    );
  }
  return null;
}

/** Why no case of its own stands for a cluster, as people wrote it. */
function Closures(props: { readonly closures: CaseLines["closures"] }) {
  return props.closures.map(({ file, closure }) => (
    <div key={closure.id} className="draft">
      <b>{closure.id}</b>{" "}
      {closure.decision === "merged_into"
        ? `stands for it: ${closure.case ?? "another case"}`
        : closure.decision === "retire_case"
          ? `${closure.case ?? "its case"} was retired`
          : "closed without eval"}{" "}
      <span className="chip">{plainWords(closure.category)}</span>
      <p>{closure.why}</p>
      <p className="muted">
        {closure.closed_by}, reviewed by {closure.reviewed_by}, {closure.closed}
        {closure.review_again !== undefined && `; to be reviewed again ${closure.review_again}`}
      </p>
      {file !== "" && <code className="path">{file}</code>}
    </div>
  ));
}

/** What stands for a cluster: its case with what the last gate made of it, its closure, or the command that makes a case. */
export function CasePart(props: { readonly cluster: ShownCluster }) {
  const { cluster } = props;
  const answer = useApi("/api/cases", isCaseLines);
  const told: CaseLines = answer.kind === "here" ? answer.value : { cases: [], closures: [] };
  const ids = new Set<string>([cluster.id, ...(cluster.aliases ?? [])]);
  const made = told.cases.filter((one) => one.cluster !== null && ids.has(one.cluster));
  const closures = told.closures.filter(({ closure }) => ids.has(closure.cluster));
  useKeys({ copy: () => document.getElementById("copy-case")?.click() });
  if (made.length + closures.length > 0)
    return (
      <>
        <Closures closures={closures} />
        {made.map((one) => (
          <div key={one.id} className="draft">
            <b>{one.id}</b> <span className="chip">{one.severity}</span> {one.status}
            <code className="path">{one.file}</code>
            <LastGate id={one.id} />
            {typeof one.text === "string" && (
              <Copyable text={one.text} label={`the case file ${one.file}`} />
            )}
          </div>
        ))}
      </>
    );
  return (
    <div className="draft">
      No case guards this cluster. In your repository:
      <Copyable text={`rootward cases add ${cluster.id}`} label="the command" id="copy-case" />
      It writes one case, tests it on the members and on clean runs, and says what is missing.{" "}
      <Keys of="copy" /> copies the command.
    </div>
  );
}
