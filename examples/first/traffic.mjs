#!/usr/bin/env node
// Past traffic of the agent, told now: healthy runs over some days, then broken ones.
//   node traffic.mjs [--healthy 260] [--broken 60] [--days 12] [--break empty|renamed|hasty]
// The spans go where OTEL_EXPORTER_OTLP_ENDPOINT says.
import { parseArgs } from "node:util";
import { answer, promptOf } from "./agent.mjs";
import { questions, startRules } from "./rules.mjs";
import { older, startTelemetry } from "./telemetry.mjs";

const { values } = parseArgs({
  options: {
    healthy: { type: "string", default: "260" },
    broken: { type: "string", default: "60" },
    days: { type: "string", default: "12" },
    break: { type: "string", default: "empty" },
  },
});
const breaks = {
  empty: { index: "empty", prompt: "plain" },
  renamed: { index: "renamed", prompt: "plain" },
  hasty: { index: "v1", prompt: "hasty" },
};
const broken = breaks[values.break];
if (!broken) {
  console.error(`--break ${values.break}: accepted are ${Object.keys(breaks).join(", ")}`);
  process.exit(2);
}

const runs = Number(values.healthy) + Number(values.broken);
const ageOfTrace = new Map();
const rules = await startRules();
const telemetry = startTelemetry({
  through: (exporter) => older(exporter, (id) => ageOfTrace.get(id) ?? 0),
});

for (let run = 0; run < runs; run += 1) {
  const ageMs = ((runs - run) / runs) * Number(values.days) * 86_400_000;
  const { index, prompt } =
    run < Number(values.healthy) ? { index: "v1", prompt: "plain" } : broken;
  // The trace id is known once the first span starts: the tracer below notes it.
  const tracer = noting(telemetry.tracer, (traceId) => ageOfTrace.set(traceId, ageMs));
  await answer(questions[run % questions.length], {
    toolBase: `${rules.url}/${index}`,
    prompt: promptOf(prompt),
    tracer,
    session: `s-${run}`,
  });
}
await telemetry.flush();
await telemetry.stop();
rules.close();
console.log(JSON.stringify({ runs, broken: Number(values.broken) }));

function noting(tracer, note) {
  const seen = (span) => {
    note(span.spanContext().traceId);
    return span;
  };
  return {
    startSpan: (...args) => seen(tracer.startSpan(...args)),
    startActiveSpan: (name, ...rest) => {
      const work = rest.pop();
      return tracer.startActiveSpan(name, ...rest, (span) => work(seen(span)));
    },
  };
}
