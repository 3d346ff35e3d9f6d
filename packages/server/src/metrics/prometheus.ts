import type { Family, Sample } from "./family.ts";

export const prometheusType = "text/plain; version=0.0.4; charset=utf-8";

/**
 * The text that Prometheus reads. A metric without a series yet has its HELP and TYPE only.
 * Source: prometheus.io, "Exposition formats", text format 0.0.4.
 */
export function prometheusText(families: readonly Family[]): string {
  return families.map(familyText).join("");
}

function familyText({ name, kind, help, samples }: Family): string {
  const full = kind === "counter" ? `${name}_total` : name;
  const lines = [
    `# HELP ${full} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
    `# TYPE ${full} ${kind}`,
    ...samples.map((sample) => `${full}${labelsText(sample)} ${sample.value}`),
  ];
  return `${lines.join("\n")}\n`;
}

function labelsText({ labels }: Sample): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** A line separator of Unicode or half a character is no matter here: only these three end a value or a line. */
function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
