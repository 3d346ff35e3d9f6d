import { programVersion } from "../version.ts";

/** A CI job, as a file of its own. */
interface CiFile {
  readonly file: string;
  readonly text: string;
}

/** A step at a folder that is not the top of the repository. */
function within(prefix: string, indent: string): string {
  return prefix === "" ? "" : `\n${indent}working-directory: ${prefix}`;
}

/**
 * The workflow of GitHub: every pull request, the merge queue, and every night, when providers may have changed what nobody deployed. It
 * has no path filter: a job that is skipped counts as passed.
 *
 * @param prefix  the folder of `rootward.yaml` from the top of the repository; "" for the top
 * @source evals.md 3.2
 */
export function githubWorkflow(prefix: string): CiFile {
  const at = within(prefix, "        ");
  return {
    file: ".github/workflows/rootward.yml",
    text: `name: eval gate
on:
  pull_request: {}
  merge_group: {}
  schedule: [{cron: "17 4 * * *"}]
  workflow_dispatch: {}
permissions: {contents: read}
jobs:
  gate:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@v4
        with: {fetch-depth: 0} # the gate compares with the merge base
      - uses: actions/setup-node@v4
        with: {node-version: 20}
      - run: npm ci # what your agent needs to run${at}
      - run: npx rootward@${programVersion()} gate --base "$BASE" --junit gate.xml --json gate.json${at}
        env:
          BASE: \${{ github.event.pull_request.base.sha || github.event.merge_group.base_sha }}
          # OPENAI_API_KEY: \${{ secrets.EVAL_KEY }}
      - uses: actions/upload-artifact@v4
        if: always()
        with: {name: gate, path: "**/gate.*"}
`,
  };
}

/** The job of GitLab, to be included by `.gitlab-ci.yml`. */
export function gitlabJob(prefix: string): CiFile {
  const enter = prefix === "" ? "" : `\n    - cd ${prefix}`;
  const here = prefix === "" ? "" : `${prefix}/`;
  return {
    file: ".gitlab/rootward.yml",
    text: `eval gate:
  image: node:20
  timeout: 20 minutes
  variables:
    GIT_DEPTH: 0 # the gate compares with the merge base
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_PIPELINE_SOURCE == "schedule"
  script:${enter}
    - npm ci # what your agent needs to run
    - npx rootward@${programVersion()} gate --base "$CI_MERGE_REQUEST_DIFF_BASE_SHA" --junit gate.xml --json gate.json
  artifacts:
    when: always
    paths: [${here}gate.json]
    reports: {junit: ${here}gate.xml}
`,
  };
}
