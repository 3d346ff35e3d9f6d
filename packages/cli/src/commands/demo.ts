import type { Command } from "commander";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { erroredRuns, overviewOf, runOf, statusOf } from "../demo/answers.ts";
import {
  demoAgent,
  freePort,
  pause,
  replay,
  startServer,
  type DemoAgent,
  type DemoServer,
  type Replayed,
} from "../demo/programs.ts";
import { addCase, gateLines, writeProject, writeServerConfig } from "../demo/project.ts";
import {
  causeLines,
  clusterLines,
  driftLines,
  plotOf,
  StoryError,
  trailLines,
  type Plot,
} from "../demo/story.ts";
import { requestJson } from "../api.ts";
import { count, note, OperatorError, printLine, progress } from "../output.ts";

interface DemoOptions {
  readonly once?: boolean;
  readonly seed?: string;
  readonly port?: string;
  readonly keep?: boolean;
}

const home = ".rootward/demo";
/** Only a folder with this file in it is ever removed. */
const marker = "made-by-rootward-demo.json";
const Marker = z.object({ seed: z.number().nullable() });
const settledWithinMs = 120_000;

export function register(program: Command): void {
  program
    .command("demo")
    .description("replay 18 days of traffic and show what Rootward finds in it")
    .option("--once", "end after the story, with exit 1 if a step of it fails")
    .option("--seed <n>", "other names, times and choices")
    .option("--port <n>", "port of the demo's server (default: 4318, or a free one)")
    .option("--keep", `tell the story of the data that is in ${home} already`)
    .action(async (options: DemoOptions) => await demo(options));
}

async function demo(options: DemoOptions): Promise<void> {
  const folder = resolve(home);
  const asked = wholeNumber("--seed", options.seed);
  const seed = options.keep === true ? keptSeed(folder, asked) : asked;
  // Everything that can be refused is, before an earlier demo's data is removed.
  const { port, taken } = await freePort(wholeNumber("--port", options.port));
  const agent = await demoAgent(seed);
  prepare(folder, options.keep === true, seed);
  const configFile = join(folder, "rootward.yaml");
  writeServerConfig(configFile, agent.workflow);
  const server = await startServer(
    port,
    join(folder, "data"),
    configFile,
    join(folder, "server.log"),
  );
  const interrupted = whenInterrupted();
  try {
    printLine(`Rootward demo · embedded store in ${home} · ${server.url}`);
    if (taken) note(`port 4318 is taken, so the demo listens on ${port}`);
    const told = tell(server, { seed, folder, agent, keep: options.keep === true });
    const ended = await Promise.race([told, interrupted]);
    if (ended === "interrupted") process.exitCode = 130;
    else if (options.once !== true) {
      printLine("Rootward stays up for exploring; Ctrl-C ends it.");
      await interrupted;
    }
  } finally {
    await server.stop();
  }
}

interface Setting {
  readonly seed: number | null;
  readonly folder: string;
  readonly agent: DemoAgent;
  readonly keep: boolean;
}

/**
 * The story, printed step by step.
 *
 * @throws StoryError  naming the first step that did not come out
 */
async function tell(server: DemoServer, setting: Setting): Promise<void> {
  const sent = setting.keep ? null : await replayed(server.url, setting.seed);
  await settled(server.url);
  await requestJson(server.url, "/api/diagnose", {});
  if (sent) await printReplay(sent, server.url);
  const plot = plotOf(await overviewOf(server.url));
  printLine();
  print(driftLines(plot.drift));
  print(clusterLines(plot));
  print(trailLines(plot, await runOf(server.url, plot.cluster.representative)));
  print(causeLines(plot));
  const project = join(setting.folder, "project");
  writeProject(project, setting.agent);
  print((await addCase(project, server.url, plot)).lines);
  print(await gateLines(project, setting.seed));
  await printEnd(server.url, plot);
}

function print(lines: readonly string[]): void {
  for (const line of lines) printLine(line);
}

async function replayed(url: string, seed: number | null): Promise<Replayed> {
  const bar = progress("replaying 18 days over OTLP/HTTP");
  const sent = await replay(url, seed, (done, of) => bar.update(done, of));
  bar.end();
  return sent;
}

/** Waits until no trace waits for more spans. @throws StoryError  if that takes too long */
async function settled(url: string): Promise<void> {
  const untilMs = Date.now() + settledWithinMs;
  for (;;) {
    const { openTraces } = await statusOf(url);
    if (openTraces === 0) return;
    if (Date.now() > untilMs) throw new StoryError("0 replay", `${openTraces} traces are open`);
    await pause(200);
  }
}

async function printReplay(sent: Replayed, url: string): Promise<void> {
  const status = await statusOf(url);
  if (status.runs !== sent.runs) {
    throw new StoryError("0 replay", `${sent.runs} runs were sent, ${status.runs} are there`);
  }
  const rejected = status.received - status.accepted;
  const errors = await erroredRuns(url);
  const seconds = `${sent.seconds.toFixed(1)} s`;
  print([
    `▸ replayed 18 days: ${count(status.runs)} runs, ${count(status.spans)} spans over OTLP/HTTP in ${seconds}`,
    `  ${count(sent.requests)} requests answered 200 · ${count(status.accepted)} spans accepted, ${rejected} rejected, ${count(status.duplicates)} sent twice`,
    `  ${count(status.runs - errors)} runs ended well by what monitoring sees, ${errors} with an error`,
  ]);
}

async function printEnd(url: string, { others }: Plot): Promise<void> {
  const { loopsClosed } = await statusOf(url);
  const at = url.endsWith(":4318") ? "" : ` --url ${url}`;
  const [next] = others.toSorted((left, right) => right.size - left.size);
  printLine();
  printLine(`The loop is closed for ${loopsClosed.closed} of ${loopsClosed.of} clusters.`);
  printLine(`Next:  ${next ? `rootward show ${next.id}${at}   ·   ` : ""}open ${url}`);
}

/** A fresh folder for the demo: what an earlier demo left is removed, anything else is not touched. */
function prepare(folder: string, keep: boolean, seed: number | null): void {
  const own = existsSync(join(folder, marker));
  const empty = !existsSync(folder) || readdirSync(folder).length === 0;
  if (!own && !empty) {
    throw new OperatorError(
      `${folder} holds something that no demo wrote: move it away, or run the demo in another folder`,
    );
  }
  rmSync(keep ? join(folder, "project") : folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, marker), `${JSON.stringify({ seed })}\n`);
}

/**
 * The seed of the data that an earlier demo left.
 *
 * @throws OperatorError  if there is none, or another seed is asked for
 */
function keptSeed(folder: string, asked: number | null): number | null {
  const file = join(folder, marker);
  if (!existsSync(file)) {
    throw new OperatorError(`${folder} holds no earlier demo: leave --keep out`);
  }
  const { seed } = Marker.parse(JSON.parse(readFileSync(file, "utf8")));
  if (asked !== null && asked !== seed) {
    throw new OperatorError(
      `the data in ${folder} is of seed ${seed ?? "none"}, not ${asked}: leave --keep or --seed out`,
    );
  }
  return seed;
}

/** Resolves at the first Ctrl-C or SIGTERM; a second one ends the process at once, as usual. */
function whenInterrupted(): Promise<"interrupted"> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => resolve("interrupted"));
    }
  });
}

function wholeNumber(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new OperatorError(`${name} is "${text}"; expected a whole number from 0 on`, 2);
}
