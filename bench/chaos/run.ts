import { join } from "node:path";
import { openStore } from "../../packages/server/src/store/store.ts";
import { randomOf } from "../shared/random.ts";
import type { Random } from "../shared/random.ts";
import { bodiesOfRound, tracePrefix } from "./bodies.ts";
import { openDisk } from "./disk.ts";
import type { Disk } from "./disk.ts";
import { startLoad, startServer } from "./programs.ts";
import type { Load, Server } from "./programs.ts";
import { none, verifyRound } from "./verify.ts";
import type { Findings } from "./verify.ts";

/** What can happen to the server in a round. */
export const kinds = [
  "killed",
  "disk full",
  "sent again",
  "connections cut",
  "terminated",
] as const;
type Kind = (typeof kinds)[number];

export interface Options {
  readonly rounds: number;
  readonly seed: number;
  readonly kinds: readonly Kind[];
  /** Told after every round. */
  readonly onRound: (round: number, kind: Kind, findings: Findings) => void;
}

/** What all rounds came to. */
export interface Result {
  readonly byKind: ReadonlyMap<Kind, Findings & { rounds: number }>;
  /** Of all bodies again, after the last start; and rows below the views. */
  readonly atTheEnd: Findings;
  readonly rows: { readonly stored: number; readonly different: number };
  /** From the start of the program to the first acknowledged body. */
  readonly firstAckMs: readonly number[];
  readonly refused: ReadonlyMap<number, number>;
  readonly disk: "mounted" | "limited";
}

interface World {
  readonly seed: number;
  readonly random: Random;
  readonly disk: Disk;
  readonly load: Load;
  readonly firstAckMs: number[];
  server: Server;
}

const connections = 6;
const diskMegabytes = 2_048;
/** With a limit on files instead of a full disk: KiB that a file may have. */
const fileBlocks = 96;

const pause = async (ms: number): Promise<void> =>
  await new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until something holds. @throws Error  if it takes too long */
async function until(what: string, holds: () => boolean, mostMs = 120_000): Promise<void> {
  const untilMs = performance.now() + mostMs;
  while (!holds()) {
    if (performance.now() > untilMs) throw new Error(`${what}: not within ${mostMs} ms`);
    await pause(10);
  }
}

function ackedOf(world: World, round: number): number {
  let count = 0;
  for (const number of world.load.acked)
    if (Math.floor(number / bodiesOfRound) === round) count += 1;
  return count;
}

function send(
  world: World,
  numbers: readonly number[] | { readonly from: number },
  cutShare = 0,
): void {
  const { load, server, seed } = world;
  load.order({ order: "send", url: server.url, seed, numbers, cutShare, connections });
}

async function stop(world: World): Promise<void> {
  world.load.order({ order: "stop" });
  await world.load.stopped();
}

/** Numbers at the end of a round's: the first that a new server is asked to take. */
const probes = bodiesOfRound - 1_000;

async function restart(world: World, round: number): Promise<void> {
  world.server = await startServer(join(world.disk.folder, "data"));
  const before = ackedOf(world, round);
  const probe = round * bodiesOfRound + probes + 2 * world.firstAckMs.length;
  send(world, [probe]);
  await world.load.stopped();
  if (ackedOf(world, round) === before) throw new Error("the first body after a start was refused");
  world.firstAckMs.push(performance.now() - world.server.startedMs);
}

type Play = (world: World, round: number) => Promise<void>;

/** Load until so many bodies of the round were acknowledged. */
async function loaded(world: World, round: number, bodies: number, cutShare = 0): Promise<void> {
  send(world, { from: round * bodiesOfRound }, cutShare);
  await until("bodies acknowledged", () => ackedOf(world, round) >= bodies);
}

const plays: Readonly<Record<Kind, Play>> = {
  killed: async (world, round) => {
    await loaded(world, round, 1 + world.random.below(60));
    await pause(world.random.below(400));
    world.server.kill("SIGKILL");
    await world.server.ended;
    await stop(world);
    await restart(world, round);
  },
  terminated: async (world, round) => {
    await loaded(world, round, 1 + world.random.below(60));
    await pause(world.random.below(400));
    world.server.kill("SIGTERM");
    const { code, stderr } = await world.server.ended;
    await stop(world);
    if (code !== 0) throw new Error(`the server ended with ${code} at SIGTERM: ${stderr}`);
    await restart(world, round);
  },
  "disk full": async (world, round) => {
    const { disk } = world;
    if (disk.ballast === null) return await limited(world, round);
    await loaded(world, round, 10);
    const before = refusals(world);
    disk.ballast.fill();
    try {
      await until("bodies refused", () => refusals(world) > before + 2);
      await pause(world.random.below(1_500));
    } finally {
      disk.ballast.remove();
    }
    const acked = ackedOf(world, round);
    await until("bodies acknowledged again", () => ackedOf(world, round) > acked + 10);
    await stop(world);
  },
  "sent again": async (world, round) => {
    await loaded(world, round, 20 + world.random.below(30));
    await stop(world);
    const numbers = [...world.load.sent].filter(
      (number) => Math.floor(number / bodiesOfRound) === round,
    );
    for (const again of [numbers, shuffled(world.random, [...numbers, ...numbers])]) {
      send(world, again);
      await world.load.stopped();
    }
  },
  "connections cut": async (world, round) => {
    await loaded(world, round, 20 + world.random.below(30), 0.5);
    await stop(world);
  },
};

