// The steps of prove:loop as a user takes them: each a command of the product in a repository of its own.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const path = (file) => fileURLToPath(new URL(`../../${file}`, import.meta.url));
const command = path("packages/cli/bin/rootward.mjs");
const simulator = path("simulator/dist/main.js");
const agentsModule = path("simulator/dist/agents.js");
const mostBytes = 512 * 1024 * 1024;

function git(folder, ...args) {
  const who = ["-c", "user.name=prove", "-c", "user.email=prove@example.com"];
  execFileSync("git", [...who, ...args], { cwd: folder, stdio: "ignore" });
}

/** Runs `rootward` in the repository, as CI would: nothing of this program's own settings reaches it. */
function rootward({ folder }, args, environment = {}) {
  const ours = ["CI", "GITHUB_ACTIONS", "GITHUB_BASE_REF", "ROOTWARD_CONFIG"];
  const own = Object.entries(process.env).filter(([name]) => !ours.includes(name));
  const ended = spawnSync(process.execPath, [command, ...args], {
    cwd: join(folder, "repository"),
    encoding: "utf8",
    maxBuffer: mostBytes,
    env: { ...Object.fromEntries(own), ...environment },
  });
  return { code: ended.status ?? 1, stdout: ended.stdout, stderr: ended.stderr };
}

/** The names of the three agents and of what they use. */
export function namesOf({ folder, seed }) {
  const truth = join(folder, "truth.json");
  execFileSync(process.execPath, [simulator, "--truth", truth, ...seedOf(seed)]);
  return JSON.parse(readFileSync(truth, "utf8")).names;
}

function seedOf(seed) {
  return seed === null ? [] : ["--seed", seed];
}

/** `rootward serve` on any free port. @returns its address, and what ends it */
export async function serve({ folder }) {
  const log = join(folder, "server.log");
  const args = ["serve", "--port", "0", "--grpc-port", "off", "--data", join(folder, "data")];
  const file = openSync(log, "a");
  const child = spawn(process.execPath, [command, ...args], {
    cwd: join(folder, "repository"),
    stdio: ["ignore", file, file],
  });
  process.once("exit", () => child.kill("SIGTERM"));
  for (;;) {
    const said = readFileSync(log, "utf8");
    const url = /listening on (http\S+)/.exec(said)?.[1];
    if (url !== undefined) return { url, stop: () => child.kill("SIGTERM") };
    if (child.exitCode !== null) throw new Error(`the server ended: ${said}`);
    await setTimeout(50);
  }
}

async function api(url, path, body) {
  const headers = { "content-type": "application/json" };
  const request = body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) };
  const response = await fetch(`${url}${path}`, request);
  if (!response.ok) throw new Error(`${path} answered ${response.status} ${await response.text()}`);
  return await response.json();
}

/** Three broken agents send their traces, until all are read. */
export async function sendTraffic({ seed, runs }, url) {
  const args = ["--url", url, "--runs", String(runs), ...seedOf(seed)];
  const child = spawn(process.execPath, [simulator, ...args], { stdio: ["ignore", "ignore", 2] });
  const code = await new Promise((resolve) => child.once("exit", resolve));
  if (code !== 0) throw new Error(`the simulator ended with ${code}`);
  while ((await api(url, "/api/status")).openTraces > 0) await setTimeout(200);
}

/** A user's repository (its rootward.yaml is JSON, which is YAML too): the agents under test, and what people know: the answers of all three are records of compliance. */
export function writeRepository({ folder, seed }, names) {
  const repository = join(folder, "repository");
  mkdirSync(repository);
  const tools = {
    policy: [names.policy.search],
    claims: [names.claims.search],
    refunds: [names.refunds.booking, names.refunds.payment, names.refunds.ledger],
  };
  const agents = Object.entries(tools).map(([key, used]) => [
    names[key].workflow,
    {
      adapter: "module",
      module: agentsModule,
      export: key,
      timeout: "30s",
      concurrency: 2,
      env: seed === null ? {} : { SIMULATOR_SEED: seed },
      tools: Object.fromEntries(
        used.map((tool) => [tool, { via: "http", base_url_env: "TOOL_BASE_URL" }]),
      ),
    },
  ]);
  const workflows = agents.map(([name]) => [name, { compliance: true }]);
  const config = {
    schema: "rootward/v1",
    workflows: Object.fromEntries(workflows),
    agents: Object.fromEntries(agents),
  };
  writeFileSync(join(repository, "rootward.yaml"), JSON.stringify(config, null, 2));
  git(repository, "init", "-q", "-b", "main");
  commit({ folder }, "agents");
}

export function commit({ folder }, message) {
  const repository = join(folder, "repository");
  git(repository, "add", "-A");
  git(repository, "commit", "-q", "-m", message);
}

/** Diagnoses what was sent. @returns clusters of 3 or more members, with the cause that stands first */
export async function diagnosed(url) {
  await api(url, "/api/diagnose", {});
  const { clusters } = await api(url, "/api/overview");
  return clusters
    .filter(({ size }) => size >= 3)
    .map(({ id, title, workflow, size, attribution }) => ({
      id,
      title,
      workflow,
      size,
      cause: attribution.causes[0]?.cause ?? "unknown",
    }));
}

/** `rootward cases add`. @returns the case as its file says it; null where none was written, with what the command said */
export function addCase(setting, url, cluster) {
  const args = ["cases", "add", cluster, "--url", url, "--by", "@prover"];
  const { code, stdout, stderr } = rootward(setting, args);
  const said = `exit ${code}: ${(stderr || stdout).trim().split("\n")[0]}`;
  if (code !== 0) return { made: null, said };
  const listed = JSON.parse(rootward(setting, ["cases", "list", "--json"]).stdout);
  const found = listed.cases.find((each) => each.cluster === cluster);
  const assertions = /^assertions: (.*)$/m.exec(stdout)?.[1] ?? "";
  return { made: found ? { ...found, assertions } : null, said };
}

/** `rootward gate` with this break in the agents, or with none. @returns its exit code, and each case's result by id */
export function tryAll(setting, cause) {
  const file = join(setting.folder, `gate-${cause ?? "repaired"}.json`);
  const environment = { SIMULATOR_FAULTS: cause ?? "" };
  const { code, stderr } = rootward(setting, ["gate", "--json", file], environment);
  try {
    const { cases } = JSON.parse(readFileSync(file, "utf8"));
    return { exitCode: code, cases: new Map(cases.map((each) => [each.case, each])) };
  } catch {
    throw new Error(`gate with ${cause ?? "no break"}: exit ${code}: ${stderr}`);
  }
}
