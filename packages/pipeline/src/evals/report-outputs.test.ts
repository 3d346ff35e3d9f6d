import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildFailure, buildResult, buildVerdict } from "../testing/build-verdict.ts";
import { collected, annotationsOf, githubAnnotations } from "./report-annotations.ts";
import { codeQualityReport } from "./report-code-quality.ts";
import { junitReport } from "./report-junit.ts";
import { markdownReport } from "./report-markdown.ts";

const cited = ["citations:subset-of-retrieved", "cited but not retrieved: DOC-9", 14] as const;
const slow = ["budget", "took 9 s, at most 5", 16] as const;
const failing = buildFailure("EC-gift", [cited, slow]);
const needing = buildFailure("EC-dinner", [slow], { severity: "P1", action: "needs_override" });
const undecided = buildFailure("EC-mute", [], { verdict: "undecided", action: "undecided" });
const logged = buildFailure("EC-date", [slow], { severity: "P2", action: "logged", drift: 2 });
const all = buildVerdict([buildResult("EC-fine"), logged, needing, undecided, failing], {
  outcome: "blocked",
});

describe("annotations", () => {
  test("stand at the line of each failing assertion, worst first, and tell what to do next", () => {
    expect(githubAnnotations(all, 10)).toEqual([
      "::error file=evals/cases/EC-gift.yaml,line=14,title=P0 EC-gift::FAIL: citations:subset-of-retrieved: cited but not retrieved: DOC-9",
      "::error file=evals/cases/EC-gift.yaml,line=16,title=P0 EC-gift::FAIL: budget: took 9 s, at most 5",
      "::error file=evals/cases/EC-mute.yaml,line=1,title=P0 EC-mute::UNDECIDED: the agent sent no spans",
      "::warning file=evals/cases/EC-dinner.yaml,line=16,title=P1 EC-dinner::NEEDS OVERRIDE: budget: took 9 s, at most 5 (rootward override new EC-dinner)",
      "::notice file=evals/cases/EC-date.yaml,line=16,title=P2 EC-date::logged: budget: took 9 s, at most 5",
    ]);
  });

  test("a problem of the store stands where it says that it is", () => {
    const problems = [
      'evals/cases/EC-a.yaml:7:3: unknown type "x"',
      "evals/cases/EC-b.yaml: cassette is gone",
      "EC-c was deleted",
    ];
    const verdict = buildVerdict([], { outcome: "invalid", problems });
    expect(annotationsOf(verdict).map(({ file, line, message }) => [file, line, message])).toEqual([
      ["evals/cases/EC-a.yaml", 7, 'unknown type "x"'],
      ["evals/cases/EC-b.yaml", 1, "cassette is gone"],
      [null, 1, "EC-c was deleted"],
    ]);
  });

  test("at most ten of a level are given, the tenth tells of the rest", () => {
    const many = Array.from({ length: 14 }, (_, n) => buildFailure(`EC-${10 + n}`, [slow]));
    const shown = collected(annotationsOf(buildVerdict([...many, needing])), 10);
    expect(shown).toHaveLength(11);
    expect(shown[9]).toMatchObject({ level: "error", file: null });
    expect(shown[9]?.message).toBe(
      "5 more of this kind are not shown here: P0 EC-19, P0 EC-20, P0 EC-21, P0 EC-22, P0 EC-23",
    );
  });

  test("whatever an agent wrote, an annotation is one line and no command of its own", () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: "binary" }), (assertion, why) => {
        const hostile = buildFailure("EC-x", [[assertion, `${why}\r\n::set-output name=a::b`, 1]]);
        const [line = ""] = githubAnnotations(buildVerdict([hostile]), 10);
        expect(line).not.toMatch(/[\r\n]/);
        expect(line.startsWith("::error file=evals/cases/EC-x.yaml,line=1,title=P0 EC-x::")).toBe(
          true,
        );
      }),
    );
  });
});

