// What a diagnosis costs at any size: npm run bench:diagnose [-- --runs 1000,10000,100000 --failed 100000 --one 50000]
// Each size in a process of its own; nothing but the diagnosis is timed. --json prints the figures as JSON.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
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

const Size = z.tuple([z.enum(["mixed", "failed", "one"]), z.coerce.number().int().positive()]);

/** One size, in this process: `--only mixed:1000`. */
async function alone(size: string): Promise<void> {
  const [kind, runs] = Size.parse(size.split(":"));
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

function row(cells: readonly (string | number)[]): string {
  return cells.map((cell, at) => String(cell).padStart(at === 0 ? 7 : 10)).join("");
}

const seconds = (ms: number): string => (ms / 1000).toFixed(2);

function table(costs: readonly (Cost & { readonly kind: TrafficKind })[]): void {
  const stages = Object.keys(costs[0]?.stages ?? {});
  const heads = ["", "runs", "failed", "cpu s", "wall s", "ms/run", "ms/step", "heap MB", "slice ms"];
  console.log(row([...heads, "again s", ...stages, "drift/run"]));
  for (const cost of costs) {
    const { kind, runs, failed, steps, cpuMs, wallMs, heapMb, longestMs, stages: by } = cost;
    const perRun = (ms: number): string => (ms / runs).toFixed(3);
    const plain = [seconds(cpuMs), seconds(wallMs), perRun(cpuMs), (cpuMs / steps).toFixed(4)];
    const rest = [heapMb.toFixed(0), longestMs.toFixed(0), seconds(cost.againMs)];
    const parts = stages.map((stage) => seconds(by[stage] ?? 0));
    console.log(
      row([kind, runs, failed, ...plain, ...rest, ...parts, perRun(by["drifts"] ?? 0)]),
    );
  }
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
