const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** `14 Nov`, in the browser's zone; with the year where it is not this one. */
export function dayOf(ms: number): string {
  const date = new Date(ms);
  const year = date.getFullYear() === new Date().getFullYear() ? "" : ` ${date.getFullYear()}`;
  return `${date.getDate()} ${months[date.getMonth()] ?? ""}${year}`;
}

/** `14 Nov 06:10`, in the browser's zone. */
export function momentOf(ms: number): string {
  const date = new Date(ms);
  return `${dayOf(ms)} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The whole moment with its offset from UTC, for a tooltip. */
export function exactMoment(ms: number): string {
  const date = new Date(ms);
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? "−" : "+"}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock} UTC${zone}`;
}

/** A time span in its largest fitting unit: `120 ms`, `4.2 s`, `38 min`, `5 h`, `16 days`. */
export function lasting(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 90) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  const minutes = seconds / 60;
  if (minutes < 90) return `${Math.round(minutes)} min`;
  const hours = minutes / 60;
  if (hours < 48) return `${Math.round(hours)} h`;
  return `${Math.round(hours / 24)} days`;
}

/** `6 min ago` within a day, else the moment. A moment in the future (clocks differ) is shown as the moment. */
export function ago(ms: number, nowMs: number): string {
  const past = nowMs - ms;
  if (past < 0 || past > 24 * 3_600_000) return momentOf(ms);
  return past < 60_000 ? "now" : `${lasting(past)} ago`;
}

/** `1,574` */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** `1 run`, `132 runs` */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A share in [0, 1] with two digits. Never 1.00 or 0.00 unless it is exactly that. */
export function rate(value: number): string {
  if (value < 1 && value >= 0.995) return ">0.99";
  if (value > 0 && value < 0.005) return "<0.01";
  return value.toFixed(2);
}

/** `10.4 %`; `–` of nothing. */
export function percent(part: number, of: number): string {
  if (of === 0) return "–";
  const value = (100 * part) / of;
  return `${value.toFixed(value === 0 || value >= 99.95 ? 0 : 1)} %`;
}

/** An id short enough for a sentence: its first four and last two characters. */
export function shortId(id: string): string {
  return id.length <= 12 ? id : `${id.slice(0, 4)}…${id.slice(-2)}`;
}
