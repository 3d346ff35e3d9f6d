// Runs are read by people: a batch is chosen, read blind by two of them, exported and taken in elsewhere. The CLI against the server's app.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { read } from "@rootward/pipeline/ingest/read";
import { noSettings } from "@rootward/pipeline/model/workflow";
import { ingest, settle } from "@rootward/pipeline/pipeline";
import { memoryStore } from "@rootward/pipeline/testing/memory-store";
import { openDoor } from "../packages/server/src/testing/door.ts";
import type { Door } from "../packages/server/src/testing/door.ts";

const fixtures = fileURLToPath(new URL("../fixtures/first/", import.meta.url));
const program = fileURLToPath(new URL("../packages/cli/src/main.ts", import.meta.url));
const loader = createRequire(import.meta.url).resolve("tsx");
const folder = mkdtempSync(join(tmpdir(), "review-"));

/** The app behind a port of its own. */
async function listen(door: Door): Promise<{ readonly server: Server; readonly url: string }> {
  const answerTo = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
    const { method = "GET", url = "/", headers } = request;
    const body = method === "GET" ? {} : { body: Buffer.concat(chunks) };
    const answer = await door.app.request(`http://localhost${url}`, {
      method,
      headers: { "content-type": headers["content-type"] ?? "" },
      ...body,
    });
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  };
  const server = createServer((request, response) => void answerTo(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** One command line, with something on its standard input. */
async function rootward(url: string, input: string, ...args: readonly string[]) {
  const child = spawn(
    process.execPath,
    ["--conditions=rootward-source", "--import", loader, program, ...args],
    { cwd: folder, env: { ...process.env, ROOTWARD_URL: url } },
  );
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => (stdout += text));
  child.stderr.on("data", (text) => (stderr += text));
  child.stdin.end(input);
  const code = await new Promise((resolve) => child.on("close", resolve));
  return { code, stdout, stderr };
}

let first: Awaited<ReturnType<typeof listen>>;
let second: Awaited<ReturnType<typeof listen>>;

/** A server that holds what `examples/first` sent. */
async function filled(): Promise<Door> {
  const store = memoryStore();
  for (const name of readdirSync(fixtures).sort()) {
    const bytes = gunzipSync(readFileSync(join(fixtures, name)));
    await ingest({ signal: "traces", encoding: "protobuf", bytes }, { store });
  }
  const options = { settingsFor: () => noSettings, contractFor: () => null, map: [] };
  const reader: Door["context"]["reader"] = (content) => read(content, options);
  const ids = await store.unsettled();
  const contents = await Promise.all(ids.map(async (id) => await store.traces([id])));
  const runs = await settle(contents, () => options, { store });
  const door = await openDoor({ store, reader });
  door.nowMs = Math.max(...runs.map(({ digest }) => digest.startedMs)) + 1;
  return door;
}

beforeAll(async () => {
  first = await listen(await filled());
  second = await listen(await openDoor());
}, 60_000);
afterAll(() => {
  first.server.close();
  second.server.close();
  rmSync(folder, { recursive: true });
});

const size = ["--size", "6"];

test("a reader goes through a batch, is shown nothing before saving, and goes on where it was left", async () => {
  const answers =
    "bad\nnote cites what it never read\ncode made-up\nmode citations\nstep 1\nsave\nskip\n";
  const begun = await rootward(first.url, answers, "review", "--reviewer", "mira", ...size);
  expect([begun.code, begun.stderr]).toEqual([0, ""]);
  const [before = "", after = ""] = begun.stdout.split("saved bad");
  expect(before).toMatch(/^run 1 of 6 · [0-9a-f]{32} · /);
  expect(before).not.toMatch(/CL-|grounded|chosen|the rule/);
  expect(after).toMatch(/^ · the rule .*chosen: /);
  expect(begun.stdout).toMatch(/\n1 run of 6 read in RB-[0-9a-f]{8}\n$/);
  writeFileSync(join(folder, "more.txt"), "good\nsave\n# the second one\nunsure\nsave\n");
  const more = await rootward(
    first.url,
    "",
    "review",
    "--reviewer",
    "mira",
    "--answers",
    "more.txt",
  );
  expect(more.stdout).toMatch(/^run 2 of 6/);
  expect(more.stdout).toMatch(/\n3 runs of 6 read in RB-/);
}, 60_000);

test("a colleague reads the same batch, and the status tells what came of it", async () => {
  const batch = /RB-[0-9a-f]{8}/.exec(
    (await rootward(first.url, "", "review", "--status")).stdout,
  )?.[0];
  const jo = await rootward(
    first.url,
    "bad\ncode MADE-UP\nsave\n",
    "review",
    "--reviewer",
    "jo",
    "--batch",
    batch ?? "",
  );
  expect(jo.code).toBe(0);
  const { stdout } = await rootward(first.url, "", "review", "--status");
  expect(stdout).toMatch(/^3 runs read, 4 annotations\n/);
  expect(stdout).toContain("mira 3, jo 1");
  expect(stdout).toMatch(
    /agreement {3}jo and mira: the same on 100 % of 1 run, kappa has no answer/,
  );
  expect(stdout).toMatch(/· runs read: 3 \(needed: at least 20\)/);
  expect(stdout).toContain("made-up (1)");
}, 60_000);

test("what is exported is taken in elsewhere, once, and comes out the same", async () => {
  const out = await rootward(first.url, "", "review", "export", "--out", "all.jsonl");
  expect([out.code, out.stderr]).toEqual([0, "6 records written to all.jsonl\n"]);
  const text = readFileSync(join(folder, "all.jsonl"), "utf8");
  const take = async () => await rootward(second.url, "", "review", "import", "all.jsonl");
  expect((await take()).stdout).toBe("6 records added, 0 known already\n");
  expect((await take()).stdout).toBe("0 records added, 6 known already\n");
  expect((await rootward(second.url, "", "review", "export")).stdout).toBe(text);
  const broken = await rootward(
    second.url,
    `${text}{"kind":"annotation"}\n`,
    "review",
    "import",
    "-",
  );
  expect([broken.code, broken.stderr]).toEqual([1, expect.stringMatching(/^rootward: -:7: id: /)]);
}, 60_000);

test("failure modes are listed, renamed and merged by people", async () => {
  const list = await rootward(first.url, "", "review", "modes", "--json");
  const [mode] = JSON.parse(list.stdout) as readonly { id: string }[];
  const renamed = await rootward(
    first.url,
    "",
    "review",
    "modes",
    "rename",
    mode!.id,
    "made-up sources",
  );
  expect(renamed.stdout).toBe(`${mode!.id} is now "made-up sources"\n`);
  const itself = await rootward(first.url, "", "review", "modes", "merge", mode!.id, mode!.id);
  expect([itself.code, itself.stderr]).toEqual([
    2,
    `rootward: ${mode!.id} cannot be merged into itself\n`,
  ]);
  await rootward(first.url, "mode gone astray\nbad\nsave\n", "review", "--reviewer", "jo");
  const all = JSON.parse(
    (await rootward(first.url, "", "review", "modes", "--json")).stdout,
  ) as readonly {
    id: string;
    name: string;
  }[];
  const other = all.find(({ name }) => name === "gone astray");
  const merged = await rootward(first.url, "", "review", "modes", "merge", other!.id, mode!.id);
  expect(merged.stdout).toBe(`${other!.id} is part of "made-up sources"\n`);
  const { stdout } = await rootward(first.url, "", "review", "--status");
  expect(stdout).toMatch(/made-up sources: 2 bad/);
}, 60_000);

test("what is asked wrongly is refused before anything is made", async () => {
  const refused = async (...args: readonly string[]) => {
    const { code, stderr } = await rootward(first.url, "awful\n", "review", ...args);
    return [code, stderr];
  };
  expect(await refused()).toEqual([
    2,
    expect.stringMatching(/^rootward: -:1: "awful" is no answer/),
  ]);
  expect(await refused("batch", "--size", "0")).toEqual([
    2,
    'rootward: --size is "0": expected a whole number from 1 to 1000\n',
  ]);
  expect(await refused("batch", "--since", "monday")).toEqual([
    2,
    expect.stringMatching(/^rootward: --since is "monday": expected a duration back/),
  ]);
  expect(await refused("batch", "--workflow", "none")).toEqual([
    2,
    expect.stringMatching(/^rootward: no runs of none; there are: /),
  ]);
  const dry = await rootward(first.url, "", "review", "batch", "--dry", "--size", "5");
  expect(JSON.parse(dry.stdout)).toMatchObject({ size: 5, ranking: expect.any(String) });
}, 60_000);