/** Without a disk of its own: a server whose files may not grow, killed, and one without a limit on the same data. */
async function limited(world: World, round: number): Promise<void> {
  world.server.kill("SIGTERM");
  await world.server.ended;
  world.server = await startServer(join(world.disk.folder, "data"), fileBlocks);
  const before = refusals(world);
  send(world, { from: round * bodiesOfRound });
  await until("bodies refused", () => refusals(world) > before + 2);
  await stop(world);
  world.server.kill("SIGKILL");
  await world.server.ended;
  await restart(world, round);
}

function refusals({ load }: World): number {
  return [...load.refused.values()].reduce((sum, count) => sum + count, 0);
}

function shuffled<T>(random: Random, list: readonly T[]): readonly T[] {
  const left = [...list];
  return list.map(() => left.splice(random.below(left.length), 1)[0] as T);
}

function added(into: Findings, of: Findings): void {
  for (const name of ["acked", "ackedSpans", "lost", "duplicated", "partial", "unsettled"] as const)
    into[name] += of[name];
  into.examples.push(...of.examples);
}

/**
 * Lets things happen to a server under load, a round each, and looks after every round and at the end whether it kept what it
 * acknowledged.
 */
export async function runChaos(options: Options): Promise<Result> {
  const { seed } = options;
  const disk = openDisk(diskMegabytes);
  const load = startLoad();
  const dataDir = join(disk.folder, "data");
  const byKind = new Map<Kind, Findings & { rounds: number }>();
  let server: Server | null = null;
  try {
    server = await startServer(dataDir);
    const world: World = { seed, random: randomOf(seed), disk, load, firstAckMs: [], server };
    for (let round = 0; round < options.rounds; round += 1) {
      const kind = options.kinds[round % options.kinds.length] ?? "killed";
      await plays[kind](world, round);
      server = world.server;
      const { sent, acked } = load;
      const findings = await verifyRound(server.url, { seed, round, sent, acked });
      const total = byKind.get(kind) ?? { ...none(), rounds: 0 };
      byKind.set(kind, total);
      total.rounds += 1;
      added(total, findings);
      options.onRound(round, kind, findings);
    }
    server.kill("SIGKILL");
    await server.ended;
    server = await startServer(dataDir);
    const atTheEnd = none();
    for (let round = 0; round < options.rounds; round += 1)
      added(
        atTheEnd,
        await verifyRound(server.url, { seed, round, sent: load.sent, acked: load.acked }),
      );
    server.kill("SIGTERM");
    await server.ended;
    return {
      byKind,
      atTheEnd,
      rows: await rowsOf(dataDir, options),
      firstAckMs: world.firstAckMs,
      refused: load.refused,
      disk: disk.ballast === null ? "limited" : "mounted",
    };
  } catch (cause) {
    const ended = await Promise.race([server?.ended, pause(1_000)]);
    const state = ended === undefined ? "still runs" : `ended with ${ended.code}: ${ended.stderr}`;
    throw new Error(`seed ${seed}: ${String(cause)}; the server ${state}`, { cause });
  } finally {
    load.end();
    server?.kill("SIGKILL");
    await server?.ended;
    disk.remove();
  }
}

/** Rows below the views, of rounds in which nothing was sent twice: there, a row that is there twice was stored twice. */
async function rowsOf(dataDir: string, options: Options): Promise<Result["rows"]> {
  const store = await openStore({ dataDir });
  try {
    let stored = 0;
    let different = 0;
    for (let round = 0; round < options.rounds; round += 1) {
      if (options.kinds[round % options.kinds.length] === "sent again") continue;
      const { rows } = await store.sql(
        `SELECT count(), uniqExact(trace_id, span_id) FROM stored_spans WHERE trace_id >= '${tracePrefix(round)}' AND trace_id < '${tracePrefix(round + 1)}'`,
        { timeoutMs: 30_000 },
      );
      stored += Number(rows[0]?.[0]);
      different += Number(rows[0]?.[1]);
    }
    return { stored, different };
  } finally {
    await store.close();
  }
}
