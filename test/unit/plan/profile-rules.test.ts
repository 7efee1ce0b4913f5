import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_PROFILE } from '../../../src/config/profiles.ts';
import type { Probe, Profile } from '../../../src/domain/profile.ts';
import { memoryBytes, plainSecrets, profileProblems } from '../../../src/plan/profile-rules.ts';

const probe: Probe = {
  type: 'http',
  path: '/health',
  initialDelaySeconds: 0,
  timeoutSeconds: 1,
  periodSeconds: 10,
  failureThreshold: 3,
};
const secret = { secret: 's', version: '1' };

test('profiles that Cloud Run accepts have no problem', () => {
  const accepted: Partial<Profile>[] = [
    {},
    { cpu: '8', memory: '32Gi' },
    { cpu: '0.5', memory: '1Gi', concurrency: 1, executionEnvironment: 'gen1' },
    { cpu: '0.08', memory: '128Mi', concurrency: 1, executionEnvironment: 'gen1' },
    { env: { A: '1' }, secrets: { B: secret }, startupProbe: probe, livenessProbe: probe },
    { startupProbe: { ...probe, periodSeconds: 24, failureThreshold: 10, timeoutSeconds: 24 } },
    { livenessProbe: { ...probe, periodSeconds: 600 } },
  ];
  for (const change of accepted) assert.deepEqual(profileProblems({ ...DEFAULT_PROFILE, ...change }), []);
});

test('each rule of the server is told once, with what was found', () => {
  const refused: readonly (readonly [Partial<Profile>, RegExp])[] = [
    [{ cpu: '1', memory: '8Gi' }, /^Cloud Run gives cpu 1 at most 4096Mi of memory, found 8Gi$/],
    [{ memory: '256Mi' }, /^Cloud Run wants at least 512Mi of memory in gen2, found 256Mi$/],
    [{ memory: '64Mi', executionEnvironment: 'gen1' }, /at least 128Mi of memory in gen1/],
    [{ minInstances: 2 }, /^min_instances 2 is more than max_instances 1$/],
    [{ env: { PORT: '1' } }, /^the variable PORT is set by the platform/],
    [{ secrets: { K_SERVICE: secret } }, /^the variable K_SERVICE is set by the platform/],
    [{ env: { A: '1' }, secrets: { A: secret } }, /^the variable A is both in env and in secrets$/],
    [{ livenessProbe: { ...probe, type: 'tcp' } }, /TCP probes for start-up only/],
    [{ startupProbe: { ...probe, timeoutSeconds: 11 } }, /^startup_probe has a timeout of 11 s, more than .* 10 s$/],
    [{ startupProbe: { ...probe, failureThreshold: 25 } }, /^startup_probe may fail for 250 s, Cloud Run allows 240$/],
    [{ startupProbe: { ...probe, initialDelaySeconds: 241 } }, /^startup_probe waits 241 s/],
  ];
  for (const [change, expected] of refused) {
    const problems = profileProblems({ ...DEFAULT_PROFILE, ...change });
    assert.equal(problems.length, 1, JSON.stringify(problems));
    assert.match(problems[0] ?? '', expected);
  }
});

test('names of secrets are known from names of settings', () => {
  const names = (env: Record<string, string>) => plainSecrets({ env });
  assert.deepEqual(names({ TOKEN: 'x', DB_PASSWORD: 'x', api_key: 'x', AWS_SECRET: 'x' }).length, 4);
  assert.deepEqual(names({ MAX_TOKENS: '9', DISCORD_PUBLIC_KEY: 'x', KEY: 'k', SECRETARY: 'x', TOKEN: '' }), []);
  assert.deepEqual(plainSecrets({}), []);
  assert.deepEqual([memoryBytes('512Mi'), memoryBytes('2Gi')], [2 ** 29, 2 ** 31]);
});
