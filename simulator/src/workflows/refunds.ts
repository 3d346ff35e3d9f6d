import type { RefundNames } from "../names.ts";
import { toolSpec, type AgentStep, type RunPlan } from "../plan.ts";
import type { Random } from "../random.ts";
import {
  asks,
  call,
  modelOf,
  probability,
  returns,
  says,
  timesOut,
  type Moment,
} from "./moment.ts";

/** What a refund needs to know about a booking. */
interface Booking {
  readonly reference: string;
  readonly payment: string;
  readonly amount: number;
  readonly currency: string;
  readonly fee: number;
  readonly byCard: boolean;
}

/** What happened along the way, as the last model call sees it. */
interface Found {
  readonly steps: AgentStep[];
  readonly amount: number | null;
  readonly currency: string | null;
  readonly touchedBy: RunPlan["touchedBy"];
}

/** One run of a tool-heavy agent: it reads the booking and its payment, computes the refund and returns one object. */
export function refundRun(names: RefundNames, moment: Moment, deployedMs: number): RunPlan {
  const { random } = moment;
  const booking = bookingOf(names, random);
  const question = `Please refund ${booking.reference}, the customer cancelled ${random.pick(["today", "yesterday", "last night", "on Sunday"])}.`;
  const found = investigate(names, booking, moment);
  const answer = {
    booking: booking.reference,
    amount: found.amount === null ? null : Number((found.amount - booking.fee).toFixed(2)),
    currency: found.currency,
    method: booking.byCard ? "card" : "voucher",
    expected_by: `${new Date(moment.startMs + 5 * 86_400_000).toISOString().slice(0, 19)}+01:00`,
  };
  found.steps.push(says(speakerOf(names, moment, 0), JSON.stringify(answer), random));
  return {
    traceId: moment.traceId,
    workflow: names.workflow,
    service: names.service,
    version: moment.startMs < deployedMs ? "81" : "82",
    environment: "production",
    session: `r-${random.hex(5)}`,
    user: `u-${random.int(1000, 9999)}`,
    startMs: moment.startMs,
    question,
    agents: [
      {
        name: names.workflow,
        system: refundSystem(names),
        tools: refundTools(names),
        question,
        steps: found.steps,
        dataSource: null,
        declared: { confidence: null, taskType: null },
      },
    ],
    intake: null,
    touchedBy:
      found.touchedBy ??
      (moment.active.has("provider_model_drift") ? "provider_model_drift" : null),
  };
}

/** How the agent is told to work. */
export function refundSystem({ payment, ledger }: RefundNames): string {
  return `You refund cancelled bookings. Read the booking and its payment, compute the refund, and answer with one JSON object: booking, amount, currency, method, expected_by. If ${payment} does not help, use ${ledger}.`;
}

export function refundTools(names: RefundNames): ReturnType<typeof toolSpec>[] {
  return [
    toolSpec(names.booking, "Reads a booking", ["booking"]),
    toolSpec(names.payment, "Reads a payment", ["payment_id"]),
    toolSpec(names.quote, "Computes the refund of an amount", ["amount", "currency"]),
    toolSpec(names.ledger, "Searches the accounting journal, a day behind", ["booking"]),
  ];
}

function bookingOf(names: RefundNames, random: Random): Booking {
  return {
    reference: `${names.bookingPrefix}${random.int(100_000, 999_999)}`,
    payment: `${names.paymentPrefix}${random.hex(5)}`,
    amount: random.int(1900, 64_000) / 100,
    currency: random.pick(["EUR", "EUR", "EUR", "CHF", "GBP"]),
    fee: random.pick([0, 0, 5, 12.5]),
    byCard: random.chance(0.8),
  };
}

/** Who speaks, and how sure it is: a model that has moved is less so. */
export function speakerOf(
  names: RefundNames,
  moment: Pick<Moment, "active" | "random">,
  lower: number,
): { readonly model: ReturnType<typeof modelOf>; readonly probability: number } {
  const moved = moment.active.has("provider_model_drift");
  const model = modelOf(names.model, moved ? "moved" : "before");
  const mean = moved ? 0.74 : 0.93;
  return { model, probability: probability(mean - lower, moved ? 0.06 : 0.035, moment.random) };
}

