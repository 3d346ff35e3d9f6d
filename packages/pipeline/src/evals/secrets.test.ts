import { describe, expect, test } from "vitest";
import { secretIn } from "./secrets.ts";

// Made of pieces, so that no scanner takes this file for one that holds secrets.
const hex = "9f86d081884c7d659a2feaa0c55ad015";
const long = "Ab3dE5gH7jK9mN1pQ3sT5vW7yZ9bD1fG3h";

describe("secrets", () => {
  test.each([
    [`-----BEGIN RSA ${"PRIVATE"} KEY-----`, "a private key"],
    [`-----BEGIN ${"PRIVATE"} KEY-----`, "a private key"],
    [`-----BEGIN PGP ${"PRIVATE"} KEY BLOCK-----`, "a private key"],
    [`key AK${"IA"}ABCDEFGHIJKLMNOP`, "an AWS access key"],
    [
      `aws_secret_access_key = ${"wJalrXUtnFEMI/K7MDENG/bPxRfi"}CYzzzzzzzKEY`,
      "an AWS secret access key",
    ],
    [
      `{"secretAccessKey":"${"wJalrXUtnFEMI/K7MDENG/bPxRfi"}CYzzzzzzzKEY"}`,
      "an AWS secret access key",
    ],
    [`sk-${"proj"}-${long}`, "an API key"],
    [`sk-${"ant"}-api03-${long}`, "an API key"],
    [`AI${"za"}${long}x`, "a Google API key"],
    [`sk_${"live"}_${long}`, "a Stripe key"],
    [`rk_${"live"}_${long}`, "a Stripe key"],
    [`gh${"p"}_${"a1".repeat(18)}`, "a GitHub token"],
    [`github_${"pat"}_${"a1_".repeat(12)}`, "a GitHub token"],
    [`gl${"pat"}-${long.slice(0, 20)}`, "a GitLab token"],
    [`np${"m"}_${"a1".repeat(18)}`, "an npm token"],
    [`xo${"xb"}-1234567890-${long}`, "a Slack token"],
    [`https://hooks.slack.${"com"}/services/T0ABCDEF1/B0ABCDEF1/${long}`, "a Slack webhook"],
    [`ey${"J"}hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.${long}`, "a signed token"],
    [`Authorization: Bearer ${long}`, "a bearer token"],
    [`curl -H 'authorization: bearer ${hex}'`, "a bearer token"],
    ["Authorization: Basic YWxhZGRpbjpvcGVu", "a password"],
    ["postgres://app:hunter22@db.internal:5432/claims", "a password in an address"],
    ["https://:s3cr3t@example.com/x", "a password in an address"],
    ['{"password":"hunter22"}', "a password"],
    ['{"password": "correct horse battery"}', "a password"],
    ["{'db_password': 'hunter22'}", "a password"],
    ['{"client_secret":"zq81-aa"}', "a password"],
    ['{"pwd":123456}', "a password"],
    [JSON.stringify({ text: '{"password": "hunter22"}' }), "a password"],
    [JSON.stringify({ a: JSON.stringify({ text: '{"api_key":"hunter22"}' }) }), "a password"],
    ["https://api.example.com/x?api_key=a1b2c3d4", "a password"],
    ["export DB; PASSWORD=hunter22", "a password"],
    [`{"token":"${hex}"}`, "a token"],
    [`{"access_token": "${long}"}`, "a token"],
    [JSON.stringify({ body: `{"refreshToken":"${long}"}` }), "a token"],
    [`{"github_token":"${hex}"}`, "a token"],
  ])("%s is refused", (text, name) => {
    expect(secretIn(text)).toBe(name);
  });

  test.each([
    "an ordinary sentence with an id POL-12",
    "4bf92f3577b34da6a3ce929d0e0e4736",
    "550e8400-e29b-41d4-a716-446655440000",
    `sha256:${hex}${hex}`,
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    '{"key":"da39a3ee5e6b4b0d3255bfef95601890afd80709"}',
    '{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7"}',
    '{"call_id":"call_Ab3dE5gH7jK9mN1pQ3sT5vW7"}',
    '{"id":"toolu_01A09q90qw90lq917835lq9"}',
    '{"id":"chatcmpl-9f86d081884c7d659a2feaa0"}',
    '{"payment":"pay_3f9a1c2e77"}',
    '{"token":"the","logprob":-0.1}',
    '{"tokens":1234567,"max_tokens":4096,"token_count":12345}',
    '{"next_page":"eyJhIjoxfQ"}',
    '{"password":{"type":"string","minLength":8}}',
    '{"password":"********"}',
    '{"password":"<redacted>"}',
    '{"api_key":"${API_KEY}"}',
    '{"secret":"[removed]"}',
    '{"password":""}',
    '{"error":"password required"}',
    '{"message":"Your password must be changed: it is too short"}',
    "the bearer of this letter may enter",
    "a Bearer authentication-scheme is used",
    "https://example.com:8080/path@v1",
    "https://user@example.com/",
    "postgres://user:${PASSWORD}@db/claims",
    "sk-learn-based-classification-of-claims",
    "risk-assessment-of-the-whole-portfolio-2026",
    "task-2026-11-27-claims-batch-0000001",
    "the npm_config_registry of this machine",
    "token=abc",
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
    "s3://bucket/key=value/part-0001",
    "secretary: Ms Miller",
  ])("%s is none", (text) => {
    expect(secretIn(text)).toBeNull();
    expect(secretIn(JSON.stringify({ text }))).toBeNull();
  });

  test("long hostile texts are read without running away", () => {
    for (const part of ["a.", "a-", "eyJ", "password", "Bearer ", "x://y:", '\\"', "sk-"]) {
      expect(typeof secretIn(part.repeat(40_000))).not.toBe("undefined");
    }
  });
});
