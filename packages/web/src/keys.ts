import { useEffect, useRef } from "react";

interface KeyEntry {
  /** As `KeyboardEvent.key`; two keys with a blank between are pressed one after the other. */
  readonly keys: string;
  readonly says: string;
  readonly group: "Go to" | "Move" | "Chart" | "Run" | "Page";
}

/** Every key of the page: the handlers, the hints and the sheet behind `?` are made of this table. */
export const keyTable = {
  goOverview: { keys: "g o", says: "Overview", group: "Go to" },
  goRuns: { keys: "g r", says: "Runs", group: "Go to" },
  goClusters: { keys: "g c", says: "Clusters", group: "Go to" },
  next: { keys: "j", says: "next row", group: "Move" },
  previous: { keys: "k", says: "previous row", group: "Move" },
  open: { keys: "Enter", says: "open the row", group: "Move" },
  signal1: { keys: "1", says: "grounded", group: "Chart" },
  signal2: { keys: "2", says: "fallback", group: "Chart" },
  signal3: { keys: "3", says: "confidence", group: "Chart" },
  signal4: { keys: "4", says: "downstream_ok", group: "Chart" },
  trailBack: { keys: "[", says: "along the trail, toward the first broken step", group: "Run" },
  trailForth: { keys: "]", says: "along the trail, toward where it was seen", group: "Run" },
  trailMode: { keys: "t", says: "trail, or all spans alike", group: "Run" },
  firstBreak: { keys: "b", says: "first broken step", group: "Run" },
  seenAt: { keys: "s", says: "where the failure was seen", group: "Run" },
  confirmOrigin: { keys: "c", says: "confirm the first broken step", group: "Run" },
  rejectOrigin: { keys: "x", says: "reject the first broken step", group: "Run" },
  fold: { keys: "ArrowLeft", says: "fold the span", group: "Run" },
  unfold: { keys: "ArrowRight", says: "unfold the span", group: "Run" },
  copy: { keys: "y", says: "copy the command for the case", group: "Page" },
  help: { keys: "?", says: "this sheet", group: "Page" },
  close: { keys: "Escape", says: "close, or up to the list", group: "Page" },
} as const satisfies Record<string, KeyEntry>;

export type KeyCommand = keyof typeof keyTable;
type Handlers = Partial<Record<KeyCommand, () => void>>;

const bound: Handlers[] = [];
let pending: { readonly key: string; readonly untilMs: number } | null = null;
const sequenceMs = 1500;
const offSlot = "rootward.keys";

/** The commands in the order of the table. */
export const keyCommands: readonly KeyCommand[] = Object.keys(keyTable).filter(isCommand);

function isCommand(name: string): name is KeyCommand {
  return name in keyTable;
}

/** Whether some part of the page now answers to the command. */
export function isBound(command: KeyCommand): boolean {
  return bound.some((handlers) => handlers[command] !== undefined);
}

/** Whether single letters act. A person can switch them off. Source: WCAG 2.2, 2.1.4. */
export function lettersOn(): boolean {
  try {
    return localStorage.getItem(offSlot) !== "off";
  } catch {
    return true;
  }
}

/** Switches single letters on or off, for this browser. */
export function setLetters(on: boolean): void {
  try {
    if (on) localStorage.removeItem(offSlot);
    else localStorage.setItem(offSlot, "off");
  } catch {
    // Nothing can be kept here, so letters stay on.
  }
}

function commandFor(keys: string): KeyCommand | undefined {
  return keyCommands.find((command) => keyTable[command].keys === keys && isBound(command));
}

function takesText(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input:not([type=checkbox]), textarea, select"))
  );
}

/** Native behaviour wins: Enter on a link or button, arrows in a tab list. */
function isNative(event: KeyboardEvent): boolean {
  if (!(event.target instanceof HTMLElement)) return false;
  if (event.key === "Enter") return event.target.matches("a, button, summary");
  return event.key.startsWith("Arrow") && event.target.matches("[role=tab], pre, [data-scrolls]");
}

function onKey(event: KeyboardEvent): void {
  if (event.metaKey || event.ctrlKey || event.altKey || event.isComposing) return;
  if (event.key === "Shift" || takesText(event.target) || isNative(event)) return;
  if (event.key.length === 1 && event.key !== "?" && !lettersOn()) return;
  const before = pending !== null && pending.untilMs > event.timeStamp ? `${pending.key} ` : "";
  pending = null;
  const command = commandFor(before + event.key) ?? commandFor(event.key);
  if (command !== undefined) {
    event.preventDefault();
    bound.findLast((handlers) => handlers[command] !== undefined)?.[command]?.();
    return;
  }
  if (keyCommands.some((name) => keyTable[name].keys.startsWith(`${event.key} `)))
    pending = { key: event.key, untilMs: event.timeStamp + sequenceMs };
}

/** Starts to listen; once, when the page starts. */
export function listenForKeys(): void {
  addEventListener("keydown", onKey);
}

/** Binds handlers while the component is shown; the latest binding of a command wins. */
export function useKeys(handlers: Handlers): void {
  const latest = useRef(handlers);
  latest.current = handlers;
  const names = Object.keys(handlers).filter(isCommand).join(" ");
  useEffect(() => {
    const mine: Handlers = {};
    for (const name of names.split(" ").filter(isCommand))
      mine[name] = () => latest.current[name]?.();
    bound.push(mine);
    return () => {
      bound.splice(bound.indexOf(mine), 1);
    };
  }, [names]);
}

/** `j` and `k` move the focus over the elements marked `data-row`; Enter opens by itself, or goes to the first one. */
export function useRows(): void {
  const move = (by: number) => {
    const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
    const at = rows.findIndex((row) => row === document.activeElement);
    const next = rows[at === -1 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };
  useKeys({ next: () => move(1), previous: () => move(-1), open: () => move(0) });
}
