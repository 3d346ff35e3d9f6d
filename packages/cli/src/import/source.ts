import type { Exchange } from "@rootward/pipeline/exchange/exchange";

/** A part of what is imported, and how far the reading is: `done` of `of`, in whatever unit. */
export interface Part {
  readonly exchange: Exchange;
  readonly done: number;
  readonly of: number;
}

/** Where traces come from. */
export interface Source {
  /** In words, for the last line: `3 files`, `Langfuse at https://…`. */
  readonly name: string;
  /** Read one after the other; stops early where nobody asks for more. */
  parts(): AsyncGenerator<Part>;
}
