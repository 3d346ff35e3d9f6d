import type { Diagnosis, Movement } from "@rootward/pipeline/model/baseline";
import { watchText, wrap } from "./report.ts";

/** What could alarm, and how often it would without a change. */
export function watchLines({ workflows }: Diagnosis): readonly string[] {
  const text = watchText(workflows.flatMap(({ streams }) => streams));
  return text === "" ? [] : ["", wrap("watched      ", text)];
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

function movementText({ what, key, from, to }: Movement): string {
  if (what === "absent") {
    return `instrumentation changed? ${key} is absent in ${percent(to)} of runs, before in ${percent(from)}`;
  }
  const words = what.replaceAll("_", " ");
  return what === "steps" || what === "tokens"
    ? `${words} per run ${from.toFixed(1)} → ${to.toFixed(1)}`
    : `${words}: ${key} ${percent(from)} → ${percent(to)}`;
}

/** What else moved: evidence, and no alarm. */
export function movementLines({ workflows }: Diagnosis): readonly string[] {
  return workflows.flatMap(({ name, movements }) =>
    movements.map((movement) => wrap("moved        ", `${name} ${movementText(movement)}`)),
  );
}
