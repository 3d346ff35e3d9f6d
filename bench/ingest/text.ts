import { readdirSync, readFileSync } from "node:fs";
import { randomOf } from "../shared/random.ts";

/** The words of this project's own documentation, in ASCII, with nothing that JSON would escape. */
function documentation(): readonly string[] {
  const root = new URL("../../", import.meta.url);
  const pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];
  for (const page of readdirSync(new URL("docs/", root))) pages.push(`docs/${page}`);
  const text = pages.map((page) => readFileSync(new URL(page, root), "utf8")).join("\n");
  return text
    .replaceAll(/[^\x20-\x7e]|["\\`|#*<>[\]@]/g, " ")
    .split(/\s+/)
    .filter((word) => word !== "");
}

/**
 * Text that nobody wrote, `bytes` long: words of the documentation in a random walk over which follows which, with numbers and
 * ids among them, so that it compresses about as prose does and no stretch of it comes twice.
 */
export function walkedText(bytes: number, seed: number): Buffer {
  const random = randomOf(seed).next;
  const words = documentation();
  const after = new Map<string, string[]>();
  for (const [index, word] of words.entries())
    after.set(word, [...(after.get(word) ?? []), words[index + 1] ?? words[0] ?? ""]);
  const out = Buffer.alloc(bytes, 0x20);
  let word = words[0] ?? "";
  for (let at = 0; at < bytes;) {
    const next = after.get(word) ?? words;
    word = next[Math.floor(random() * next.length)] ?? "";
    const said =
      random() < 0.04
        ? `${word} ${Math.floor(random() * 1e6)}`
        : random() < 0.02
          ? `${word} ID-${Math.floor(random() * 2 ** 32).toString(36)}`
          : word;
    at += out.write(said, at, "latin1") + 1;
  }
  return out;
}
