import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Server } from "node:http";
import { gzipSync } from "node:zlib";
import axe from "axe-core";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { hostileText, ids } from "./fixture.ts";
import { servePage } from "./serve.ts";

const executablePath = "/usr/bin/chromium";
const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const pages = [
  ["the overview", "/"],
  ["the overview as a table", "/?view=table"],
  ["a diagnosed cluster", `/clusters/${ids.policyCluster}`],
  ["a cluster with a case", `/clusters/${ids.refundCluster}?zoom=onset`],
  ["the clusters", "/clusters"],
  ["a run", `/runs/${ids.policyRun}`],
  ["a run of two thousand steps", `/runs/${ids.longRun}`],
  ["the runs", "/runs?failed=1"],
  ["a page that is not there", "/nowhere"],
] as const;

describe.skipIf(!existsSync(executablePath))("the page in a browser", () => {
  let browser: Browser;
  let dist: string;
  let url: string;
  let emptyUrl: string;
  const servers: Server[] = [];
  const said: string[] = [];

  beforeAll(async () => {
    dist = mkdtempSync(join(tmpdir(), "rootward-page-"));
    const web = join(import.meta.dirname, "..");
    const vite = join(web, "../../node_modules/vite/bin/vite.js");
    const options = ["--outDir", dist, "--emptyOutDir", "--logLevel", "error"];
    execFileSync(process.execPath, [vite, "build", ...options], {
      cwd: web,
      env: { ...process.env, NODE_ENV: "production" },
    });
    const [full, empty] = await Promise.all([servePage(dist), servePage(dist, true)]);
    servers.push(full.server, empty.server);
    url = full.url;
    emptyUrl = empty.url;
    browser = await chromium.launch({ executablePath, args: flags });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    for (const server of servers) server.close();
    rmSync(dist, { recursive: true, force: true });
  });

  afterEach(() => {
    said.length = 0;
  });

  async function open(address: string, colorScheme: "light" | "dark" = "light"): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width: 1440, height: 1000 },
      colorScheme,
      timezoneId: "UTC",
    });
    const page = await context.newPage();
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") said.push(message.text());
    });
    page.on("pageerror", (error) => said.push(error.message));
    await page.goto(address);
    await page.waitForFunction(
      () =>
        document.querySelector("h1") !== null &&
        document.querySelector(".wait")?.textContent !== "Loading",
    );
    return page;
  }

  async function violations(page: Page): Promise<readonly string[]> {
    // Evaluated by the debugger, which the page's policy does not concern.
    await page.evaluate(axe.source);
    return await page.evaluate(async () => {
      const page = globalThis as unknown as {
        axe: {
          run(options: object): Promise<{
            violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
          }>;
        };
      };
      const found = await page.axe.run({
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
      });
      return found.violations.flatMap((one) =>
        one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`),
      );
    });
  }

  for (const scheme of ["light", "dark"] as const)
    for (const [name, path] of pages)
      test(`${name} is free of WCAG 2.2 A and AA violations in the ${scheme} theme, and nothing breaks its policy`, async () => {
        const page = await open(url + path, scheme);
        expect(await violations(page)).toEqual([]);
        expect(said).toEqual([]);
        await page.context().close();
      });

  test("the page before the first span says how to send one", async () => {
    const page = await open(emptyUrl);
    await page.getByText("Waiting for the first span").waitFor();
    expect(await page.getByText(`OTEL_EXPORTER_OTLP_ENDPOINT=${emptyUrl}`).count()).toBe(1);
    expect(await violations(page)).toEqual([]);
    expect(said).toEqual([]);
    await page.context().close();
  });

  test("the overview says in a sentence what drifts, since when and why, the unguarded first", async () => {
    const page = await open(url);
    const sentence = await page.locator(".verdict").textContent();
    expect(sentence).toMatchInlineSnapshot(
      `"policy-check: grounded fell from 0.94 to 0.71 since 14 Nov 06:10 ± 5 h; most likely retrieval drift, no case guards it. refunds: downstream_ok fell from 0.99 to 0.88 since 31 Oct 14:02 ± 40 min and fallback rose from 0.02 to 0.12 since 31 Oct 14:02 ± 2 h; most likely tool schema change, a case guards it. triage is still learning."`,
    );
    await page.context().close();
  });

  test("markup in a trace is shown as text and never becomes an element", async () => {
    const page = await open(`${url}/runs/${ids.hostileRun}`);
    expect(await page.locator("h1").textContent()).toContain("<img src=x onerror=");
    for (const tab of ["Messages", "Arguments, result", "Attributes", "Evidence"])
      await page.getByRole("tab", { name: tab }).click();
    await page.getByText(hostileText.slice(0, 40)).first().waitFor();
    expect(await page.locator("img, main script").count()).toBe(0);
    expect(await page.title()).not.toBe("owned");
    await page.goto(`${url}/runs`);
    await page.getByText("<img src=x").first().waitFor();
    expect(await page.locator("img").count()).toBe(0);
    expect(said).toEqual([]);
    await page.context().close();
  });

  test("a person reaches the first broken step from the overview by keys alone", async () => {
    const page = await open(url);
    await page.getByText("Needs someone").waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/clusters/${ids.policyCluster}`);
    await page.getByText("open run").waitFor();
    for (let press = 0; press < 40; press++) {
      await page.keyboard.press("j");
      if (
        await page.evaluate(() =>
          document.activeElement?.getAttribute("href")?.startsWith("/runs/"),
        )
      )
        break;
    }
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/runs/${ids.policyRun}`);
    await page.getByRole("treegrid").waitFor();
    for (let press = 0; press < 3; press++) await page.keyboard.press("[");
    expect(await page.locator("[aria-selected=true][role=row]").textContent()).toContain(
      "search_policies",
    );
    await page.keyboard.press("g");
    await page.keyboard.press("c");
    await page.waitForURL("**/clusters");
    expect(await page.title()).toBe("Clusters · Rootward");
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
    expect(said).toEqual([]);
    await page.context().close();
  });

  test("the sheet of keys lists every key of the registry and can switch letters off", async () => {
    const page = await open(url);
    await page.keyboard.press("?");
    const sheet = page.getByRole("dialog");
    await sheet.waitFor();
    expect(await sheet.locator("dt").count()).toBe(22);
    expect(await violations(page)).toEqual([]);
    await sheet.getByRole("checkbox").uncheck();
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("r");
    expect(new URL(page.url()).pathname).toBe("/");
    await page.context().close();
  });

  test("the trail names the proof of each hop, and draws what only order suggests dashed", async () => {
    const page = await open(`${url}/runs/${ids.policyRun}`);
    expect(await page.locator(".say").textContent()).toMatchInlineSnapshot(
      `"This run failed (not grounded), seen at final_answer. The trail leads back 3 hops to search_policies, the earliest step that deviates: empty retrieval. Some hop is known by order only."`,
    );
    expect(await page.locator(".gut .wire.unproven").count()).toBeGreaterThan(0);
    expect(await page.locator(".flow li").allTextContents()).toHaveLength(4);
    await page.context().close();
  });

  test("an origin is suspected until a person confirms it, by a button or by a key", async () => {
    const page = await open(`${url}/runs/${ids.policyRun}`);
    const bar = page.getByRole("region", { name: "First broken step" });
    expect(await bar.textContent()).toContain("suspected");
    await page.keyboard.press("c");
    await bar.getByText("confirmed by Ada").waitFor();
    expect(await bar.getByRole("status").textContent()).toBe("Step 3 is confirmed");
    expect(await bar.getByRole("button", { name: "Confirm step 3" }).isDisabled()).toBe(true);
    expect(await violations(page)).toEqual([]);
    await bar.getByRole("button", { name: "Reject step 3" }).click();
    await bar.getByRole("listitem").nth(2).waitFor();
    expect(await bar.getByRole("listitem").allTextContents()).toEqual([
      expect.stringContaining("synthesize_finding step 6, 36 %: brings in values"),
      expect.stringContaining("rerank step 4, 33 %"),
      expect.stringContaining("route step 2, 10 %"),
    ]);
    expect(await violations(page)).toEqual([]);
    expect(said).toEqual([]);
    await page.context().close();
  });

  test("a run of two thousand steps keeps only the rows in sight in the document", async () => {
    const page = await open(`${url}/runs/${ids.longRun}`);
    const tree = page.getByRole("treegrid");
    expect(await tree.getAttribute("aria-rowcount")).toBe("2000");
    expect(await tree.locator("[role=row]").count()).toBeLessThan(200);
    await tree.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await page.locator("[aria-rowindex='2000']").waitFor();
    expect(said).toEqual([]);
    await page.context().close();
  });

  test("a choice of theme outlives the visit", async () => {
    const page = await open(url, "light");
    await page.getByLabel("Theme").selectOption("dark");
    await page.reload();
    await page.getByRole("navigation").waitFor();
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(
      "rgb(20, 23, 28)",
    );
    await page.context().close();
  });

  test("a cluster or run that is not there is named, with what the server says", async () => {
    const page = await open(`${url}/clusters/CL-ffffffff`);
    await page.getByText("nothing at /api/clusters/CL-ffffffff").waitFor();
    await page.context().close();
  });

  test("the script that the first visit loads is under 230 KB, compressed", () => {
    const assets = join(dist, "assets");
    const bytes = readdirSync(assets)
      .filter((name) => name.endsWith(".js"))
      .reduce((sum, name) => sum + gzipSync(readFileSync(join(assets, name))).length, 0);
    expect(bytes).toBeLessThan(230 * 1024);
  });
});
