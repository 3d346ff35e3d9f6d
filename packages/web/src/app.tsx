import { useState } from "react";
import { isOverview, useApi } from "./api.ts";
import type { Answer, Overview } from "./api.ts";
import { counted } from "./format.ts";
import { useKeys } from "./keys.ts";
import { KeySheet } from "./parts/key-sheet.tsx";
import { Fingerprint, marksOfShape } from "./parts/fingerprint.tsx";
import { ClusterPage } from "./pages/cluster.tsx";
import { ClustersPage } from "./pages/clusters.tsx";
import { OverviewPage } from "./pages/overview.tsx";
import { RunPage } from "./pages/run.tsx";
import { RunsPage } from "./pages/runs.tsx";
import { Link, go, usePage, useUrl } from "./router.tsx";
import { isFinding, isOpen } from "./story.ts";
import { chooseTheme, storedTheme } from "./theme.ts";
import type { Theme } from "./theme.ts";

const refreshMs = 5_000;

function Entry(props: {
  readonly href: string;
  readonly here: boolean;
  readonly label: string;
  readonly note?: string;
}) {
  return (
    <Link href={props.href} {...(props.here ? { "aria-current": "page" as const } : {})}>
      {props.label}
      {props.note !== undefined && <span className="n">{props.note}</span>}
    </Link>
  );
}

function Loops(props: { readonly closed: number; readonly of: number }) {
  const { closed, of } = props;
  const share = of === 0 ? 0 : (100 * closed) / of;
  return (
    <div className="loop">
      Loops closed
      <svg
        className="loopbar"
        viewBox="0 0 100 6"
        preserveAspectRatio="none"
        height="6"
        aria-hidden="true"
      >
        <rect className="loop-of" width="100" height="6" />
        <rect className="loop-closed" width={share} height="6" />
      </svg>
      {of === 0
        ? "No cluster is diagnosed yet"
        : `${closed} of ${of} diagnosed clusters have a gate case or a written reason not to`}
    </div>
  );
}

function ThemeChoice() {
  const [theme, setTheme] = useState<Theme>(storedTheme);
  const options: readonly Theme[] = ["system", "light", "dark"];
  const choose = (value: string) => {
    const chosen = options.find((option) => option === value) ?? "system";
    chooseTheme(chosen);
    setTheme(chosen);
  };
  return (
    <label className="theme">
      Theme
      <select value={theme} onChange={(event) => choose(event.target.value)}>
        {options.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    </label>
  );
}

function Side(props: {
  readonly path: string;
  readonly overview: Answer<Overview>;
  readonly onHelp: () => void;
}) {
  const { path, overview } = props;
  const here = overview.kind === "here" ? overview.value : null;
  const drifts =
    here?.workflows.reduce(
      (sum, one) => sum + one.drifts.filter((drift) => drift.open).length,
      0,
    ) ?? 0;
  const open = here?.clusters.filter((one) => isFinding(one) && isOpen(one)).length ?? 0;
  const loops = here?.status.loopsClosed ?? { closed: 0, of: 0 };
  return (
    <nav className="side" aria-label="Main">
      <div className="brand">
        <span aria-hidden="true">
          <Fingerprint marks={marksOfShape(["grounded", "downstream_ok"])} size={22} />
        </span>
        Rootward
      </div>
      <div className="step">Watch</div>
      <Entry
        href="/"
        here={path === "/"}
        label="Overview"
        {...(drifts > 0 ? { note: counted(drifts, "drift") } : {})}
      />
      <Entry href="/runs" here={path.startsWith("/runs")} label="Runs" />
      <div className="step">Understand</div>
      <Entry
        href="/clusters"
        here={path.startsWith("/clusters")}
        label="Clusters"
        {...(open > 0 ? { note: `${open} open` } : {})}
      />
      <div className="foot">
        <ThemeChoice />
        <button type="button" className="plainbtn" onClick={props.onHelp}>
          Keys <kbd>?</kbd>
        </button>
      </div>
      {here !== null && <Loops closed={loops.closed} of={loops.of} />}
    </nav>
  );
}

function NotFound(props: { readonly path: string }) {
  return (
    <>
      <h1 {...usePage("No such page")}>No such page</h1>
      <p className="big">
        Nothing is at <code>{props.path}</code>.{" "}
        <Link className="lnk" href="/">
          Overview
        </Link>
      </p>
    </>
  );
}

function Page(props: { readonly path: string; readonly overview: Answer<Overview> }) {
  const { path, overview } = props;
  const [, section = "", id] = path.split("/").map(decodeURIComponent);
  if (path === "/") return <OverviewPage overview={overview} />;
  if (section === "clusters" && id !== undefined)
    return <ClusterPage key={id} id={id} overview={overview} />;
  if (section === "clusters") return <ClustersPage overview={overview} />;
  if (section === "runs" && id !== undefined)
    return <RunPage key={id} id={id} overview={overview} />;
  if (section === "runs") return <RunsPage overview={overview} />;
  return <NotFound path={path} />;
}

/** The frame of every page: navigation, the page of the current path, the sheet of keys. */
export function App() {
  const path = useUrl().pathname;
  const overview = useApi("/api/overview", isOverview, refreshMs);
  const [helps, setHelps] = useState(false);
  useKeys({
    goOverview: () => go("/"),
    goRuns: () => go("/runs"),
    goClusters: () => go("/clusters"),
    help: () => setHelps(true),
  });
  return (
    <div className="app">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <Side path={path} overview={overview} onHelp={() => setHelps(true)} />
      <main id="main">
        <Page path={path} overview={overview} />
      </main>
      {helps && <KeySheet onClose={() => setHelps(false)} />}
    </div>
  );
}
