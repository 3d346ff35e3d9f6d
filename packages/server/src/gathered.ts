import { rowsOf, type RecordColumns } from "@rootward/pipeline/model/batch";
import type { TraceContent } from "@rootward/pipeline/model/span";
import { batchOver } from "@rootward/pipeline/wire/batch";
import { joined } from "./trace-content.ts";

/** Some records of traces: as bytes with what is needed to decode them, or decoded already where they were read from the store. */
export type Piece =
  | { readonly signal: "traces" | "logs"; readonly columns: RecordColumns }
  | TraceContent;

/** The records of one trace, or of several that links join: what one reading makes runs of. */
export interface Gathered {
  /** Made when asked for, and not kept: they may be large. */
  readonly pieces: () => readonly Piece[];
  /** The same, decoded; with the bytes that each span came as, where spans go on to somebody. */
  readonly content: () => TraceContent;
}

/** What was read back. */
export function gatheredOf(content: TraceContent): Gathered {
  return { pieces: () => [content], content: () => content };
}

export function gatheredTogether(all: readonly Gathered[]): Gathered {
  const [only] = all;
  if (all.length === 1 && only !== undefined) return only;
  return {
    pieces: () => all.flatMap((one) => one.pieces()),
    content: () => joined(all.map((one) => one.content())),
  };
}

/** Pieces, decoded and put together. */
export function decoded(pieces: readonly Piece[]): TraceContent {
  return joined(pieces.map(decodedPiece));
}

function decodedPiece(piece: Piece): TraceContent {
  if (!("columns" in piece)) return piece;
  const { signal, columns } = piece;
  return rowsOf(batchOver(columns, signal, 0));
}
