/** The machine's calendar day in UTC, `YYYY-MM-DD`. No flag sets it: an override must not outlive its date by asking for another one. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}
