/** What must never be written into a repository, by form. `really` looks closer where the form alone would take too much. */
interface Secret {
  readonly name: string;
  readonly pattern: RegExp;
  readonly really?: (match: RegExpExecArray) => boolean;
}

/** Letters and digits both: words joined by dashes are no token. */
function isMixed(text: string): boolean {
  return /\d/.test(text) && /[A-Za-z]/.test(text);
}

/** A stand-in for a value, or a word about one, as documentation and masking write them. */
function isPlaceholder(value: string): boolean {
  return (
    /^[*x•.#_-]+$/i.test(value) ||
    /^(<.*>|\[.*\]|\$\{?.*|\{\{?.*|%.*%|your[ _-].*|my[ _-].*)$/i.test(value) ||
    /^(string|text|null|none|undefined|true|false|required|optional|hidden|masked|redacted|removed|secret|password|token|value|invalid|incorrect|wrong|missing|expired|unchanged|example|unknown|bearer|basic)$/i.test(
      value,
    )
  );
}

// A quote as it stands in JSON, in Python's repr, or in JSON within a text of JSON.
const quote = String.raw`\\{0,7}["']`;
const passwordKey =
  "pass(?:word|wd|phrase)|pwd|(?:client|app|shared|signing)[_-]?secret|secret(?:[_-]?(?:access[_-]?)?key)?|api[_-]?key|private[_-]?key|encryption[_-]?key";
const tokenKey =
  "(?:access|refresh|auth|id|session|bearer|csrf|xsrf|api|personal[_-]access|security)?[_-]?token|authorization|session[_-]?cookie|set-cookie";

function named(keys: string, value: string): RegExp {
  return new RegExp(
    `(?<![A-Za-z])(?:[A-Za-z0-9]{1,30}[_-])?(?:${keys})${quote}\\s{0,5}[:=]\\s{0,5}${value}`,
    "gi",
  );
}

function valueOf(match: RegExpExecArray): string {
  return match[1] ?? match[2] ?? "";
}

const secrets: readonly Secret[] = [
  { name: "a private key", pattern: /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g },
  { name: "an AWS access key", pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g },
  {
    name: "an AWS secret access key",
    pattern:
      /(?:aws|secret)[\w.-]{0,20}?key\\{0,7}["']?\s{0,5}[:=]\s{0,5}\\{0,7}["']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi,
  },
  {
    name: "an API key",
    pattern: /\bsk-[A-Za-z0-9_-]{20,200}/g,
    really: ([text]) => isMixed(text.replace(/^sk-(?:ant|proj|svcacct|or)-/, "").slice(3)),
  },
  { name: "a Google API key", pattern: /\bAIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])/g },
  { name: "a Google token", pattern: /\b(?:ya29\.[0-9A-Za-z_-]{20,}|GOCSPX-[0-9A-Za-z_-]{20,})/g },
  {
    name: "a Stripe key",
    pattern: /\b(?:[sr]k_(?:live|test)|whsec)_[0-9A-Za-z]{16,}/g,
  },
  {
    name: "a GitHub token",
    pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})/g,
  },
  { name: "a GitLab token", pattern: /\bgl(?:pat|ptt|rt|dt|cbt)-[0-9A-Za-z_-]{20,}/g },
  { name: "an npm token", pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  { name: "a PyPI token", pattern: /\bpypi-AgE[0-9A-Za-z_-]{20,}/g },
  { name: "a Hugging Face token", pattern: /\bhf_[A-Za-z0-9]{30,}\b/g },
  { name: "a SendGrid key", pattern: /\bSG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}/g },
  { name: "a Slack token", pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g },
  {
    name: "a Slack webhook",
    pattern: /hooks\.slack\.com\/services\/T[0-9A-Z]{5,}\/B[0-9A-Z]{5,}\/[0-9A-Za-z]{16,}/g,
  },
  {
    name: "a signed token",
    pattern: /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g,
  },
  {
    name: "a bearer token",
    pattern: /\bbearer\s{1,5}([A-Za-z0-9._~+/=-]{16,})/gi,
    really: (match) => isMixed(valueOf(match)),
  },
  {
    name: "a password",
    pattern:
      /\bauthorization\\{0,7}["']?\s{0,5}[:=]\s{0,5}\\{0,7}["']?basic\s{1,5}[A-Za-z0-9+/=]{8,}/gi,
  },
  {
    name: "a password in an address",
    pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"'\\<>]{0,100}:([^\s/@"'\\<>]{3,200})@[\w[]/gi,
    really: (match) => !isPlaceholder(valueOf(match)),
  },
  {
    name: "a password",
    pattern: named(passwordKey, String.raw`(?:${quote}([^"'\\]{4,400})|(\d{4,}))`),
    really: (match) => !isPlaceholder(valueOf(match).trim()),
  },
  {
    name: "a password",
    pattern:
      /(?<![A-Za-z])(?:password|passwd|pwd|passphrase|api[_-]?key|client[_-]?secret|secret[_-]?key|access[_-]?token|auth[_-]?token|refresh[_-]?token)=([^\s&"'\\;,]{6,200})/gi,
    really: (match) => isMixed(valueOf(match)) && !isPlaceholder(valueOf(match)),
  },
  {
    name: "a token",
    pattern: named(
      tokenKey,
      String.raw`${quote}((?:bearer |token )?[A-Za-z0-9._~+/=|:-]{12,4000})${quote}`,
    ),
    really: (match) => isMixed(valueOf(match)) && !isPlaceholder(valueOf(match)),
  },
];

/**
 * The name of the secret that a text seems to hold, or null. Ids, hashes, UUIDs and trace ids are none unless a key calls them a token.
 *
 * @param text  as it is, or as JSON
 */
export function secretIn(text: string): string | null {
  const found = secrets.find(({ pattern, really }) => {
    for (const match of text.matchAll(pattern)) if (really?.(match) ?? true) return true;
    return false;
  });
  return found?.name ?? null;
}