describe("code quality for GitLab", () => {
  test("a finding for each failing assertion, with its place and a severity", () => {
    const entries: unknown = JSON.parse(codeQualityReport(all, "evals"));
    expect(entries).toMatchObject([
      { check_name: "rootward:budget", severity: "info", location: { lines: { begin: 16 } } },
      { severity: "major", location: { path: "evals/cases/EC-dinner.yaml" } },
      { check_name: "rootward:trial", severity: "blocker", location: { lines: { begin: 1 } } },
      {
        description:
          "P0 EC-gift FAIL: citations:subset-of-retrieved: cited but not retrieved: DOC-9",
        check_name: "rootward:citations:subset-of-retrieved",
        severity: "blocker",
        location: { path: "evals/cases/EC-gift.yaml", lines: { begin: 14 } },
      },
      { check_name: "rootward:budget", severity: "blocker" },
    ]);
  });

  test("a fingerprint is one finding's alone, and stays while words and lines change", () => {
    const prints = (verdict: typeof all): string[] =>
      JSON.parse(codeQualityReport(verdict, "evals")).map(
        ({ fingerprint }: { fingerprint: string }) => fingerprint,
      );
    expect(new Set(prints(all)).size).toBe(5);
    const moved = buildFailure("EC-gift", [
      ["citations:subset-of-retrieved", "cited but not retrieved: DOC-8", 20],
      ["budget", "took 7 s, at most 5", 22],
    ]);
    expect(prints(buildVerdict([moved]))).toEqual(prints(buildVerdict([failing])));
  });

  test("a store that is invalid is told, in the folder where no file is named; a green gate gives an empty list", () => {
    const problems = ["EC-c was deleted", "evals/cases/EC-a.yaml:7:3: no"];
    const told = codeQualityReport(buildVerdict([], { outcome: "invalid", problems }), "evals");
    expect(JSON.parse(told)).toMatchObject([
      { check_name: "rootward:store", location: { path: "evals", lines: { begin: 1 } } },
      { location: { path: "evals/cases/EC-a.yaml", lines: { begin: 7 } } },
    ]);
    expect(codeQualityReport(buildVerdict([buildResult("EC-fine")]), "evals")).toBe("[]\n");
  });
});

describe("JUnit", () => {
  test("holds every failing sentence with its place, drift, and what is undecided as an error", () => {
    const text = junitReport(all);
    expect(text).toContain('tests="5" failures="2" errors="1" skipped="1"');
    expect(text).toContain(
      '<failure type="P0" message="citations:subset-of-retrieved: cited but not retrieved: DOC-9">citations:subset-of-retrieved (evals/cases/EC-gift.yaml:14): cited but not retrieved: DOC-9\nbudget (evals/cases/EC-gift.yaml:16): took 9 s, at most 5</failure>',
    );
    expect(text).toContain('<failure type="override_required"');
    expect(text).toContain('<error type="undecided" message="the agent sent no spans">');
    expect(text).toContain('<skipped message="logged: budget: took 9 s, at most 5"/>');
    expect(text).toContain('<property name="drift" value="2"/>');
  });

  test("what was not selected is skipped, what an override covers says so, and no text breaks out", () => {
    const why = 'says "<b>&\u0000 🙂';
    const covered = buildFailure("EC-o", [["budget", why, 3]], {
      severity: "P1",
      action: "overridden",
      override: "OV-7",
    });
    const skipped = [{ case: "EC-s", severity: "P1" as const, why: "nothing it runs on changed" }];
    const text = junitReport(buildVerdict([covered], { skipped }));
    expect(text).toContain('tests="2" failures="0" errors="0" skipped="2"');
    expect(text).toContain("overridden by OV-7: budget: says &quot;&lt;b&gt;&amp; 🙂");
    expect(text).toContain("not selected: nothing it runs on changed");
  });
});

describe("Markdown", () => {
  test("a row for each case, worst first, and at the end what no case covers", () => {
    const text = markdownReport(all, ["not covered: task type refund"], 10_000);
    const rows = text.split("\n").filter((line) => /^\| P\d/.test(line));
    expect(rows.map((row) => /EC-\w+/.exec(row)?.[0])).toEqual([
      "EC-gift",
      "EC-mute",
      "EC-dinner",
      "EC-date",
      "EC-fine",
    ]);
    expect(text.trimEnd().split("\n").at(-1)).toBe("- not covered: task type refund");
  });

  test("is cut at a limit, with a sentence that says how much is left out", () => {
    const many = Array.from({ length: 500 }, (_, n) => buildFailure(`EC-${n}`, [["a", "ü🙂", 1]]));
    const text = markdownReport(buildVerdict(many), [], 9_000);
    expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(9_000);
    const kept = text.split("\n").filter((line) => /^\| P\d/.test(line)).length;
    const left = Number(/(\d+) more lines do not fit: at most 9000 bytes/.exec(text)?.[1]);
    expect(kept).toBeGreaterThan(50);
    expect(left).toBe(500 - kept + 2);
  });

  test("never passes its limit, whatever stands in it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "binary" }), { maxLength: 30 }),
        fc.integer({ min: 300, max: 3_000 }),
        (texts, most) => {
          const cases = texts.map((why, n) => buildFailure(`EC-${n}`, [["a", why, 1]]));
          const text = markdownReport(buildVerdict(cases, { problems: texts }), texts, most);
          expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(most);
        },
      ),
    );
  });

  test("what an agent wrote mentions nobody, shows no picture and stays in its cell", () => {
    const why = "cites ![x](http://evil/p.png) @acme/all <img src=x> | `a`\n| P0 | EC-fake |";
    const text = markdownReport(buildVerdict([buildFailure("EC-x", [["a", why, 1]])]), [], 10_000);
    expect(text).not.toMatch(/@acme|<img|!\[|\n\| P0 \| EC-fake/);
    expect(text.split("\n").filter((line) => line.startsWith("| P0"))).toHaveLength(1);
  });
});
