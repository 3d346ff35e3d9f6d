import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";
import type { DiagnosedRun } from "@rootward/pipeline/model/cluster";
import { OriginBar } from "../src/parts/origin-bar.tsx";
import { confirmedRun, ids, suspected, uncertainRun } from "./fixture.ts";

/** The bar as the browser is given it. */
function markup(diagnosed: DiagnosedRun): string {
  const ignore = () => undefined;
  return renderToStaticMarkup(
    createElement(OriginBar, {
      runId: ids.policyRun,
      diagnosed,
      onRuled: ignore,
      onSelect: ignore,
    }),
  );
}

/** Its text alone. */
function textOf(html: string): string {
  return html.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
}

describe("the bar above a run's steps", () => {
  test("calls an origin suspected until it is confirmed, then by whom and when", () => {
    const one = textOf(markup({ ...confirmedRun(), finding: suspected }));
    expect(one).toContain("suspected");
    expect(one).toContain("Confirm step 3");
    const other = markup(confirmedRun());
    expect(textOf(other)).toMatch(/confirmed by Ada, .*Nov/);
    expect(other).toMatch(/<button[^>]*disabled=""[^>]*>Confirm step/);
    expect(other).not.toMatch(/<button[^>]*disabled=""[^>]*>Reject step/);
  });

  test("lists three suspects with share and reasons where none is named, hostile text as text", () => {
    const html = markup(uncertainRun());
    expect(html.match(/<li>/g)).toHaveLength(3);
    expect(textOf(html)).toContain("synthesize_finding step 6, 36 %");
    expect(textOf(html)).toContain("Confirm step 6");
    expect(html).not.toContain("<img");
  });

  test("has nothing to confirm where no step is suspected, and says why", () => {
    const html = markup({
      ...uncertainRun(),
      finding: { ...suspected, standing: "none", method: null, remark: "no local evidence" },
    });
    expect(textOf(html)).toContain("no local evidence");
    expect(html).not.toContain("<button");
  });
});
