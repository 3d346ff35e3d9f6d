// Proves the whole loop for each of the six causes, without a hand edit: an agent breaks, its traces are diagnosed, `cases add` makes a
// case, the gate is red on the broken agent and green on the repaired one. Then every case is tried under every other break: it must
// stay green there, or the overlap is one that is explained below. Run through: npm run prove:loop [-- --seed N --runs 950 --keep]
//
// Exit 0: proven; 1: a step failed; the table says which.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  addCase,
  commit,
  diagnosed,
  namesOf,
  sendTraffic,
  serve,
  tryAll,
  writeRepository,
} from "./prove/steps.mjs";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    runs: { type: "string", default: "950" },
    keep: { type: "boolean", default: false },
  },
});

/** Each cause with the agent that it breaks and its heading in the table. */
const causes = {
  retrieval_drift: { agent: "policy", short: "retrieval" },
  prompt_regression: { agent: "claims", short: "prompt" },
  tool_schema_change: { agent: "refunds", short: "schema" },
  provider_model_drift: { agent: "refunds", short: "model" },
  capability_boundary: { agent: "claims", short: "boundary" },
  inter_agent_misalignment: { agent: "claims", short: "hand-off" },
};

/** Where a case of one cause rightly fails under another break: the case's cause, the break, and why. */
const overlaps = [
  {
    of: "capability_boundary",
    under: "prompt_regression",
    why: "the case asks whether the ledger took the decision; it refuses a wrong reserve and, under the other break, missing clauses",
  },
];

const startedMs = performance.now();
const folder = mkdtempSync(join(tmpdir(), "rootward-loop-"));
const setting = { folder, seed: values.seed ?? null, runs: Number(values.runs) };
const failures = [];
const say = (text) => console.log(text);
const check = (holds, text) => {
  if (!holds) failures.push(text);
  return holds ? "ok" : "FAILED";
};
process.on("exit", () => {
  if (values.keep) say(`kept: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
});

const names = namesOf(setting);
writeRepository(setting, names);
const server = await serve(setting);
await sendTraffic(setting, server.url);
say(`break, traces: 3 agents, ${setting.runs * 3} runs, six faults, ${seconds()}`);
const clusters = await diagnosed(server.url);
say(`diagnose: ${clusters.length} clusters of 3 or more, ${seconds()}`);

function seconds() {
  return `${((performance.now() - startedMs) / 1000).toFixed(0)} s`;
}

const cases = [];
for (const [cause, { agent }] of Object.entries(causes)) {
  const own = clusters.filter(
    (cluster) => cluster.workflow === names[agent].workflow && cluster.cause === cause,
  );
  check(own.length > 0, `diagnose: no cluster is put down to ${cause}`);
  for (const cluster of own) {
    const { made, said } = addCase(setting, server.url, cluster.id);
    const active = made !== null && made.status === "active";
    check(active, `cases add ${cluster.id} (${cause}): ${said}`);
    if (made) cases.push({ ...made, cause, cluster });
    say(
      `cases add ${cluster.id}  ${cause}: ${made ? `${made.id} ${made.severity} ${made.status}: ${made.assertions}` : said}`,
    );
  }
}
server.stop();
commit(setting, "eval cases of what was diagnosed");

const green = tryAll(setting, null);
const red = {};
for (const cause of Object.keys(causes)) red[cause] = tryAll(setting, cause);

say(
  "\ncause                     case          broken                                      repaired",
);
for (const { id, cause, severity } of cases) {
  const broken = red[cause].cases.get(id);
  const repaired = green.cases.get(id);
  const isRed = ["block", "needs_override"].includes(broken?.action);
  check(isRed, `${id} (${cause}): the broken agent got ${broken?.verdict}: ${broken?.why}`);
  check(
    repaired?.action === "ok",
    `${id} (${cause}): the repaired agent got ${repaired?.verdict}: ${repaired?.why}`,
  );
  const text = `${severity} ${broken?.action ?? "did not run"}, exit ${red[cause].exitCode}`;
  say(
    `${cause.padEnd(25)} ${id.padEnd(13)} ${text.padEnd(43)} ${repaired?.verdict}, ${repaired?.trials.pass}/${repaired?.trials.n}, exit ${green.exitCode}`,
  );
}
check(green.exitCode === 0, `the gate on the repaired agents: exit ${green.exitCode}, expected 0`);

const headings = Object.values(causes).map(({ short }) => short.padEnd(10));
say(`\n${"case of, under the break of".padEnd(40)}${headings.join("")}`);
for (const { id, cause } of cases) {
  const cells = Object.keys(causes).map((under) => cellOf(id, cause, under).padEnd(10));
  say(`${cause.padEnd(25)} ${id.padEnd(13)} ${cells.join("")}`);
}

/** How a case of one cause stands under a break: red, green, or why not; an overlap must be explained. */
function cellOf(id, cause, under) {
  const result = red[under].cases.get(id);
  const word = { ok: "green", block: "RED", needs_override: "RED" }[result?.action] ?? "open";
  if (under !== cause && word !== "green") {
    const known = overlaps.some((each) => each.of === cause && each.under === under);
    check(
      known && word === "RED",
      `${id} (${cause}) under ${under}: ${result?.action}: ${result?.why}`,
    );
    return "overlap";
  }
  return word;
}

for (const { of, under, why } of overlaps) {
  const seen = cases.filter(
    ({ id, cause }) => cause === of && red[under].cases.get(id)?.action !== "ok",
  );
  if (seen.length > 0)
    say(`overlap: ${seen.map(({ id }) => id).join(", ")} (${of}) under ${under}: ${why}`);
}
for (const text of failures) say(`FAILED ${text}`);
say(
  `\n${failures.length === 0 ? "proven" : `not proven: ${failures.length} steps failed`}: ${cases.length} cases of ${new Set(cases.map(({ cause }) => cause)).size} of 6 causes, ${seconds()}`,
);
process.exitCode = failures.length === 0 ? 0 : 1;
