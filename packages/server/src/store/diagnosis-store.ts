import { setImmediate } from "node:timers/promises";
import type { Diagnosis } from "@rootward/pipeline/model/baseline";
import type { Store } from "@rootward/pipeline/ports";
import { oneAtATime } from "../one-at-a-time.ts";
import { assembled, partsPrefix, writtenOf } from "./diagnosis-parts.ts";
import type { DiagnosisPart } from "./diagnosis-parts.ts";
import { textAt } from "./rows.ts";
import { clusterBlocks, memberBlocks, metaBlock } from "./run-blocks.ts";
import type { Ask } from "./run-reads.ts";
import type { Writing } from "./writers.ts";

type Texts = "putDiagnosis" | "diagnosis" | "putMeta" | "meta";

/** The last diagnosis, and texts that whoever opened the store keeps in it. */
export function diagnosisIn({ wal, clock }: Writing, ask: Ask): Pick<Store, Texts> {
  const metaOf = async (key: string): Promise<string | null> => {
    const [row] = await ask("meta", { key });
    return row === undefined ? null : textAt(row, 0);
  };
  // What is written stands under keys that are written over: only one diagnosis at a time may do it.
  const alone = oneAtATime();
  let written: Diagnosis | null = null;
  return {
    putDiagnosis: (diagnosis) =>
      alone(async () => {
        const texts = await textsOf(diagnosis, written);
        written = null;
        const version = clock();
        const blocks = [...clusterBlocks(diagnosis, version)];
        for (const block of memberBlocks(diagnosis, version)) {
          blocks.push(block);
          await setImmediate();
        }
        await wal.append([...blocks, metaBlock(texts, version)], "server");
        written = diagnosis;
      }),
    diagnosis: async () => {
      const text = await metaOf(diagnosisKey);
      if (text === null) return null;
      const rows = await ask("meta-parts", { prefix: partsPrefix });
      const parts = new Map(rows.map((row) => [textAt(row, 0), textAt(row, 1)]));
      return assembled(JSON.parse(text), parts);
    },
    putMeta: (key, text) =>
      wal.append([metaBlock([{ key: `door:${key}`, text }], clock())], "server"),
    meta: (key) => metaOf(`door:${key}`),
  };
}

/** What changed of a diagnosis, and its head. Each part is some milliseconds of work, and there may be hundreds. */
async function textsOf(
  diagnosis: Diagnosis,
  written: Diagnosis | null,
): Promise<readonly DiagnosisPart[]> {
  const found: DiagnosisPart[] = [];
  for (const parts = writtenOf(diagnosis, written); ;) {
    const next = parts.next();
    if (next.done === true) return [...found, { key: diagnosisKey, text: next.value }];
    found.push(next.value);
    await setImmediate();
  }
}

/** The row of `stored_meta` that the views read for which clusters are current. */
const diagnosisKey = "diagnosis";
