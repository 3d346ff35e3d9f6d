import type { CaseAction, CaseResult, GateVerdict } from "../model/verdict.ts";
import { nextCommand } from "./hints.ts";
import { findingsOf, marks, placedProblem, worstFirst } from "./report-words.ts";
import { listed } from "./judged.ts";

type Level = "error" | "warning" | "notice";

/** A remark on a line of a file of the repository. */
export interface Annotation {
  readonly level: Level;
  /** null: on none. */
  readonly file: string | null;
  readonly line: number;
  readonly title: string;
  readonly message: string;
}

const levels = {
  ok: null,
  block: "error",
  undecided: "error",
  needs_override: "warning",
  overridden: "warning",
  logged: "notice",
} as const satisfies Record<CaseAction, Level | null>;

function ofCase(result: CaseResult): readonly Annotation[] {
  const level = levels[result.action];
  if (level === null) return [];
  const title = `${result.severity} ${result.case}`;
  const next = result.action === "needs_override" ? ` (${nextCommand(result)})` : "";
  return findingsOf(result).map(({ assertion, why, line }, index) => {
    // The case's own sentence is its first finding, with what an override says of it.
    const what = index === 0 ? `${result.why}${next}` : `${assertion}: ${why}`;
    const message = `${marks[result.action]}: ${what}`;
    return { level, file: result.file, line: line ?? 1, title, message };
  });
}

/** One annotation for each failing assertion, at its line; for what could not be graded; for each problem of the store. Worst first. */
export function annotationsOf(verdict: GateVerdict): readonly Annotation[] {
  return [
    ...verdict.problems.map((problem) => {
      const { file, line, what } = placedProblem(problem);
      return { level: "error" as const, file, line, title: "gate", message: what };
    }),
    ...worstFirst(verdict.cases).flatMap(ofCase),
  ];
}

/** At most `most` of each level: where there are more, the last tells of the rest. */
export function collected(annotations: readonly Annotation[], most: number): readonly Annotation[] {
  return (["error", "warning", "notice"] as const).flatMap((level) => {
    const all = annotations.filter((one) => one.level === level);
    if (all.length <= most) return all;
    const rest = all.slice(most - 1);
    const titles = [...new Set(rest.map(({ title }) => title))];
    const message = `${rest.length} more of this kind are not shown here: ${listed(titles, 20)}`;
    return [...all.slice(0, most - 1), { level, file: null, line: 1, title: "gate", message }];
  });
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/**
 * Annotations as workflow commands of GitHub, a line each. A text cannot end its line, so what an agent wrote becomes no command.
 *
 * @param most  of each level
 */
export function githubAnnotations(verdict: GateVerdict, most: number): readonly string[] {
  return collected(annotationsOf(verdict), most).map(({ level, file, line, title, message }) => {
    const place = file === null ? "" : `file=${property(file)},line=${line},`;
    return `::${level} ${place}title=${property(title)}::${data(message)}`;
  });
}
