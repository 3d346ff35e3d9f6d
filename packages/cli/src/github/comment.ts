import { z } from "zod";
import { markdownReport } from "@rootward/pipeline/evals/report-markdown";
import { policy } from "@rootward/pipeline/model/policy";
import type { GateVerdict } from "@rootward/pipeline/model/verdict";
import { githubCall, nextPage } from "./github-api.ts";
import type { GithubRun } from "./github-run.ts";

const Comments = z.array(z.looseObject({ id: z.number(), body: z.string().nullish() }));

/** What the comment of one gate begins with: a repository may hold several folders of cases. */
function markerOf(folder: string): string {
  return `<!-- rootward-gate ${folder.replaceAll(/[^\w./-]/g, "_").replaceAll("--", "__")} -->`;
}

async function commentsWith(marker: string, pull: number, run: GithubRun): Promise<number[]> {
  const found: number[] = [];
  let path: string | null = `/issues/${pull}/comments?per_page=100`;
  for (let page = 0; path !== null && page < policy("commentPagesMost"); page += 1) {
    const answer: Response = await githubCall(run, { method: "GET", path });
    const comments = Comments.parse(await answer.json());
    found.push(...comments.flatMap(({ id, body }) => (body?.startsWith(marker) ? [id] : [])));
    path = nextPage(answer);
  }
  return found;
}

/**
 * Writes the verdict into the one comment of this gate on its pull request: the one that begins with the gate's hidden marker is
 * updated, and made where there is none, or where it is somebody else's that the token may not change.
 *
 * @returns what was done, in words
 * @throws Error  one sentence, if it could not be done
 */
export async function comment(
  verdict: GateVerdict,
  told: { readonly coverage: readonly string[]; readonly folder: string },
  run: GithubRun,
): Promise<string> {
  if (run.pull === null) throw new Error("this run is for no pull request");
  const marker = markerOf(told.folder);
  const link = run.url === null ? "" : `\n[the run](${run.url}) · ${run.sha.slice(0, 7)}\n`;
  const report = markdownReport(verdict, told.coverage, policy("commentBytes"));
  const body = `${marker}\n${report}${link}`;
  for (const id of await commentsWith(marker, run.pull, run)) {
    try {
      await githubCall(run, { method: "PATCH", path: `/issues/comments/${id}`, body: { body } });
      return "comment updated";
    } catch (error) {
      const isOthers = error instanceof Error && /answered (403|404)/.test(error.message);
      if (!isOthers || error.message.includes("rate limit")) throw error;
    }
  }
  await githubCall(run, { method: "POST", path: `/issues/${run.pull}/comments`, body: { body } });
  return "comment written";
}
