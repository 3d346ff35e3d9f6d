import { describe, expect, test } from "vitest";
import { allowedFunction, functionNames } from "./sql/allowed.ts";
import { guardedSelect } from "./sql-guard.ts";

function refusal(text: string): string {
  try {
    return `ACCEPTED: ${guardedSelect(text)}`;
  } catch (error) {
    return (error as Error).message;
  }
}

describe("a question is printed anew", () => {
  test.each([
    ["SELECT count() FROM spans", "SELECT count() FROM `spans`"],
    ["select COUNT(*) from Runs where failed", "SELECT count(*) FROM `runs` WHERE `failed`"],
    [
      "SELECT workflow, avg(grounded) AS g FROM runs WHERE started >= now() - INTERVAL 7 DAY AND NOT failed GROUP BY workflow HAVING g < 0.75 ORDER BY g DESC LIMIT 5",
      "SELECT `workflow`, avg(`grounded`) AS `g` FROM `runs` WHERE ((`started` >= (now() - toIntervalDay(7))) AND (NOT `failed`)) GROUP BY `workflow` HAVING (`g` < 0.75) ORDER BY `g` DESC LIMIT 5",
    ],
    [
      "SELECT attributes['gen_ai.request.model'] m, count() FROM spans GROUP BY m",
      "SELECT `attributes`['gen_ai.request.model'] AS `m`, count() FROM `spans` GROUP BY `m`",
    ],
    [
      "SELECT r.id, s.name FROM runs r INNER JOIN spans AS s ON r.id = s.trace_id",
      "SELECT `r`.`id`, `s`.`name` FROM `runs` AS `r` INNER JOIN `spans` AS `s` ON (`r`.`id` = `s`.`trace_id`)",
    ],
    [
      "WITH w AS (SELECT workflow FROM runs) SELECT * FROM w UNION ALL SELECT workflow FROM runs",
      "WITH `with w` AS (SELECT `workflow` FROM `runs`) SELECT * FROM `with w` AS `w` UNION ALL SELECT `workflow` FROM `runs`",
    ],
    [
      "SELECT arrayMap((x, y) -> x + y, [1, 2], [3, 4]), CAST('1' AS UInt8), '2'::Nullable(Int32)",
      "SELECT arrayMap((`x`, `y`) -> (`x` + `y`), [1, 2], [3, 4]), CAST('1' AS UInt8), CAST('2' AS Nullable(Int32))",
    ],
    [
      "SELECT quantile(0.9)(duration_ms), row_number() OVER (PARTITION BY workflow ORDER BY started ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM runs",
      "SELECT quantile(0.9)(`duration_ms`), row_number() OVER (PARTITION BY `workflow` ORDER BY `started` ASC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM `runs`",
    ],
    [
      "SELECT CASE WHEN failed THEN 'a' ELSE 'b' END, id IN ('x', 'y'), id NOT IN (SELECT id FROM runs) FROM runs /* why */ -- note",
      "SELECT (CASE WHEN `failed` THEN 'a' ELSE 'b' END), (`id` IN ('x', 'y')), (`id` NOT IN (SELECT `id` FROM `runs`)) FROM `runs`",
    ],
    [
      "SELECT - -1, 'it''s\n\nDROP TABLE spans'",
      "SELECT (- (- 1)), 'it\\'s\\n\\nDROP TABLE spans'",
    ],
    [
      "SELECT * EXCEPT (raw) FROM spans LIMIT 1 BY name LIMIT 3",
      "SELECT * EXCEPT (`raw`) FROM `spans` LIMIT 1 BY `name` LIMIT 3",
    ],
    [
      "SELECT x FROM (SELECT 1 AS x) ARRAY JOIN [1,2] AS y",
      "SELECT `x` FROM (SELECT 1 AS `x`) ARRAY JOIN [1, 2] AS `y`",
    ],
    ["SELECT number FROM numbers(10)", "SELECT `number` FROM numbers(10)"],
    [
      "SELECT sumIf(1, failed), uniqExactOrNull(id) FROM runs",
      "SELECT sumIf(1, `failed`), uniqExactOrNull(`id`) FROM `runs`",
    ],
    ["SELECT 'größe 🙂'", "SELECT 'größe 🙂'"],
  ])("%s", (text, printed) => {
    expect(guardedSelect(text)).toBe(printed);
  });

  test("what it prints is accepted and printed the same again", () => {
    const once = guardedSelect(
      "SELECT a + 1, [b.c] FROM runs b WHERE x LIKE 'a%' OR y BETWEEN 1 AND 2",
    );
    expect(guardedSelect(once)).toContain("FROM `runs`");
  });
});

