import fc from "fast-check";
import { expect, test } from "vitest";
import { clickhouseAddress } from "./clickhouse-address.ts";

test("a server is named by user, password, host, port and database; what is left out is ClickHouse's own default", () => {
  expect(clickhouseAddress("clickhouse://ann:p%40ss:word@db.example:8124/traces")).toEqual({
    servers: ["http://db.example:8124/"],
    username: "ann",
    password: "p@ss:word",
    database: "traces",
    layout: { kind: "single" },
  });
  expect(clickhouseAddress("clickhouse://localhost")).toEqual({
    servers: ["http://localhost:8123/"],
    username: "default",
    password: "",
    database: "default",
    layout: { kind: "single" },
  });
  expect(clickhouseAddress("clickhouses://[::1]/t").servers).toEqual(["https://[::1]:8443/"]);
  // The standard ports of HTTP itself are ports like any other where they are said.
  expect(clickhouseAddress("clickhouse://h:80/t").servers).toEqual(["http://h/"]);
});

test("a cluster is named with every server of it", () => {
  const { servers, layout } = clickhouseAddress(
    "clickhouse://u:p@a:8123,b:8124,c/traces?cluster=three",
  );
  expect(servers).toEqual(["http://a:8123/", "http://b:8124/", "http://c:8123/"]);
  expect(layout).toEqual({ kind: "cluster", name: "three", replicated: false });
  expect(clickhouseAddress("clickhouse://a/t?cluster=c&replicated=true").layout).toEqual({
    kind: "cluster",
    name: "c",
    replicated: true,
  });
});

test.each([
  ["http://h:8123/db", /^it is no URL of a ClickHouse; expected clickhouse:\/\/user:password@host/],
  ["clickhouse://", /^it is no URL of a ClickHouse/],
  ["clickhouse://h:port/db", /^"h:port" is no host:port/],
  ["clickhouse://a,,b/db?cluster=c", /^"" is no host:port/],
  ["clickhouse://a,b/db", /^it names several servers and no cluster/],
  ["clickhouse://a/db?shards=3", /^"shards" is no option of it/],
  ["clickhouse://a/db?cluster=", /^cluster is "", which is no name of one/],
  ["clickhouse://a/db?cluster=x'y", /^cluster is "x'y", which is no name of one/],
  ["clickhouse://a/db?replicated=true", /^it says replicated and names no cluster/],
  ["clickhouse://a/db?cluster=c&replicated=yes", /^replicated is "yes", which is neither/],
  ["clickhouse://u:50%@a/db", /^the password has a % that stands for nothing/],
])("%s is refused with what is wrong and what is accepted", (text, message) => {
  expect(() => clickhouseAddress(text)).toThrow(message);
  expect(() => clickhouseAddress(text)).toThrow(/expected clickhouse:\/\/.*\?cluster=NAME/);
});

test("any user, password and database can be named", () => {
  fc.assert(
    fc.property(
      fc.tuple(
        fc.string({ unit: "grapheme", minLength: 1 }),
        fc.string({ unit: "grapheme" }),
        fc.string({ unit: "grapheme", minLength: 1 }),
      ),
      ([username, password, database]) => {
        const [u, p, d] = [username, password, database].map(encodeURIComponent);
        const found = clickhouseAddress(`clickhouse://${u}:${p}@h/${d}`);
        expect(found).toMatchObject({ username, password, database });
      },
    ),
  );
});
