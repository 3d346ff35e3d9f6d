import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { redact, redactText } from "./personal.ts";

describe("personal data", () => {
  test.each([
    ["write to mira.b+x@mail.example.com.", "write to [e-mail]."],
    ["<jörg@bücher.example>", "<[e-mail]>"],
    ["DE89 3704 0044 0532 0130 00 by Friday", "[iban] by Friday"],
    ["DE89370400440532013000", "[iban]"],
    ["GB29 NWBK 6016 1331 9268 19, please", "[iban], please"],
    ["NO93 8601 1117 947 AND more", "[iban] AND more"],
    ["from BE68 5390 0754 7034 to CH93 0076 2011 6238 5295 7", "from [iban] to [iban]"],
    ["card 4111 1111 1111 1111 ok", "card [card] ok"],
    ["5500-0000-0000-0004", "[card]"],
    ["ssn 123-45-6789.", "ssn [ssn]."],
    ["call +49 30 1234567 or +1 (415) 555-2671", "call [phone] or [phone]"],
    ["+4915112345678", "[phone]"],
    ["(415) 555-2671, 415-555-2671, 415.555.2671", "[phone], [phone], [phone]"],
    ["Tel: 030 1234567", "Tel: [phone]"],
    ["mobile no. 0170/1234567", "mobile no. [phone]"],
  ])("%s becomes %s", (text, expected) => {
    expect(redactText(text).value).toBe(expected);
  });

  test.each([
    "POL-12 of 2026-11-27T10:00:00+00:00",
    "4bf92f3577b34da6a3ce929d0e0e4736",
    "550e8400-e29b-41d4-a716-446655440000",
    "12345678-1234-1234-1234-123456789012",
    "1790000000000 and 1790000000000000000",
    "CLM-123-456-7890",
    "INV-123-45-6789",
    "DE12 is a code, AB12CD34EF56GH78 another",
    "react@18.2.0 and @mira and a@b",
    "192.168.100.1000, 10.0.0.1:8080",
    "0.123456789012345",
    "the sum is 415 555 EUR",
    "1234567890123456",
    "+12 and +1000",
    "telegram 12345678",
    "EC-9f3a1c2e CL-41c07be2",
  ])("%s stays", (text) => {
    expect(redactText(text)).toEqual({ value: text, count: 0 });
  });

  test("is replaced in texts, in keys and in numbers at any depth, and counted", () => {
    const { value, count } = redact({
      to: ["mira@example.com"],
      note: "call mira@example.com",
      id: 7,
      card: 4111111111111111,
      "jo@example.com": { mobile_number: "0170 1234567", phone: "none", ssn: 123456789 },
    });
    expect(value).toEqual({
      to: ["[e-mail]"],
      note: "call [e-mail]",
      id: 7,
      card: "[card]",
      "[e-mail]": { mobile_number: "[phone]", phone: "none", ssn: "[ssn]" },
    });
    expect(count).toBe(6);
  });

  test("what was redacted stays as it is, and the same gives the same", () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom("mira@example.com", "+49 30 1234567", "DE89 3704 0044 0532 0130 00"),
      fc.constantFrom("4111 1111 1111 1111", "123-45-6789", "(415) 555-2671", "phone: 030 123456"),
    );
    const value = fc.oneof(
      fc.array(piece).map((parts) => parts.join(" ")),
      fc.dictionary(fc.oneof(piece, fc.constantFrom("phone", "ssn")), piece),
    );
    fc.assert(
      fc.property(value, (written) => {
        const once = redact(written);
        expect(redact(once.value)).toEqual({ value: once.value, count: 0 });
        expect(redact(written)).toEqual(once);
      }),
    );
  });

  test("long hostile texts are read without running away", () => {
    for (const part of ["a.", "a@", "1 ", "DE12", "+1", "phone: ", "1-"]) {
      expect(redactText(part.repeat(40_000)).value.length).toBeGreaterThan(0);
    }
  });
});
