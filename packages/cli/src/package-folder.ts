/**
 * A file of this package beside its code. Every file of `dist` that asks stands directly in it, also where the code is bundled into few
 * files: only this one may reckon with its own place.
 */
export function packageUrl(path: string): URL {
  return new URL(`../${path}`, import.meta.url);
}
