import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** Who may import whom. A room that is not listed may import nothing, until someone says so here. */
const roomsMayImport: Record<string, readonly string[]> = {
  model: [],
  signals: ["model"],
  wire: ["model"],
  rank: ["model"],
  ingest: ["model", "signals", "rank"],
  doctor: ["model", "signals", "ingest"],
  exchange: ["model", "wire"],
  diagnose: ["model", "rank"],
  evals: ["model", "signals"],
  testing: ["model", "wire", "ingest", "doctor", "diagnose", "ports"],
  ports: ["model"],
  errors: ["model"],
  pipeline: ["model", "signals", "wire", "ingest", "diagnose", "evals", "ports", "errors"],
};

/** What a door may reach behind `@rootward/pipeline`, and which libraries stand beside it. */
const doorsMayImport: Record<string, readonly RegExp[]> = {
  server: [/^@rootward\/pipeline/],
  cli: [/^@rootward\/pipeline/],
  simulator: [/^@rootward\/pipeline/],
  web: [/^@rootward\/pipeline\/model\//],
  sdk: [
    /^@rootward\/pipeline\/signals/,
    /^@rootward\/pipeline\/ingest\/(kinds|fields|messages|assemble|measure)$/,
  ],
};

/** Libraries that the rooms of the pipeline may use; everything else is a port. */
const pureLibraries: Record<string, readonly string[]> = {
  model: ["zod", "node:crypto"],
  wire: ["node:crypto"],
  ingest: ["node:crypto"],
  exchange: ["node:crypto"],
  diagnose: ["node:crypto"],
  evals: ["zod", "yaml", "ajv", "ajv-formats", "node:crypto"],
  pipeline: ["node:crypto"],
};

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(
      (entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name),
    )
    .map((entry) => join(entry.parentPath, entry.name));
}

function imports(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^;]*?from\s+"([^"]+)"|import\(\s*"([^"]+)"\s*\)|^import\s+"([^"]+)"/gm,
  );
  return [...found].flatMap((match) => match[1] ?? match[2] ?? match[3] ?? []);
}

const pipeline = join(root, "packages/pipeline/src");

function roomOf(path: string): string {
  return (relative(pipeline, path).split(/[/\\]/)[0] ?? "").replace(/\.ts$/, "");
}

test("each room of the pipeline imports only the rooms that the table allows", () => {
  const broken = sources(pipeline).flatMap((file) =>
    imports(file)
      .filter((to) => to.startsWith("."))
      .map((to) => roomOf(resolve(dirname(file), to)))
      .filter((to) => to !== roomOf(file) && !(roomsMayImport[roomOf(file)] ?? []).includes(to))
      .map((to) => `${relative(root, file)} imports ${to}`),
  );
  expect(broken).toEqual([]);
});

test("the pipeline is pure: no file system, network, clock or process behind its walls", () => {
  const broken = sources(pipeline)
    .filter((file) => roomOf(file) !== "testing")
    .flatMap((file) =>
      imports(file)
        .filter((to) => !to.startsWith("."))
        .filter(
          (to) =>
            !(pureLibraries[roomOf(file)] ?? []).some(
              (name) => to === name || to.startsWith(`${name}/`),
            ),
        )
        .map((to) => `${relative(root, file)} imports ${to}`),
    );
  expect(broken).toEqual([]);
});

test("no stage reads the clock, rolls a die or looks at the environment", () => {
  const broken = sources(pipeline)
    .filter((file) => roomOf(file) !== "testing")
    .filter((file) =>
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.env\b/.test(
        readFileSync(file, "utf8"),
      ),
    )
    .map((file) => relative(root, file));
  expect(broken).toEqual([]);
});

test("a door opens on the pipeline and on no other door", () => {
  const doors = Object.keys(doorsMayImport).map((door) => ({
    door,
    folder: join(root, door === "simulator" ? "simulator/src" : `packages/${door}/src`),
  }));
  const broken = doors.flatMap(({ door, folder }) =>
    sources(folder).flatMap((file) =>
      imports(file)
        .filter((to) => to.startsWith("@rootward/") || to === "rootward")
        .filter((to) => !(doorsMayImport[door] ?? []).some((allowed) => allowed.test(to)))
        .map((to) => `${relative(root, file)} imports ${to}`),
    ),
  );
  expect(broken).toEqual([]);
});
