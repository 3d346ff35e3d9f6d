#!/usr/bin/env node
// Prints "N passed, N failed" from the test run's own report; a skipped test, a failed check or an empty run is a failure.
import { readFileSync } from "node:fs";

const [report, testStatus, checkStatus] = process.argv.slice(2);

function counts() {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numTotalTests } =
      JSON.parse(readFileSync(report, "utf8"));
    const left = numTotalTests - numPassedTests - numFailedTests;
    return {
      passed: numPassedTests,
      failed: numFailedTests,
      skipped: Math.max(left, numPendingTests + numTodoTests),
    };
  } catch (error) {
    console.error(`no test report: ${error.message}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

const { passed, failed, skipped } = counts();
const problems = [
  skipped > 0 && `${skipped} tests were skipped; here every test must run`,
  passed === 0 && "no test ran",
  testStatus !== "0" && failed === 0 && `the test run ended with status ${testStatus}`,
  checkStatus !== "0" && "npm run check failed",
].filter(Boolean);
for (const problem of problems) console.error(problem);
console.log(`${passed} passed, ${failed + problems.length} failed`);
process.exit(failed + problems.length > 0 ? 1 : 0);
