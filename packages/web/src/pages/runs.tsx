import { isRunLines, useApi } from "../api.ts";
import type { Answer, Overview, RunLine, RunLines } from "../api.ts";
import { count, counted, lasting, shortId } from "../format.ts";
import { useRows } from "../keys.ts";
import { Keys, Moment, Waiting } from "../parts/bits.tsx";
import { Fingerprint, marksOf } from "../parts/fingerprint.tsx";
import { keyOf } from "../parts/workflow-table.tsx";
import { Link, setSearch, usePage, useUrl } from "../router.tsx";
import { reasonWords } from "../words.ts";

const limit = 200;

/** The question to the API that the page's own search parameters ask. */
function pathOf(search: URLSearchParams): string {
  const asked = new URLSearchParams({ limit: String(limit) });
  for (const name of ["workflow", "environment", "cluster"]) {
    const value = search.get(name);
    if (value !== null && value !== "") asked.set(name, value);
  }
  if (search.get("failed") === "1") asked.set("failed", "1");
  return `/api/runs?${asked.toString()}`;
}

function RunRow(props: { readonly run: RunLine }) {
  const { run } = props;
  return (
    <tr>
      <td>
        <Moment ms={run.startedMs} />
      </td>
      <td className="c-glyph">
        <Fingerprint marks={marksOf(run.signals)} size={18} />
      </td>
      <td className="c-text">
        <Link className="ink" data-row="" href={`/runs/${run.id}`}>
          {run.inputText ?? `run ${shortId(run.id)}`}
        </Link>
      </td>
      <td>
        {run.workflow} <span className="faint">{run.environment}</span>
      </td>
      <td className="num">{lasting(run.durationMs)}</td>
      <td>
        {run.failed.length === 0 ? (
          <span className="faint">–</span>
        ) : (
          run.failed.map((reason) => reasonWords[reason]).join(", ")
        )}
      </td>
      <td>
        {run.cluster === null ? (
          <span className="faint">–</span>
        ) : (
          <Link className="lnk" href={`/clusters/${run.cluster}`}>
            {run.cluster}
          </Link>
        )}
      </td>
    </tr>
  );
}

function Filters(props: { readonly overview: Overview | null }) {
  const search = useUrl().searchParams;
  const failed = search.get("failed") === "1";
  const cluster = search.get("cluster");
  const workflows = props.overview?.workflows ?? [];
  const chosen = keyOf({
    name: search.get("workflow") ?? "",
    environment: search.get("environment") ?? "",
  });
  const choose = (key: string) => {
    const found = workflows.find((one) => keyOf(one) === key);
    setSearch({ workflow: found?.name ?? null, environment: found?.environment ?? null });
  };
  return (
    <div className="bar-filters">
      <span className="seg" role="group" aria-label="Which runs">
        <button type="button" aria-pressed={!failed} onClick={() => setSearch({ failed: null })}>
          all
        </button>
        <button type="button" aria-pressed={failed} onClick={() => setSearch({ failed: "1" })}>
          failing
        </button>
      </span>
      <label>
        Workflow
        <select value={chosen} onChange={(event) => choose(event.target.value)}>
          <option value="@">every workflow</option>
          {workflows.map((one) => (
            <option key={keyOf(one)} value={keyOf(one)}>
              {one.name}, {one.environment}
            </option>
          ))}
        </select>
      </label>
      {cluster !== null && (
        <span className="chip">
          cluster {cluster}
          <button
            type="button"
            aria-label={`Show runs of every cluster, not only ${cluster}`}
            onClick={() => setSearch({ cluster: null })}
          >
            ×
          </button>
        </span>
      )}
    </div>
  );
}

function NoRuns() {
  const search = useUrl().searchParams;
  const narrows = ["cluster", "failed", "workflow"].filter((name) => search.has(name));
  return (
    <p className="wait">
      {narrows.length === 0
        ? "No run has settled yet."
        : `No run passes all of: ${narrows.join(", ")}.`}{" "}
      {narrows.map((name) => (
        <button
          key={name}
          type="button"
          className="lnk"
          onClick={() =>
            setSearch(
              name === "workflow" ? { workflow: null, environment: null } : { [name]: null },
            )
          }
        >
          drop {name}
        </button>
      ))}
    </p>
  );
}

function List(props: { readonly answer: Answer<RunLines> }) {
  if (props.answer.kind !== "here") return <Waiting {...props.answer} />;
  const { runs } = props.answer.value;
  if (runs.length === 0) return <NoRuns />;
  return (
    <>
      <div className="wide" tabIndex={0} role="region" aria-label="Runs" data-scrolls="">
        <table className="runs">
          <thead>
            <tr>
              <th scope="col" className="c-time">
                when
              </th>
              <th scope="col" className="c-glyph">
                <span className="sr">fingerprint</span>
              </th>
              <th scope="col">input</th>
              <th scope="col" className="c-flow">
                workflow
              </th>
              <th scope="col" className="num c-dur">
                lasted
              </th>
              <th scope="col" className="c-why">
                failed
              </th>
              <th scope="col" className="c-cluster">
                cluster
              </th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => (
              <RunRow key={run.id} run={run} />
            ))}
          </tbody>
        </table>
      </div>
      {runs.length >= limit && <p className="faint">The latest {limit} are shown.</p>}
    </>
  );
}

/** "Which runs, exactly?" */
export function RunsPage(props: { readonly overview: Answer<Overview> }) {
  const search = useUrl().searchParams;
  const failed = search.get("failed") === "1";
  const heading = usePage(failed ? "Failing runs" : "Runs");
  const answer = useApi(pathOf(search), isRunLines, 10_000);
  const overview = props.overview.kind === "here" ? props.overview.value : null;
  useRows();
  const all = overview?.workflows.reduce((sum, one) => sum + one.runs, 0);
  return (
    <>
      <div className="head">
        <div className="t">
          <h1 {...heading}>{failed ? "Failing runs" : "Runs"}</h1>
          <div className="facts">
            <span>
              {answer.kind === "here" ? counted(answer.value.runs.length, "run") : "runs"} shown
              {all !== undefined && ` of ${count(all)}`}, latest first
            </span>
          </div>
        </div>
      </div>
      <Filters overview={overview} />
      <List answer={answer} />
      <div className="hints">
        <span>
          <Keys of="next" /> <Keys of="previous" /> run
        </span>
        <span>
          <Keys of="open" /> open
        </span>
        <span className="end">
          <Keys of="help" /> all keys
        </span>
      </div>
    </>
  );
}
