/**
 * Turns of English speech that say how a step came to what it states. Each was chosen for its meaning; what it weighs is decided by
 * labelled runs.
 */
const cues = {
  assumes: /\bassum|\bsuppos|hypothetic|let'?s say|presum|for the sake of|for simplicity/i,
  invents:
    /simulat|\bmock|placeholder|dummy|(?:sample|example) (?:data|list|values?|usage)|replace with|hard.?cod|would look like/i,
  hedges:
    /\blikely\b|probabl|approximat|\bestimat|\bguess|(?:seems?|appears?) (?:to|that)|\bmight\b|educated|roughly/i,
  remembers:
    /general knowledge|known (?:fact|for|to be|that)|my knowledge|\bi recall|historical(?:ly)? (?:data|known)|well.known|widely known|common knowledge|from memory|based on (?:the )?(?:available|previous|provided|given) (?:data|information|knowledge)/i,
  reportsFailure:
    /\bunable\b|\bcannot\b|can't|could not|couldn't|\bfail(?:ed|s|ure)?\b|not (?:found|available|accessible|possible|provided|specified|listed|directly)|no (?:results?|information|data|specific)|does(?:n't| not) (?:contain|provide|include|exist|have)|unfortunately|\bdenied\b/i,
  verifies: /\bverif(?:y|ied|ies|ication)|\bconfirm(?:s|ed)?\b|double.?check|validat|cross.?check/i,
  corrects:
    /\bincorrect|\bmistake|\bwrong\b|\berror\b|\bissue\b|\bcorrection|\bactually\b|\bhowever\b|instead\b|re-?evaluat|re-?examin|discrepanc|inconsisten|apologi/i,
  concludes:
    /\btherefore\b|\bthus\b|\bhence\b|in conclusion|conclud|final answer|the answer is|\bsummary\b|\bterminate\b|we have (?:determined|found|identified)/i,
  agrees:
    /\bi agree\b|(?:is|are|appears?|looks?) (?:correct|accurate|right|valid)\b|well done|\bgood (?:job|work)/i,
  asks: /\?\s*$|\bcould you\b|\bcan you\b|\bplease (?:provide|confirm|share|tell)/i,
  searches: /\bsearch|\bbrows|\blook(?:ing)? up\b|wikipedia|google|\bbing\b/i,
  partial:
    /\bpage 1 of (?!1\b)\d|\bshows? [1-5]?\d% of|truncated|first \d+ (?:results|rows|lines) of/i,
  claimsDone:
    /\w*satisf\w*["']?\s*:\s*(?:\{[^{}]{0,900}?["']?answer["']?\s*:\s*)?true\b|\bTERMINATE\b|task is (?:complete|done|solved)/i,
  replans:
    /new plan|updated plan|re-?plan|revised (?:plan|approach)|(?:here|this) is the (?:new|updated) /i,
} as const satisfies Record<string, RegExp>;

export type Cue = keyof typeof cues;

/** Whether a text speaks so. Texts without a letter of English never do. */
export function speaks(cue: Cue, text: string): boolean {
  return cues[cue].test(text);
}

const assent =
  /^\W*(?:yes|yep|yeah|sure|ok(?:ay)?|correct|confirm(?:ed)?|absolutely|please (?:go ahead|proceed|do)|go ahead|proceed|that(?:'s| is| sounds) (?:fine|right|correct|good|great|perfect))\b/i;
const pushBack =
  /^\W*(?:no\b|wait|actually|but i|why|hmm)|not what i|i only (?:want|need|ask)|frustrat|ridiculous|\b(?:human|supervisor)\b|are you sure|already (?:told|said|gave)|instead\b|changed? my mind/i;

/** Whether a user's turn agrees to what was proposed. */
export function assents(text: string): boolean {
  return assent.test(text);
}

/** Whether a user's turn refuses, corrects or changes what was asked. */
export function pushesBack(text: string): boolean {
  return pushBack.test(text);
}

const leave =
  /\b(?:that(?:'|\u2019)?s (?:all|fine|it)|no,? that|all (?:clear|set|good)|thank(?:s| you)[^.?]{0,40}(?:help|everything|all)|good ?bye|have a (?:great|good|nice))\b/i;

/** Whether a user's turn ends the dialogue. */
export function takesLeave(text: string): boolean {
  return text.length < 200 && !text.includes("?") && leave.test(text);
}

const empty =
  /no results? (?:were )?found|did not match any|\b0 results|\bno (?:matching|relevant) (?:results?|documents?|records?)|^\s*(?:\[\s*\]|\{\s*\}|null|none|)\s*$/i;
const idle =
  /no code (?:from|to|was|found)|nothing to (?:run|execute)|no (?:tool|function) calls?\b/i;

/** Whether an answer of a tool holds nothing. */
export function isEmptyResult(text: string): boolean {
  return empty.test(text.slice(0, 3_000));
}

/** Whether a program ran and printed nothing. */
export function isBlankOutput(text: string): boolean {
  return /(?:output|stdout|result)\s*:\s*$/i.test(text.slice(-200));
}

/** Whether a tool's turn came although nobody had asked it for anything. */
export function isIdleResult(text: string): boolean {
  return text.length < 400 && idle.test(text);
}

const stalledTrue =
  /["']?\w*(?:loop|stall|stuck|repeat)\w*["']?\s*:\s*(?:\{[^{}]{0,900}?["']?answer["']?\s*:\s*)?true\b/i;
const progressFalse =
  /["']?\w*progress\w*["']?\s*:\s*(?:\{[^{}]{0,900}?["']?answer["']?\s*:\s*)?false\b/i;

/** Whether a step reports of itself that the run gets nowhere: a record whose field on progress is false, or on loops true. */
export function reportsNoProgress(text: string): boolean {
  return stalledTrue.test(text) || progressFalse.test(text);
}
