import { ClickHouseError } from "@clickhouse/client";
import { expect, test } from "vitest";
import { engineError } from "./engine-errors.ts";

const ofServer = (type: string) => new ClickHouseError({ message: "it is so. ", code: "1", type });

test.each([
  ["NOT_ENOUGH_SPACE", "store_full", true],
  ["TOO_MANY_PARTS", "overloaded", true],
  ["ALL_CONNECTION_TRIES_FAILED", "store_down", true],
  ["AUTHENTICATION_FAILED", "store_down", false],
  ["UNKNOWN_DATABASE", "store_down", false],
  ["SYNTAX_ERROR", "query_failed", false],
] as const)("a server's %s is %s", (type, code, retryable) => {
  const error = engineError(ofServer(type), "query_failed");
  expect(error).toMatchObject({ code, retryable, message: "it is so." });
});

test("the embedded engine says its name of an error in the text alone", () => {
  const error = engineError(
    new Error("Code: 243. DB::Exception: Cannot reserve 1 MiB. (NOT_ENOUGH_SPACE)"),
    "query_failed",
  );
  expect(error).toMatchObject({
    code: "store_full",
    message: "Cannot reserve 1 MiB. (NOT_ENOUGH_SPACE)",
  });
});

test("an address of which every host was tried in vain is said by its code", () => {
  const cause = Object.assign(new AggregateError([]), { code: "ECONNREFUSED" });
  expect(engineError(cause, "query_failed")).toMatchObject({
    code: "store_down",
    retryable: true,
    message: "ECONNREFUSED",
  });
});
