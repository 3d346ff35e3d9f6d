// What a diagnosis costs at any size: npm run bench:diagnose [-- --runs 1000,10000,100000 --failed 100000 --one 50000]
// Each size in a process of its own; nothing but the diagnosis is timed. --json prints the figures as JSON.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { costOf, type Cost } from "./diagnose/cost.ts";
import { trafficOf, type TrafficKind } from "./diagnose/traffic.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "1000,10000,100000" },
    failed: { type: "string", default: "10000,100000" },
    one: { type: "string", default: "50000" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
    only: { type: "string" },
  },
});

const kinds: readonly TrafficKind[] = ["mixed", "failed", "one"];

/** One size, in this process: `--only mixed:1000`. */
async function alone(size: string): Promise<void> {
  const [name, count] = size.split(":");
  const kind = kinds.find((one) => one === name);
  const runs = Number(count);
  if (!kind || !Number.isSafeInteger(runs) || runs < 1) {
    throw new Error(
      `a size is "${size}"; expected ${kinds.join(", ")} and a number, as in mixed:1000`,
    );
  }
  const cost = await costOf(trafficOf({ seed: Number(values.seed), runs, kind }));
  console.log(JSON.stringify({ kind, ...cost }));
}

function inOwnProcess(kind: TrafficKind, runs: string): Cost & { readonly kind: TrafficKind } {
  const flags = ["--expose-gc", "--max-old-space-size=8000", ...process.execArgv];
  const given = [...flags, fileURLToPath(import.meta.url), "--only", `${kind}:${runs}`];
  const { status, stdout } = spawnSync(process.execPath, [...given, "--seed", values.seed], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`${kind}:${runs} ended with ${status}`);
  return JSON.parse(stdout);
}

const seconds = (ms: number): string => (ms / 1000).toFixed(2);

/** One line a figure, one column a size. */
function table(costs: readonly (Cost & { readonly kind: TrafficKind })[]): void {
  const line = (
    name: string,
    of: (cost: Cost & { readonly kind: TrafficKind }) => string | number,
  ) => console.log(name.padEnd(40) + costs.map((cost) => String(of(cost)).padStart(10)).join(""));
  line("", ({ kind }) => kind);
  line("runs", ({ runs }) => runs);
  line("of them failed", ({ failed }) => failed);
  line("steps", ({ steps }) => steps);
  line("clusters", ({ clusters }) => clusters);
  line("all in one go, s", ({ onceMs }) => seconds(onceMs));
  line("  on the clock, s", ({ onceWallMs }) => seconds(onceWallMs));
  line("  ms a run", ({ onceMs, runs }) => (onceMs / runs).toFixed(3));
  line("  ms a step", ({ onceMs, steps }) => (onceMs / steps).toFixed(4));
  line("  of it drifts, ms a run", ({ stages, runs }) =>
    ((stages["drifts"] ?? 0) / runs).toFixed(4),
  );
  for (const stage of Object.keys(costs[0]?.stages ?? {})) {
    line(`  ${stage}, s`, ({ stages }) => seconds(stages[stage] ?? 0));
  }
  line("a server's first, s", ({ firstMs }) => seconds(firstMs));
  line("after 100 more runs, s", ({ moreMs }) => seconds(moreMs));
  line("  its longest slice, ms", ({ longestMs }) => longestMs.toFixed(0));
  line("with nothing new, s", ({ sameMs }) => seconds(sameMs));
  line("kept between two, MB", ({ keptMb }) => keptMb.toFixed(0));
  line("  kB a run", ({ keptMb, runs }) => ((keptMb * 1000) / runs).toFixed(2));
  line("the runs themselves, MB", ({ runsMb }) => runsMb.toFixed(0));
  console.log("times are of the processor, garbage collection included, unless they say otherwise");
}

if (values.only !== undefined) await alone(values.only);
else {
  const sizes = (text: string): readonly string[] => text.split(",").filter((size) => size !== "");
  const costs = [
    ...sizes(values.runs).map((size) => inOwnProcess("mixed", size)),
    ...sizes(values.failed).map((size) => inOwnProcess("failed", size)),
    ...sizes(values.one).map((size) => inOwnProcess("one", size)),
  ];
  if (values.json) console.log(JSON.stringify(costs, null, 2));
  else table(costs);
}
