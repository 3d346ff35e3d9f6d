/** First words of tool names that say whether a tool changes something outside: a name's first known word decides. */
const verbs: Readonly<Record<"read" | "write", ReadonlySet<string>>> = {
  read: new Set(
    "get find search list read look lookup fetch query retrieve check count calculate compute think plan reason view show describe load validate verify compare summarize translate convert parse estimate".split(
      " ",
    ),
  ),
  write: new Set(
    "add append apply approve archive assign authorize award ban block book buy cancel change charge checkout close commit complete confirm create credit debit decline delete deploy disable dispatch edit email enable execute exchange finalize grant insert invite issue lock mark merge modify move notify open pay place post publish purchase push put refund register reject release remove rename renew replace reschedule reserve reset resolve restart return revoke save schedule sell send set ship start stop submit subscribe suspend terminate transfer uninstall unlock unsubscribe update upgrade upload upsert withdraw write".split(
      " ",
    ),
  ),
};

/** Whom a call hands a conversation over to. */
const person = /human|person|operator|supervisor|representative|support|staff/;
const handingOver = /transfer|escalat|hand|route|connect|forward/;

/** The words of a tool's name in small letters: `cancelOrder`, `cancel_order` and `orders.cancel` hold `cancel`. */
function wordsOfName(name: string): readonly string[] {
  return (
    name
      .replaceAll(/([a-z\d])([A-Z])/g, "$1 $2")
      .toLowerCase()
      .match(/[a-z]+/g) ?? []
  );
}

/**
 * Whether a tool changes something outside, by its name; false where no word of it says so. A weak sign: triage counts by it, and no
 * verdict depends on it.
 */
export function changesState(name: string): boolean {
  for (const word of wordsOfName(name)) {
    if (verbs.write.has(word)) return true;
    if (verbs.read.has(word)) return false;
  }
  return false;
}

/** Whether a tool hands the conversation over to a person, by its name. */
export function handsToPerson(name: string): boolean {
  const words = wordsOfName(name).join(" ");
  return handingOver.test(words) && person.test(words);
}

/** Words at the beginning of a message that agrees, and those that agree anywhere in it. */
const assents: readonly RegExp[] = [
  /^\W*(?:yes|yep|yeah|yup|sure|ok|okay|correct|right|exactly|agreed|confirmed|great|perfect|please do|oui|si|sí|ja|jawohl|gerne|sim|claro|da|tak|hai|はい|是|对|好)(?!\p{L})/iu,
  /\b(?:go ahead|proceed|confirm(?:ed)?|sounds good|do it|that(?:'|’)?s (?:fine|right|correct|good|perfect)|works for me|einverstanden|d'accord|de acuerdo)\b/i,
];

/** Whether a user's message agrees to what was proposed. Wrong on irony and in languages that the tables do not hold. */
export function isAssent(text: string): boolean {
  return assents.some((pattern) => pattern.test(text));
}

/** What a message may show beside what it says: facets to look for and to filter by, never reasons by themselves. */
export const facets = {
  pushback:
    /\b(?:not what i|i (?:already|just) (?:said|told|gave|asked)|that(?:'|’)?s (?:not|wrong)|are you sure|confus(?:ed|ion|ing)|mistake|misunderst\w+|incorrect|ridiculous|frustrat\w+|(?:^|[.!?]\s*)no[,. ]|instead|actually)/i,
  refusal:
    /\b(?:unable to|can(?:not|'t|’t)|not (?:able|possible|eligible|allowed|permitted)|unfortunately)\b/i,
  thanks: /\b(?:thanks?|thank you|thx|danke|merci|gracias|obrigad[oa])\b/i,
} as const satisfies Readonly<Record<string, RegExp>>;