describe("an attack is refused, and the message names the thing", () => {
  test.each([
    ["SELECT * FROM file('/etc/passwd')", /table function file/],
    ["SELECT * FROM url('http://x', CSV)", /table function url/],
    ["SELECT * FROM remote('h', db.t)", /table function remote/],
    ["SELECT * FROM s3('x')", /table function s3/],
    ["SELECT * FROM merge('.*')", /table function merge/],
    ["SELECT * FROM executable('x', TSV, 'a String')", /table function executable/],
    ["SELECT * FROM numbers(1000000000000)", /numbers/],
    ["SELECT * FROM system.tables", /table system\.tables/],
    ["SELECT * FROM `system`.`tables`", /table system\.tables/],
    ["SELECT * FROM information_schema.tables", /information_schema/],
    ["SELECT * FROM runs_raw", /table runs_raw; the views are spans/],
    ["SELECT file('/etc/passwd')", /function file/],
    ["SELECT getSetting('x')", /function getSetting/],
    ["SELECT hostName()", /function hostName/],
    ["SELECT sleep(3)", /function sleep/],
    ["SELECT dictGet('d', 'a', 1)", /function dictGet/],
    ["SELECT catboostEvaluate('/m', 1)", /function catboostEvaluate/],
    ["SELECT joinGet('t', 'c', 1)", /function joinGet/],
    ["SELECT in(1, tables)", /expected a value, found in|function in /],
    ["SELECT sumState(1)", /function sumState/],
    ["SELECT 1 SETTINGS max_threads = 1", /SETTINGS/],
    ["SELECT 1 FORMAT CSV", /FORMAT/],
    ["SELECT 1 INTO OUTFILE '/tmp/x'", /INTO/],
    ["SELECT * FROM spans SETTINGS readonly = 0", /SETTINGS/],
    ["SELECT 1; DROP TABLE spans", /one statement, without ;/],
    ["SELECT 1\n\nDROP TABLE spans", /TABLE after the end/],
    ["\n\nDROP TABLE spans", /only SELECT is accepted, found DROP/],
    ["INSERT INTO spans VALUES (1)", /only SELECT is accepted, found INSERT/],
    ["SHOW TABLES", /found SHOW/],
    ["EXPLAIN SELECT 1", /found EXPLAIN/],
    ["SET readonly = 0", /found SET/],
    ["SELECT {x:Identifier}", /\{…\} are not accepted/],
    ["SELECT * FROM {t:Identifier}", /\{…\} are not accepted/],
    ["SELECT 1 /* a /* b */ c */", /comments inside comments/],
    ["SELECT 1 /* open", /comment is not closed/],
    ["SELECT 'open", /text is not closed/],
    ["SELECT 1 IN system.one", /right of IN must be a list/],
    ["SELECT 1 IN spans", /right of IN must be a list/],
    ["SELECT 1 IN (spans)", /column in the list of IN/],
    ["SELECT 1 IN ((spans))", /column in the list of IN/],
    ["SELECT 1 GLOBAL IN (1)", /GLOBAL/],
    ["SELECT ѕpans", /U\+0455/],
    ["SELECT\u00a01", /U\+00A0/],
    ["SELECT “x”", /U\+201C/],
    ["SELECT `a\\`; DROP` FROM spans", /quoted name/],
    ['SELECT "a`b" FROM spans', /quoted name/],
    ["SELECT '\\x27'", /escape \\x/],
    ["SELECT $$x$$", /\$ is not accepted/],
    ["SELECT @@version", /@ is not accepted/],
    ["WITH RECURSIVE t AS (SELECT 1) SELECT * FROM t", /RECURSIVE/],
    ["WITH t AS (SELECT 1) SELECT * FROM (SELECT 1) x, u", /table u;/],
    ["SELECT * FROM (WITH t AS (SELECT 1) SELECT 1) a, t", /table t;/],
    ["SELECT CAST(1 AS Object('json'))", /type Object/],
    ["SELECT CAST(1, 'String')", /expected AS/],
    ["SELECT a.b.c.d FROM spans", /columns are/],
    ["SELECT COLUMNS('.*') FROM spans", /function COLUMNS/],
    ["SELECT max(1)(2)(3)", /\( after the end/],
    ["", /it is empty/],
    ["-- nothing", /it is empty/],
  ])("%s", (text, why) => {
    expect(refusal(text)).toMatch(why);
    expect(refusal(text)).not.toMatch(/^ACCEPTED/);
  });

  test.each([
    ["open parentheses", "(".repeat(5000), /nested more than|only SELECT/],
    ["parentheses", `SELECT ${"(".repeat(5000)}1${")".repeat(5000)}`, /nested more than/],
    ["signs", `SELECT ${"- ".repeat(5000)}1`, /nested more than/],
    ["NOTs", `SELECT ${"NOT ".repeat(5000)}1`, /nested more than/],
    ["sums", `SELECT ${"1+".repeat(5000)}1`, /more than 1000 items/],
    ["accesses", `SELECT 1${"[1]".repeat(5000)}`, /more than 20 accesses/],
    ["a long text", `SELECT '${"x".repeat(100_000)}'`, /at most 65536/],
    ["a long list", `SELECT ${"a,".repeat(5000)}1`, /more than 1000 items/],
    ["a long UNION", `SELECT 1 ${"UNION ALL SELECT 1 ".repeat(2000)}`, /more than 1000 items/],
  ])("a query made to exhaust the parser: %s", (_name, text, why) => {
    expect(refusal(text)).toMatch(why);
  });

  test("no function on the list reads files, the network, other tables or the server itself", () => {
    const dangerous =
      /file|url\(|remote|dict|host|setting|sleep|catboost|model|joinGet|version|uptime|server|user|database|table|throw|getMacro|input|eval|addressTo|demangle|tcp|fqdn|python/i;
    expect(functionNames.filter((name) => dangerous.test(name))).toEqual([]);
  });

  test("a combinator makes no function safe that was not", () => {
    expect(allowedFunction("sleepIf")).toBeNull();
    expect(allowedFunction("lengthIf")).toBeNull();
    expect(allowedFunction("sumIfArray")?.name).toBe("sumIfArray");
  });
});
