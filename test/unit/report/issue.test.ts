import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findings } from '../../../src/report/findings.ts';
import { issueBody, issueClosing, issueMarker, issueTitle } from '../../../src/report/issue.ts';
import { pullRequestRun, quietRun } from '../../helpers/example-pull-request.ts';
import { exampleResults } from '../../helpers/example-run.ts';
import { hostileRun } from '../../helpers/hostile-run.ts';

const { metadata, results } = pullRequestRun();
const group = results[0] ?? exampleResults([]);

test('markers are of one implementation each, and cannot be ended by a name', () => {
  assert.equal(issueMarker('rest-crud', 'go-gin'), '<!-- cloudrun-perf issue id=rest-crud/go-gin -->');
  const names = ['go-gin', 'GO-GIN', '--> <script>', 'a--b', 'a/b', '', 'x\ny', 'ö'];
  const markers = names.map((name) => issueMarker('t', name));
  assert.equal(new Set(markers).size, names.length);
  for (const marker of markers) assert.match(marker, /^<!-- cloudrun-perf issue id=t\/[a-z0-9.-]+ -->$/);
});

test('the title says what and of whom, and nothing that changes from run to run', () => {
  const [slow, broken] = findings(pullRequestRun());
  assert.ok(slow !== undefined && broken !== undefined);
  assert.equal(issueTitle(slow), 'Performance regression: java-spring3 (discord-webhook)');
  assert.equal(issueTitle(broken), 'Contract failure: php-laravel (discord-webhook)');
  assert.equal(
    issueTitle({ ...slow, profile: 'large' }),
    'Performance regression: java-spring3 (discord-webhook, profile large)',
  );
});

test('the body is about one implementation', () => {
  const body = issueBody(metadata, group, 'java-spring3');
  assert.ok(body.startsWith(issueMarker('discord-webhook', 'java-spring3')));
  assert.match(body, /^- java-spring3 starts 31 % slower from zero/m);
  assert.match(
    body,
    /\[run 20261121-130000-abcd\]\(https:\/\/github\.com\/org\/discord-services\/actions\/runs\/1234567\)/,
  );
  assert.match(body, /--impl java-spring3$/m);
  assert.doesNotMatch(body, /php-laravel|rust-axum/);
});

test('each profile has an issue of its own', () => {
  const body = issueBody(metadata, { ...group, profile: 'large' }, 'java-spring3');
  assert.ok(body.startsWith(issueMarker('discord-webhook.large', 'java-spring3')));
  assert.match(body, /discord-webhook, profile large/);
});

test('closing says what was measured', () => {
  const quiet = quietRun();
  const text = issueClosing(quiet.metadata, quiet.results[0] ?? group, 'java-spring3');
  assert.match(text, /^java-spring3 of discord-webhook is fixed\. Seen in \[run /);
  assert.match(text, /^- Cold start: 100 → 101 ms \(\+1 % \\\[-3 %, \+5 %\\\]\), no change$/m);
});

test('hostile names and reasons keep to the limits and to one line in the title', () => {
  for (const text of ['x'.repeat(10_000_000), '$'.repeat(1000), '@octocat #1 GH-2\n']) {
    const run = hostileRun(text);
    const [hostileGroup] = run.results;
    assert.ok(hostileGroup !== undefined);
    for (const finding of findings(run)) {
      assert.doesNotMatch(issueTitle(finding), /@\w|#\d|GH-\d|[\n\r]/);
      assert.ok(issueTitle(finding).length <= 256);
      const body = issueBody(run.metadata, hostileGroup, finding.implementation);
      assert.ok(body.length <= 60_000, `${body.length}`);
      assert.ok(body.startsWith('<!-- cloudrun-perf issue id='));
      assert.ok(issueClosing(run.metadata, hostileGroup, finding.implementation).length <= 60_000);
    }
  }
});
