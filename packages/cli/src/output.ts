/** Whoever typed the command can put it right: one line that names the thing, the value and what is accepted. */
export class OperatorError extends Error {
  readonly exitCode: number;

  /** `exitCode`: 1 the world or the data (the default), 2 usage or configuration; of `gate` 4 and 64. */
  constructor(message: string, exitCode = 1, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "OperatorError";
    this.exitCode = exitCode;
  }
}

/** The message of whatever was thrown, on one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s*\n\s*/g, " ").trim();
}

/** Data goes to standard output, so that it can be piped; everything else to standard error. */
export function printLine(text = ""): void {
  process.stdout.write(`${text}\n`);
}

/** A value as indented JSON on standard output; nanoseconds and other big integers as decimal strings. */
export function printJson(value: unknown): void {
  printLine(
    JSON.stringify(
      value,
      (_key, entry: unknown) => (typeof entry === "bigint" ? entry.toString() : entry),
      2,
    ),
  );
}

/** A remark for the person at the terminal, on standard error. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/**
 * Text from a trace made safe for a terminal: control characters, which could move the cursor, set the title or color what
 * follows, become visible symbols. Line breaks and tabs become spaces.
 */
export function plain(text: string): string {
  return (
    text
      .replaceAll(/[\n\r\t]+/g, " ")
      // oxlint-disable-next-line no-control-regex -- hostile control characters are what is looked for
      .replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "�")
  );
}

interface Column {
  readonly name: string;
  readonly align?: "left" | "right";
}

/**
 * Rows as aligned text columns under a header, two spaces apart, without trailing blanks. Cells are made safe with `plain`.
 * No rows give the header alone; no columns give "".
 */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map((column) => column.name), ...rows.map((row) => row.map(plain))];
  const widths = columns.map((_, index) =>
    cells.reduce((widest, row) => Math.max(widest, (row[index] ?? "").length), 0),
  );
  return cells
    .map((row) =>
      columns
        .map((column, index) => {
          const cell = row[index] ?? "";
          const width = widths[index] ?? 0;
          return column.align === "right" ? cell.padStart(width) : cell.padEnd(width);
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export interface Progress {
  /** `done` of `of`, in whatever unit; drawn at most ten times a second. */
  update(done: number, of: number): void;
  /** Removes the line, or leaves it behind with a last word. */
  end(text?: string): void;
}

const barWidth = 20;
const drawEveryMs = 100;

/** A progress bar on standard error; silent where that is no terminal. */
export function progress(label: string): Progress {
  const shown = process.stderr.isTTY;
  let drawnMs = 0;
  return {
    update(done, of) {
      const nowMs = Date.now();
      if (!shown || (nowMs - drawnMs < drawEveryMs && done < of)) return;
      drawnMs = nowMs;
      const share = of > 0 ? Math.min(1, done / of) : 0;
      const full = Math.round(share * barWidth);
      const bar = "█".repeat(full) + "░".repeat(barWidth - full);
      process.stderr.write(`\r▸ ${label}  ${bar} ${Math.round(share * 100)} %`);
    },
    end(text) {
      if (shown) process.stderr.write("\r\u001b[K");
      if (text !== undefined) note(text);
    },
  };
}

/** `1 span`, `21,377 spans` */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A number with commas between the thousands: `21,377`. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}
