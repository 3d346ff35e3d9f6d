import { diagnoseRuns } from "@rootward/pipeline/diagnose/diagnose";
import { randomOf } from "./shared/random.ts";
import { primaryOf, worldOf } from "./changes/world.ts";
const [, , scenario, drop, n, perDay, count] = process.argv as any;
for (let i = 0; i < Number(count); i++) {
  const random = randomOf(99, i);
  const w = worldOf(random, {
    scenario,
    runsEach: Number(n),
    perDay: Number(perDay),
    before: 0.06,
    after: 0.06 + Number(drop),
  });
  const d = diagnoseRuns({
    runs: w.runs,
    told: w.told,
    texts: new Map(),
    options: { baselineWindow: null, needsDays: true },
  });
  const c = d.clusters.find(
    (c) => c.workflow === "desk-a" && c.signature.primary === primaryOf[w.mode],
  );
  const run = (ms: number) => Math.round(((ms - w.onsetMs) / 86400000) * Number(perDay));
  const f = c?.attribution.causes[0];
  if (f?.change && w.truth(f.change)) {
    console.log(i, w.mode, "OK", f.verdict, f.probability.toFixed(2));
    continue;
  }
  const ledger = d.changes.filter((x) => x.workflow === null || x.workflow === "desk-a");
  console.log(
    i,
    w.mode,
    "n",
    c?.members.length,
    "onset",
    c?.attribution.onsetMs ? run(c.attribution.onsetMs) : null,
    "ledger",
    ledger
      .map((x) => `${x.kind[0]}${x.kind[1]}${x.origin[0]}${run(x.atMs)}${w.truth(x) ? "*" : ""}`)
      .join(" "),
  );
  const own =
    c?.attribution.causes.filter((x) => x.probability > 0.01 || (x.change && w.truth(x.change))) ??
    [];
  for (const x of own)
    console.log(
      "     ",
      x.cause,
      x.verdict,
      x.probability.toFixed(2),
      x.change ? run(x.change.atMs) + (w.truth(x.change) ? "*" : "") : "",
      x.terms.map((t) => t.term + " " + t.value.toFixed(1)).join(" "),
      "|",
      x.checks
        .filter((k) => k.result === "contradicts")
        .map((k) => k.id + ": " + k.seen.slice(0, 60))
        .join("; ")
        .slice(0, 220),
    );
  for (const t of c?.attribution.notThese ?? [])
    if (w.truth(t.change)) console.log("      NOT", t.why);
}
