// Sixty simulated days of a team whose cases grow as clusters are diagnosed, while changes bring old failures back: which of them the
// gate stops, and how often it stops a harmless one. Run through: npm run prove:team [-- --seed 1 --teams 20]
//
// Exit 0: at least 90 % of the regressions of P0 and P1 cases are stopped, and at most 5 % of the harmless changes; 1: not.
import { parseArgs } from "node:util";
import { type TeamDay, teamDays, teamRows } from "./gate/team.ts";
import { line, tellRate } from "./shared/say.ts";

const { values } = parseArgs({
  options: { seed: { type: "string", default: "1" }, teams: { type: "string", default: "20" } },
});

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`--${name} is "${text}"; expected a whole number from 1 on`);
}

/** The days on which something came back, or was stopped without a reason. */
function tellDays(days: readonly TeamDay[]): void {
  console.log("day  cases  what came back, and what the gate said");
  for (const { day, cases, changes } of days) {
    const words = changes.flatMap(({ back, gate }) => {
      if (back === null) return gate ? ["a harmless change: STOPPED (false alarm)"] : [];
      const share = `${(100 * back.share).toFixed(0)} % of trials`;
      const word = gate ? "stopped" : back.severity === "P2" ? "logged" : "MISSED";
      return [`${back.id} (${back.severity}, in ${share}): ${word}`];
    });
    if (words.length > 0) {
      console.log(`${String(day).padStart(3)}  ${String(cases).padStart(5)}  ${words.join("; ")}`);
    }
  }
}

const seed = wholeNumber("seed", values.seed);
const teams = wholeNumber("teams", values.teams);
const first = await teamDays(seed);
console.log(`one team of 60 days, 3 changes a day, seed ${seed}`);
tellDays(first);
const all = [...first];
for (let more = 1; more < teams; more += 1) all.push(...(await teamDays(seed + more)));
const rows = teamRows(all);
console.log(`\n${teams} teams of 60 days, ${all.length * 3} changes, Wilson 95 % intervals`);
console.log(line("", "P0 and P1 that came back: stopped", "P0", "P1", "P2", "harmless: stopped"));
for (const { rule, stopped, stoppedP0, stoppedP1, stoppedP2, falseAlarms } of rows) {
  const shares = [stopped, stoppedP0, stoppedP1, stoppedP2, falseAlarms];
  console.log(line(rule, ...shares.map(tellRate)));
}
const [gate] = rows;
const met = (gate?.stopped.rate ?? 0) >= 0.9 && (gate?.falseAlarms.rate ?? 1) <= 0.05;
process.exitCode = met ? 0 : 1;
console.log(
  `${met ? "met" : "MISSED"}: at least 90 % of them stopped, at most 5 % of the harmless`,
);
