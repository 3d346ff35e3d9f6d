// Makes the package that users install: the command with all that it needs in a few files and without dependencies, so that the gate
// alone is small and starts fast. The server is a package of its own. Run through: npm run pack:cli [-- --out FOLDER]
//
// The folder is ready for `npm pack` and `npm publish`; nothing in it is made by hand.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const { values } = parseArgs({ options: { out: { type: "string", default: "release/rootward" } } });
const root = fileURLToPath(new URL("../", import.meta.url));
const from = join(root, "packages/cli");
const out = resolve(values.out);

rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, "dist"), { recursive: true });
await build({
  entryPoints: [join(from, "dist/main.js"), join(from, "dist/suite.js")],
  outdir: join(out, "dist"),
  // All files in one folder: code finds what stands beside it in the package from there, as it does unbundled.
  entryNames: "[name]",
  chunkNames: "[name]-[hash]",
  bundle: true,
  splitting: true,
  platform: "node",
  target: "node20",
  format: "esm",
  mainFields: ["module", "main"],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "eof",
  banner: {
    js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
  },
  logLevel: "warning",
});

for (const folder of ["agent", "bin", "promptfoo"])
  cpSync(join(from, folder), join(out, folder), { recursive: true });
cpSync(join(from, "dist/suite.d.ts"), join(out, "dist/suite.d.ts"));
for (const file of ["LICENSE", "README.md"]) cpSync(join(root, file), join(out, file));

const suite = { types: "./dist/suite.d.ts", default: "./dist/suite.js" };
const { dependencies: _bundled, ...manifest } = JSON.parse(
  readFileSync(join(from, "package.json"), "utf8"),
);
const published = { ...manifest, exports: { "./vitest": suite, "./jest": suite } };
writeFileSync(join(out, "package.json"), `${JSON.stringify(published, null, 2)}\n`);
