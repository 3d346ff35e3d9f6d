/**
 * A program for tests: a ClickHouse server out of the npm package of the embedded engine, whose library still exports the main
 * of `clickhouse local`. `node clickhouse-program.mjs ARGUMENTS`: the arguments of `clickhouse local`. It lives until it is
 * killed, or until its standard input ends, so that it never outlives whoever started it.
 */
import { libchdbPath } from "chdb/libchdb";
import { DataType, load, open } from "ffi-rs";

const serving = [
  "SYSTEM START LISTEN TCP",
  "SYSTEM START LISTEN HTTP",
  // Blocks for as long as standard input is open.
  "SELECT * FROM file('-', 'LineAsString') FORMAT Null",
];

open({ library: "chdb", path: libchdbPath() });
const words = ["clickhouse", ...process.argv.slice(2), "--query", serving.join("; ")];
load({
  library: "chdb",
  funcName: "query_stable_v2",
  retType: DataType.External,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [words.length, words],
});