function investigate(names: RefundNames, booking: Booking, moment: Moment): Found {
  const { random } = moment;
  const steps: AgentStep[] = [];
  const read = call(names.booking, { booking: booking.reference }, random);
  if (random.chance(0.03)) {
    const failing = call(names.booking, { booking: booking.reference }, random);
    steps.push(asks(speakerOf(names, moment, 0), [failing], random), timesOut(failing, random));
  }
  const record = {
    booking: booking.reference,
    status: "cancelled",
    payment_id: booking.byCard ? booking.payment : null,
    fee: booking.fee,
  };
  steps.push(asks(speakerOf(names, moment, 0), [read], random), returns(read, record, random));
  if (!booking.byCard) {
    return { steps, amount: booking.amount, currency: booking.currency, touchedBy: null };
  }
  if (moment.active.has("provider_model_drift") && random.chance(0.28)) {
    return otherDialect(names, booking, moment, steps);
  }
  return byPayment(names, booking, moment, steps);
}

/** The changed model writes the payment's id without its prefix; the tool finds nothing and the journal has to do. */
function otherDialect(
  names: RefundNames,
  booking: Booking,
  moment: Moment,
  steps: AgentStep[],
): Found {
  const { random } = moment;
  const bare = booking.payment.slice(names.paymentPrefix.length);
  const wrong = call(names.payment, { payment_id: bare }, random);
  const missing = { error: `no payment with the id ${bare}` };
  steps.push(
    asks(speakerOf(names, moment, 0.08), [wrong], random),
    returns(wrong, missing, random),
  );
  return byJournal(names, booking, moment, steps, {
    currency: booking.currency,
    touchedBy: "provider_model_drift",
  });
}

function byJournal(
  names: RefundNames,
  booking: Booking,
  moment: Moment,
  steps: AgentStep[],
  { currency, touchedBy }: Pick<Found, "currency" | "touchedBy">,
): Found {
  const { random } = moment;
  const search = call(names.ledger, { booking: booking.reference }, random);
  const entry = { entries: [{ booking: booking.reference, booked: booking.amount, open: true }] };
  steps.push(asks(speakerOf(names, moment, 0), [search], random), returns(search, entry, random));
  return { steps, amount: booking.amount, currency, touchedBy };
}

function byPayment(
  names: RefundNames,
  booking: Booking,
  moment: Moment,
  steps: AgentStep[],
): Found {
  const { random } = moment;
  const renamed = moment.active.has("tool_schema_change") && random.chance(0.6);
  const field = renamed ? names.field.after : names.field.before;
  const payment = call(names.payment, { payment_id: booking.payment }, random);
  const result = {
    payment_id: booking.payment,
    amount: booking.amount,
    [field]: booking.currency,
    captured_at: `${new Date(moment.startMs - 3 * 86_400_000).toISOString().slice(0, 19)}+00:00`,
  };
  steps.push(
    asks(speakerOf(names, moment, 0), [payment], random),
    returns(payment, result, random),
  );
  const currency = renamed ? null : booking.currency;
  const touchedBy = renamed ? "tool_schema_change" : null;
  if (!random.chance(renamed ? 0.6 : 0.45)) {
    return { steps, amount: booking.amount, currency, touchedBy };
  }
  return byQuote(names, booking, moment, steps, { currency, touchedBy });
}

function byQuote(
  names: RefundNames,
  booking: Booking,
  moment: Moment,
  steps: AgentStep[],
  known: Pick<Found, "currency" | "touchedBy">,
): Found {
  const { random } = moment;
  const { currency } = known;
  const quote = call(names.quote, { amount: booking.amount, currency }, random);
  const down = random.chance(0.02);
  const result =
    currency === null
      ? { error: "currency must not be empty" }
      : down
        ? { error: "rates are not available" }
        : { refundable: Number((booking.amount - booking.fee).toFixed(2)), currency };
  steps.push(asks(speakerOf(names, moment, 0), [quote], random), returns(quote, result, random));
  if (currency === null || down) return byJournal(names, booking, moment, steps, known);
  return { steps, amount: booking.amount, ...known };
}
