import type { ErrorDigest } from "../model/digest.ts";
import type { FailureFact } from "../model/run.ts";
import { masked } from "./mask.ts";

/** Classes of error messages, the first that matches. Source: diagnosis.md 5.2. */
const classes: readonly (readonly [string, RegExp])[] = [
  ["rate", /rate.?limit|too many requests|\b429\b|quota|throttl/i],
  [
    "auth",
    /unauthori[sz]ed|forbidden|\b40[13]\b|permission|access denied|credential|api.?key|token expired/i,
  ],
  ["timeout", /time.?d? ?out|deadline|\b504\b/i],
  [
    "network",
    /connection|econn|network|socket|dns|unreachable|\b50[023]\b|unavailable|gateway|upstream|no ready endpoints/i,
  ],
  [
    "notfound",
    /not.?found|\b404\b|no such|does not exist|unknown (table|column|id|record)|unrecogni[sz]ed name/i,
  ],
  ["syntax", /syntax|unexpected (token|end|character)|malformed (query|sql)/i],
  ["parse", /pars(e|ing)|invalid json|json.?decode|deseriali/i],
  [
    "key",
    /key ?error|missing (key|field|required|argument|propert)|required (propert|field|argument)|undefined (propert|field)|is required/i,
  ],
  [
    "type",
    /type ?error|expected .* (got|but|received)|invalid type|cannot (convert|cast)|is not (a|an) (number|string|function)|validation|must be|out of range|invalid/i,
  ],
  ["state", /conflict|already|\b409\b|closed|locked|expired|stale|state|exhausted|no_answer/i],
];

const textLimit = 300;

/** The class, template and text of a failure. A failure without a message is told by its type. */
export function errorDigest(failure: FailureFact): ErrorDigest {
  const text = failure.message ?? failure.type ?? "";
  const told = `${failure.type ?? ""} ${text}`;
  return {
    class: classes.find(([, pattern]) => pattern.test(told))?.[0] ?? "other",
    template: masked(text).split("\n")[0]?.slice(0, textLimit) ?? "",
    text: text.slice(0, textLimit),
  };
}
