import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { jobSummary, SUMMARY_LIMIT_BYTES } from '../../../src/report/job-summary.ts';
import { runJson } from '../../../src/report/json.ts';
import { runMarkdown } from '../../../src/report/markdown.ts';
import { sweepTable } from '../../../src/report/sweep.ts';
import { runTerminal } from '../../../src/report/terminal.ts';
import { pullRequestRun, sweepRun } from '../../helpers/example-pull-request.ts';
import { exampleImplementation, exampleResults, exampleRun, variedRun } from '../../helpers/example-run.ts';
import { hostileRun } from '../../helpers/hostile-run.ts';

const bytes = (text: string) => Buffer.byteLength(text, 'utf8');

const crowd = exampleRun(
  Array.from({ length: 60 }, (_, index) =>
    exampleResults(
      Array.from({ length: 40 }, (__, number) =>
        exampleImplementation(
          `crowd-${index}-${number}`,
          { head: { coldMs: number, warmMs: 1 } },
          {
            state: 'not measured',
            reason: 'ö'.repeat(200),
          },
        ),
      ),
      undefined,
      { serviceType: `type-${index}` },
    ),
  ),
);

test('a summary that fits is the whole report', () => {
  const plain = (text: string) => text.replaceAll('&nbsp;', ' ');
  assert.equal(plain(jobSummary(pullRequestRun())), runMarkdown(pullRequestRun()));
});

test('limits are of bytes, whatever is in the run', () => {
  for (const run of [pullRequestRun(), variedRun(), sweepRun(), hostileRun(), hostileRun('€'.repeat(500)), crowd]) {
    for (const limit of [1000, 10_000, SUMMARY_LIMIT_BYTES]) {
      const text = jobSummary(run, limit);
      assert.ok(bytes(text) <= limit, `${bytes(text)} of ${limit}`);
      assert.match(text, /## Cloud Run performance/);
    }
  }
  assert.ok(bytes(runMarkdown(crowd)) > SUMMARY_LIMIT_BYTES, 'the crowd does not fit as it is');
});

test('what is left out is named', () => {
  const text = jobSummary(pullRequestRun(), 6000);
  assert.match(text, /^Shortened for length: .*environment/m);
  assert.doesNotMatch(text, /<summary>Environment/);
  assert.match(text, /java-spring3 starts 31 % slower/);
});

test('a sweep has a row an implementation and profile', () => {
  assert.deepEqual(sweepTable(sweepRun()).split('\n').slice(2), [
    '| Implementation | Profile | CPU | Memory | Boost | Concurrency | Cold start p50 | Warm p50 | Requests/s |',
    '|---|---|--:|--:|--:|--:|--:|--:|--:|',
    '| go-gin | small | 1 | 512Mi | yes | 80 | 248 ms | 1.10 ms | 3670/s |',
    '| go-gin | large | 2 | 1Gi | no | 80 | 153 ms | 0.70 ms | 5797/s |',
    '| node-http | small | 1 | 512Mi | yes | 80 | 522 ms | 1.10 ms | 3670/s |',
    '| node-http | large | 2 | 1Gi | no | 80 | 317 ms | 0.70 ms | 5797/s |',
  ]);
});

test('one profile is no sweep', () => {
  assert.equal(sweepTable(pullRequestRun()), '');
  const [first] = sweepRun().results;
  assert.equal(sweepTable(exampleRun(first === undefined ? [] : [first])), '');
});

test('a profile without numbers says why', () => {
  const { metadata, results } = sweepRun();
  const broken = results.map((group, index) =>
    index === 0
      ? group
      : {
          ...group,
          implementations: group.implementations.map((result) => ({ ...result, state: 'not measured' as const })),
        },
  );
  assert.match(sweepTable({ metadata, results: broken }), /\| go-gin \| large \| 2 .*\| not measured \| – \| – \|/);
});

test('every format names the profile of a group', () => {
  const run = sweepRun();
  for (const text of [runMarkdown(run), runTerminal(run)]) {
    assert.match(text, /discord-webhook, profile small: 2 new/);
    assert.match(text, /discord-webhook, profile large: 2 new/);
    assert.match(text, /Profiles of discord-webhook/);
  }
  const { serviceTypes } = JSON.parse(runJson(run));
  assert.deepEqual(
    serviceTypes.map(({ profile }: { readonly profile: string }) => profile),
    ['small', 'large'],
  );
});
