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
  console.log(
    "=== ",
    i,
    w.mode,
    "cluster",
    c?.members.length,
    "onset at",
    c?.attribution.onsetMs ? run(c.attribution.onsetMs) : null,
    "+-",
    c?.attribution.onsetPlusMinusMs
      ? Math.round((c.attribution.onsetPlusMinusMs / 86400000) * Number(perDay))
      : null,
    "state",
    d.workflows[0]?.state,
  );
  for (const x of d.changes.filter((x) => x.workflow === null || x.workflow === "desk-a"))
    console.log(
      "   ledger",
      x.kind,
      x.origin,
      run(x.atMs),
      w.truth(x) ? "TRUE" : "",
      x.title.slice(0, 60),
    );
  for (const x of c?.attribution.causes.slice(0, 3) ?? []) {
    console.log(
      "  ",
      x.cause,
      x.verdict,
      x.probability.toFixed(3),
      x.change ? run(x.change.atMs) + (w.truth(x.change) ? " TRUE" : " wrong") : "no change",
    );
    if (x.terms.length)
      console.log("       ", x.terms.map((t) => t.term + " " + t.value.toFixed(1)).join(", "));
    if (x === c?.attribution.causes[1] || x === c?.attribution.causes[0])
      for (const k of x.checks.filter((k) => k.result != "matches"))
        console.log("          ", k.id, k.result, k.seen.slice(0, 90));
  }
  for (const t of c?.attribution.notThese ?? [])
    console.log(
      "   not",
      t.change.title.slice(0, 40),
      run(t.change.atMs),
      w.truth(t.change) ? "TRUE" : "",
      t.why,
    );
}
