import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { parseWorkflow } from '../helpers/workflow-file.ts';
import { RULES } from '../helpers/workflow-rules.ts';

const PERF = readFileSync(join(import.meta.dirname, '../../.github/workflows/perf.yml'), 'utf8');
const called = (name: string) => (name === 'perf.yml' ? parseWorkflow(name, PERF) : undefined);

const SHA = 'a'.repeat(40);
const STEPS = (steps: string) => `on: push
permissions: {}
jobs:
  job:
    timeout-minutes: 5
    permissions: {}
    steps:
${steps.replaceAll(/^/gm, '      ')}`;
const CALL = (more: string) => `on: push
permissions: {}
jobs:
  job:
    uses: ./.github/workflows/perf.yml
    permissions: { contents: read, id-token: write, pull-requests: write }
${more.replaceAll(/^/gm, '    ')}`;

// Each row breaks one rule; the second text is the same without the fault.
const PLANTED: readonly [rule: keyof typeof RULES, problem: RegExp, wrong: string, right: string][] = [
  [
    'actionsArePinned',
    /not pinned/,
    STEPS('- uses: actions/checkout@v7'),
    STEPS(`- uses: actions/checkout@${SHA} # v7.0.1`),
  ],
  [
    'actionsArePinned',
    /no comment/,
    STEPS(`- uses: actions/checkout@${SHA}`),
    STEPS(`- uses: actions/checkout@${SHA} # v7.0.1`),
  ],
  ['actionsArePinned', /named by path/, STEPS('- uses: org/cloudrun-perf@v1'), STEPS('- uses: $/')],
  [
    'permissionsAreExplicit',
    /workflow has no/,
    'on: push\njobs: { job: { permissions: {} } }',
    'on: push\npermissions: {}\njobs: { job: { permissions: {} } }',
  ],
  [
    'permissionsAreExplicit',
    /workflow has no/,
    'on: push\npermissions: { contents: read }\njobs: { job: { permissions: {} } }',
    'on: push\npermissions: {}\njobs: { job: { permissions: { contents: read } } }',
  ],
  [
    'permissionsAreExplicit',
    /job job has no list/,
    'on: push\npermissions: {}\njobs: { job: { permissions: write-all } }',
    'on: push\npermissions: {}\njobs: { job: { permissions: {} } }',
  ],
  ['jobsEnd', /no timeout/, 'on: push\njobs: { job: { steps: [] } }', STEPS('- run: "true"')],
  [
    'privilegedEventsRunNothingForeign',
    /checks code out/,
    STEPS(`- uses: actions/checkout@${SHA} # v7.0.1`).replace('on: push', 'on: { pull_request_target: }'),
    STEPS(`- uses: actions/checkout@${SHA} # v7.0.1`).replace('on: push', 'on: { pull_request: }'),
  ],
  [
    'privilegedEventsRunNothingForeign',
    /calls perf.yml/,
    CALL('with: {}').replace('on: push', 'on: { workflow_run: { workflows: [perf] } }'),
    CALL('with: {}'),
  ],
  [
    'scriptsHoldNoExpressions',
    /github\.event\.pull_request\.title/,
    STEPS(`- run: echo "\${{ github.event.pull_request.title }}"`),
    STEPS(`- run: echo "$TITLE"\n  env: { TITLE: '\${{ github.event.pull_request.title }}' }`),
  ],
  [
    'checkoutsLeaveNoToken',
    /persist-credentials/,
    STEPS(`- uses: actions/checkout@${SHA} # v7.0.1`),
    STEPS(`- uses: actions/checkout@${SHA} # v7.0.1\n  with: { persist-credentials: false }`),
  ],
  [
    'artifactsMayBeReplaced',
    /overwrite/,
    STEPS(`- uses: actions/upload-artifact@${SHA} # v7.0.0\n  with: { name: a, if-no-files-found: error }`),
    STEPS(`- uses: actions/upload-artifact@${SHA} # v7.0.0\n  with: { overwrite: true, if-no-files-found: error }`),
  ],
  ['actionInputsExist', /manifests/, STEPS('- uses: $/\n  with: { manifests: . }'), STEPS('- uses: $/')],
  [
    'actionInputsExist',
    /command the value benchmrk/,
    STEPS('- uses: $/\n  with: { command: benchmrk }'),
    STEPS('- uses: $/\n  with: { command: benchmark }'),
  ],
  [
    'actionInputsExist',
    /fail-on the value regression,contracts/,
    STEPS('- uses: $/\n  with: { fail-on: "regression,contracts" }'),
    STEPS('- uses: $/\n  with: { fail-on: "regression,contract" }'),
  ],
  [
    'outputsExist',
    /action's output verdicts/,
    STEPS(`- uses: $/\n  id: perf\n- if: steps.perf.outputs.verdicts != ''`),
    STEPS(`- uses: $/\n  id: perf\n- if: steps.perf.outputs.verdict != ''`),
  ],
  [
    'outputsExist',
    /the step prf/,
    STEPS(`- uses: $/\n  id: perf\n- run: x\n  env: { A: '\${{ steps.prf.outputs.verdict }}' }`),
    STEPS(`- uses: $/\n  id: perf\n- run: x\n  env: { A: '\${{ steps.perf.outputs.verdict }}' }`),
  ],
  [
    'outputsExist',
    /does not need/,
    'on: push\njobs: { a: { outputs: { x: y } }, b: { if: needs.a.outputs.x } }',
    'on: push\njobs: { a: { outputs: { x: y } }, b: { needs: a, if: needs.a.outputs.x } }',
  ],
  [
    'outputsExist',
    /output z of a/,
    'on: push\njobs: { a: { outputs: { x: y } }, b: { needs: a, if: needs.a.outputs.z } }',
    'on: push\njobs: { a: { outputs: { x: y } }, b: { needs: a, if: needs.a.outputs.x } }',
  ],
  [
    'outputsExist',
    /output states of a/,
    'on: push\njobs: { a: { uses: ./.github/workflows/perf.yml }, b: { needs: [a], if: needs.a.outputs.states } }',
    'on: push\njobs: { a: { uses: ./.github/workflows/perf.yml }, b: { needs: [a], if: needs.a.outputs.summary } }',
  ],
  ['outputsExist', /needs c/, 'on: push\njobs: { a: { needs: c } }', 'on: push\njobs: { a: { needs: c }, c: {} }'],
  [
    'workflowOutputsExist',
    /jobs\.a\.outputs\.z/,
    `on: { workflow_call: { outputs: { z: { value: '\${{ jobs.a.outputs.z }}' } } } }\njobs: { a: {} }`,
    `on: { workflow_call: { outputs: { z: { value: '\${{ jobs.a.outputs.z }}' } } } }\njobs: { a: { outputs: { z: y } } }`,
  ],
  [
    'inputsAndSecretsExist',
    /input suit /,
    `on: { workflow_dispatch: { inputs: { suite: {} } } }\njobs: { a: { with: { suite: '\${{ inputs.suit }}' } } }`,
    `on: { workflow_dispatch: { inputs: { suite: {} } } }\njobs: { a: { with: { suite: '\${{ inputs.suite }}' } } }`,
  ],
  [
    'inputsAndSecretsExist',
    /secret slak /,
    `on: { workflow_call: { secrets: { slack: {} } } }\njobs: { a: { env: { A: '\${{ secrets.slak }}' } } }`,
    `on: { workflow_call: { secrets: { slack: {} } } }\njobs: { a: { env: { A: '\${{ secrets.slack }}' } } }`,
  ],
  ['callsFit', /input suites/, CALL('with: { suites: quick }'), CALL('with: { suite: quick }')],
  ['callsFit', /all no boolean/, CALL("with: { all: 'true' }"), CALL('with: { all: true }')],
  ['callsFit', /secret token/, CALL('secrets: { token: x }'), CALL('secrets: { webhook-secret: x }')],
  [
    'callsFit',
    /does not grant perf.yml pull-requests: write/,
    CALL('').replace('pull-requests: write', 'pull-requests: read'),
    CALL(''),
  ],
  ['callsFit', /calls prf.yml/, CALL('').replace('/perf.yml', '/prf.yml'), CALL('')],
  [
    'measuredCodeMeetsNoSecrets',
    /holds a secret/,
    STEPS(`- uses: $/\n  with: { command: benchmark }\n  env: { A: '\${{ secrets.slack }}' }`),
    STEPS(`- uses: $/\n  with: { command: report }\n  env: { A: '\${{ secrets.slack }}' }`),
  ],
  [
    'measuredCodeMeetsNoSecrets',
    /may write pull-requests/,
    STEPS('- uses: $/\n  with: { command: benchmark }').replace(
      'permissions: {}\n    steps',
      'permissions: { pull-requests: write }\n    steps',
    ),
    STEPS('- uses: $/\n  with: { command: benchmark }').replace(
      'permissions: {}\n    steps',
      'permissions: { id-token: write }\n    steps',
    ),
  ],
];

suite('every rule finds what is planted', () => {
  for (const [name, problem, wrong, right] of PLANTED) {
    test(`${name}: ${problem.source}`, () => {
      const rule = RULES[name] ?? assert.fail(`found no rule ${name}`);
      assert.match(rule(parseWorkflow('wrong.yml', wrong), called).join('\n'), problem);
      assert.deepEqual(rule(parseWorkflow('right.yml', right), called), []);
    });
  }
  test('no rule is without a planted fault', () => {
    assert.deepEqual([...new Set(PLANTED.map(([name]) => name))].sort(), Object.keys(RULES).sort());
  });
});
