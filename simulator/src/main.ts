import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { faultCauses, type FaultCause } from "./faults.ts";
import { send } from "./send.ts";
import { simulate, type Simulation } from "./simulate.ts";

const help = `rootward-simulator: traffic of three agents as OTLP/HTTP bodies

  --out DIR       write each request's body to DIR (NNNN-traces.pb or .json)
  --url URL       send each request to URL/v1/traces
  --seed N        other names, times and choices; without it the story
  --end TIME      ISO 8601; the traffic ends here (default: the current hour)
  --days N        18
  --runs N        of each workflow, 950
  --faults LIST   none, or causes joined by commas (default: all six)
  --truth FILE    write what was injected, as JSON
  --about         print what the compliance agent's team knows: {workflow, tool}

One of these last two, --out and --url is needed. Progress goes to standard output, one JSON object a line.`;

const hourMs = 3_600_000;

/** A wrong argument: named with its value and what is accepted. */
class UsageError extends Error {}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      out: { type: "string" },
      url: { type: "string" },
      seed: { type: "string" },
      end: { type: "string" },
      days: { type: "string", default: "18" },
      runs: { type: "string", default: "950" },
      faults: { type: "string" },
      truth: { type: "string" },
      about: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return;
  }
  const simulation = simulate({
    seed: values.seed === undefined ? null : wholeNumber("--seed", values.seed, 0),
    endAt: values.end === undefined ? currentHour() : instant(values.end),
    days: wholeNumber("--days", values.days, 1),
    runsPerWorkflow: wholeNumber("--runs", values.runs, 1),
    ...(values.faults === undefined ? {} : { faults: causes(values.faults) }),
  });
  if (values.about) {
    const { workflow, search } = simulation.truth.names.policy;
    console.log(JSON.stringify({ workflow, tool: search }));
    return;
  }
  if (values.truth !== undefined) {
    writeFileSync(values.truth, `${JSON.stringify(simulation.truth, null, 2)}\n`);
  }
  if (values.out !== undefined) write(simulation, values.out);
  if (values.url !== undefined) await replay(simulation, values.url);
  if (values.out === undefined && values.url === undefined && values.truth === undefined) {
    throw new UsageError("nothing to do: --out DIR, --url URL or --truth FILE is needed");
  }
}

function write(simulation: Simulation, folder: string): void {
  mkdirSync(folder, { recursive: true });
  let count = 0;
  for (const delivery of simulation.deliveries) {
    count += 1;
    const ending = delivery.contentType === "application/json" ? "json" : "pb";
    writeFileSync(
      join(folder, `${String(count).padStart(4, "0")}-traces.${ending}`),
      delivery.body,
    );
  }
  console.log(JSON.stringify({ done: true, requests: count, out: folder }));
}

async function replay(simulation: Simulation, url: string): Promise<void> {
  const deliveries = [...simulation.deliveries];
  const { runs } = simulation.truth;
  const total = deliveries.reduce((sum, delivery) => sum + delivery.spans, 0);
  console.log(JSON.stringify({ runs, requests: deliveries.length, spans: total }));
  const sent = await send(deliveries, url, (progress) => {
    if (progress.requests % 5 === 0) console.log(JSON.stringify(progress));
  });
  console.log(JSON.stringify({ done: true, ...sent }));
}

function currentHour(): number {
  const now = Date.now();
  return now - (now % hourMs);
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) {
    throw new UsageError(`${name}: ${JSON.stringify(text)} is not a whole number from ${least} on`);
  }
  return value;
}

function instant(text: string): number {
  const value = Date.parse(text);
  if (Number.isNaN(value)) {
    throw new UsageError(`--end: ${JSON.stringify(text)} is not an ISO 8601 time`);
  }
  return value;
}

function causes(text: string): FaultCause[] {
  if (text === "none") return [];
  return text.split(",").map((word) => {
    const known = faultCauses.find((cause) => cause === word);
    if (known) return known;
    throw new UsageError(`--faults: ${JSON.stringify(word)} is none of ${faultCauses.join(", ")}`);
  });
}

try {
  await main();
} catch (cause) {
  const usage = cause instanceof UsageError || cause instanceof TypeError;
  console.error(`rootward-simulator: ${cause instanceof Error ? cause.message : String(cause)}`);
  process.exitCode = usage ? 2 : 1;
}
