import { annotationsOf } from "@rootward/pipeline/evals/report-annotations";
import { markdownReport } from "@rootward/pipeline/evals/report-markdown";
import { policy } from "@rootward/pipeline/model/policy";
import type { GateOutcome } from "@rootward/pipeline/model/exit-codes";
import type { GateVerdict } from "@rootward/pipeline/model/verdict";
import { githubCall } from "./github-api.ts";
import type { GithubRun } from "./github-run.ts";

const conclusions = {
  pass: "success",
  blocked: "failure",
  undecided: "failure",
  invalid: "failure",
  override_needed: "action_required",
} as const satisfies Record<GateOutcome, string>;

/**
 * Of the value that the exit code comes from. A pass with failures that were overridden or logged is `neutral`, which satisfies a
 * required check as `success` does; so is whatever an advisory gate found, since that exits 0. Source: evals.md 3.1.
 */
export function conclusionOf({ outcome, cases }: GateVerdict, isAdvisory: boolean): string {
  const isClean = cases.every(({ action }) => action === "ok");
  if (outcome === "pass") return isClean ? conclusions.pass : "neutral";
  return isAdvisory ? "neutral" : conclusions[outcome];
}

const levelNames = { error: "failure", warning: "warning", notice: "notice" } as const;

/** As many as one request takes, the worst first; the summary tells of the rest. */
function checkAnnotations(verdict: GateVerdict): readonly object[] {
  return annotationsOf(verdict)
    .flatMap(({ level, file, line, title, message }) =>
      file === null
        ? []
        : [
            {
              path: file,
              start_line: line,
              end_line: line,
              annotation_level: levelNames[level],
              title,
              message: message.slice(0, policy("reportCellCharacters")),
            },
          ],
    )
    .slice(0, policy("checkAnnotationsMost"));
}

/**
 * A check run of the commit, with its conclusion, annotations and the report.
 *
 * @throws Error  one sentence, if it could not be made
 */
export async function check(
  verdict: GateVerdict,
  told: {
    readonly coverage: readonly string[];
    readonly folder: string;
    readonly isAdvisory: boolean;
  },
  run: GithubRun,
): Promise<string> {
  const name = told.folder === "evals" ? "rootward gate" : `rootward gate (${told.folder})`;
  const conclusion = conclusionOf(verdict, told.isAdvisory);
  const body = {
    name,
    head_sha: run.sha,
    status: "completed",
    conclusion,
    ...(run.url === null ? {} : { details_url: run.url }),
    output: {
      title: verdict.sentence.slice(0, policy("reportCellCharacters")),
      summary: markdownReport(verdict, told.coverage, policy("commentBytes")),
      annotations: checkAnnotations(verdict),
    },
  };
  await githubCall(run, { method: "POST", path: "/check-runs", body });
  return `check run: ${conclusion}`;
}
