import type { AgentStep } from "../plan.ts";
import { says } from "../workflows/moment.ts";
import { refundSystem, refundTools, speakerOf } from "../workflows/refunds.ts";
import {
  candidateRun,
  numberAt,
  property,
  textAt,
  useTool,
  type Played,
  type Setting,
  type Speaker,
} from "./setting.ts";

/** What the agent came to know of a payment. */
interface Paid {
  readonly amount: number | null;
  readonly currency: string | null;
}

/**
 * The tool-heavy agent: it reads the booking and its payment and answers with one object. A renamed field lies in the recordings; its
 * own share of `tool_schema_change` is that it reads the old one alone. With `provider_model_drift` it is less sure and writes payment
 * ids without their prefix, always, where the traffic does so now and then. It asks for no quote, which the traffic does now and then.
 */
export async function playRefund(setting: Setting): Promise<Played> {
  const { names, question, startMs } = setting;
  const { refunds } = names;
  const reference = /\brefund (\S+?),/.exec(question)?.[1];
  if (reference === undefined) throw new Error(`this asks no refund: ${JSON.stringify(question)}`);
  const steps: AgentStep[] = [];
  const speaker = speaks(setting, 0);
  const args = { booking: reference };
  const record = await useTool(setting, steps, { speaker, name: refunds.booking, args });
  const payment = textAt(record, "payment_id");
  const paid =
    payment === null
      ? voucher(setting)
      : ((await byPayment(setting, steps, payment)) ??
        (await byJournal(setting, steps, reference)));
  const fee = numberAt(record, "fee") ?? 0;
  const answer = {
    booking: reference,
    amount: paid.amount === null ? null : Number((paid.amount - fee).toFixed(2)),
    currency: paid.currency,
    method: payment === null ? "voucher" : "card",
    expected_by: `${new Date(startMs + 5 * 86_400_000).toISOString().slice(0, 19)}+01:00`,
  };
  steps.push(says(speaks(setting, 0), JSON.stringify(answer), setting.random));
  const agent = {
    name: refunds.workflow,
    system: refundSystem(refunds),
    tools: refundTools(refunds),
    question,
    steps,
    dataSource: null,
    declared: { confidence: null, taskType: null },
  };
  return {
    plan: candidateRun(setting, refunds, { agents: [agent], intake: null }),
    output: answer,
  };
}

function speaks({ names, faults, random }: Setting, lower: number): Speaker {
  return speakerOf(names.refunds, { active: faults, random }, lower);
}

/** A booking without a payment by card is refunded at once, by a sum that no tool tells. */
function voucher({ random }: Setting): Paid {
  return { amount: random.int(1900, 64_000) / 100, currency: "EUR" };
}

/** By the payment's own record; null where there is none of this id. */
async function byPayment(
  setting: Setting,
  steps: AgentStep[],
  payment: string,
): Promise<Paid | null> {
  const { names, faults } = setting;
  const { refunds } = names;
  const moved = faults.has("provider_model_drift");
  const written = moved ? payment.slice(refunds.paymentPrefix.length) : payment;
  const found = await useTool(setting, steps, {
    speaker: speaks(setting, moved ? 0.08 : 0),
    name: refunds.payment,
    args: { payment_id: written },
  });
  if (found === null || property(found, "error") !== undefined) return null;
  const { before, after } = refunds.field;
  const known = textAt(found, before);
  const renamed = faults.has("tool_schema_change") ? null : textAt(found, after);
  return { amount: numberAt(found, "amount"), currency: known ?? renamed };
}

async function byJournal(setting: Setting, steps: AgentStep[], booking: string): Promise<Paid> {
  const { names } = setting;
  const found = await useTool(setting, steps, {
    speaker: speaks(setting, 0),
    name: names.refunds.ledger,
    args: { booking },
  });
  const entries = property(found, "entries");
  const [entry]: readonly unknown[] = Array.isArray(entries) ? entries : [];
  return { amount: numberAt(entry, "booked"), currency: "EUR" };
}
