import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { secretValues } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { formatError, UsageError } from '../../../src/domain/errors.ts';
import { signingKey } from '../../../src/domain/notifications.ts';

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../contracts/schemas/config.schema.json'), 'utf8'),
) as object;

const SLACK = 'https://hooks.slack.example/services/T00000000/B00000000/abcdefghijklmnopqrstuvwx';
const HOOK = 'https://events.example.com/in?token=0123456789abcdef';
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
type Env = Readonly<Record<string, string>>;

const load = (notifications: string, env: Env = {}) =>
  loadConfig(
    { text: `version: "1.0"\nnotifications: ${notifications}\n`, file: 'c.yaml', env, flags: {} },
    { config: schema },
  );

const FROM_ENV = `{slack_webhook: "\${SLACK}", webhook: {url: "\${HOOK}", secret: "\${SECRET}"}}`;

function refusal(notifications: string, env: Env = {}): string {
  try {
    load(notifications, env);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return formatError(error);
  }
  return assert.fail(`accepted: ${notifications}`);
}

test('what is told unless somebody asks otherwise', () => {
  const standard = { onStart: false, onRegression: true, onCompletion: false, onFailure: true };
  assert.deepEqual(load('{}').notifications, standard);
  assert.deepEqual(loadConfig({ env: {}, flags: {} }, { config: schema }).notifications, standard);
  assert.deepEqual(
    load('{on_start: true, on_regression: false, on_completion: true, on_failure: false}').notifications,
    {
      onStart: true,
      onRegression: false,
      onCompletion: true,
      onFailure: false,
    },
  );
});

test('addresses and secret come from the environment, without the white space around them', () => {
  const { secrets } = load(FROM_ENV, { SLACK: `${SLACK}\n`, HOOK, SECRET: ` ${SECRET}\r\n` });
  assert.deepEqual(secrets, { slackWebhook: SLACK, webhookUrl: HOOK, webhookSecret: SECRET });
});

test('empty is absent: a fork gets no secrets', () => {
  const cases: readonly [string, Env][] = [
    [FROM_ENV, { SLACK: '', HOOK: '', SECRET: '' }],
    [FROM_ENV, { SLACK: ' \n', HOOK: ' ', SECRET: '\n' }],
    ['{slack_webhook: "", webhook: {url: "", secret: ""}}', {}],
    ['{slack_webhook: , webhook: {url: , secret: }}', {}],
    ['{webhook: {}}', {}],
  ];
  for (const [text, env] of cases) {
    const config = load(text, env);
    assert.deepEqual(config.secrets, {}, text);
    assert.deepEqual(config.warnings, []);
    assert.deepEqual(secretValues(config), []);
  }
});

test('a secret without its address is told', () => {
  assert.deepEqual(load(FROM_ENV, { SLACK: '', HOOK: '', SECRET }).warnings, [
    'notifications.webhook has a secret and no url: nothing is sent there',
  ]);
});

test('which addresses and secrets are refused, with one error each and without the value', () => {
  const hidden = 'hunter2hunter2';
  const url = (value: string) => `{webhook: {url: "${value}", secret: ${SECRET}}}`;
  const secret = (value: string) => `{webhook: {url: "${HOOK}", secret: "${value}"}}`;
  const bytes = (count: number) => `whsec_${Buffer.alloc(count, 200).toString('base64')}`;
  const cases: readonly [string, RegExp][] = [
    [
      `{slack_webhook: "http://hooks.example.com/${hidden}"}`,
      /yaml:2:\d+: found a masked value at \/notifications\/slack_webhook, wanted an https/,
    ],
    [`{slack_webhook: "${hidden}"}`, /masked value.*wanted an https:\/\/ URL/],
    [`{slack_webhook: "https://me:${hidden}@hooks.example.com/x"}`, /masked value.*without user name and password/],
    [url(`http://events.example.com/${hidden}`), /masked value at \/notifications\/webhook\/url, wanted an https/],
    [url(`http://127.0.0.1.example.com/${hidden}`), /wanted an https/],
    [url(`http://127.0.0.1@${hidden}.example.com/`), /wanted an https/],
    [url(`http://10.0.0.1/${hidden}`), /wanted an https/],
    [url(`ftp://127.0.0.1/${hidden}`), /wanted an https/],
    [url(`https://${hidden}@events.example.com/`), /without user name/],
    [
      `{webhook: {url: "https://events.example.com/${hidden}"}}`,
      /found \/notifications\/webhook\/url without a secret, wanted both or neither\n {2}hint: Keep both in secrets/,
    ],
    [`{webhook: {url: "https://events.example.com/${hidden}", secret: ""}}`, /without a secret/],
    [secret('hunter2hunter2'), /masked value at \/notifications\/webhook\/secret, wanted whsec_/],
    [secret(`whsec_${hidden}`), /wanted whsec_/],
    [secret(`whsec_${hidden}!${hidden}!${hidden}`), /wanted whsec_/],
    [secret(bytes(23)), /wanted whsec_/],
    [secret(bytes(65)), /wanted whsec_/],
    [
      `{webhook: "https://events.example.com/${hidden}"}`,
      /found "\*\*\*" at \/notifications\/webhook, wanted an object with url and secret/,
    ],
    [`{slack_webhook: ["${hidden}"]}`, /found a list of 1/],
    [`{webhook: {uri: "${hidden}"}}`, /unknown key "uri".*\n.*Did you mean "url"/],
  ];
  for (const [text, expected] of cases) {
    const said = refusal(text);
    assert.match(said, expected, text);
    assert.match(said, /this configuration has 1 problem /, text);
    for (const value of [hidden, bytes(23), bytes(65)]) assert.ok(!said.includes(value), said);
  }
  const fromEnv = refusal(FROM_ENV, { SLACK: `http://x/${hidden}`, HOOK: `http://y/${hidden}`, SECRET: hidden });
  assert.match(fromEnv, /this configuration has 3 problems/);
  assert.doesNotMatch(fromEnv, /hunter2/);
});

test('plain HTTP reaches this machine only', () => {
  for (const host of ['127.0.0.1:8080', 'localhost:9', '127.1', 'LOCALHOST']) {
    const address = `http://${host}/hook`;
    assert.equal(load(`{webhook: {url: "${address}", secret: ${SECRET}}}`).secrets.webhookUrl, address);
  }
});

test('everything secret is masked, also in parts', () => {
  const masked = secretValues(load(FROM_ENV, { SLACK, HOOK, SECRET }));
  const key = SECRET.slice('whsec_'.length);
  assert.deepEqual(masked, [SLACK, HOOK, SECRET, 'abcdefghijklmnopqrstuvwx', '0123456789abcdef', key]);
});

test('the key of a secret', () => {
  const cases: readonly [string, number | undefined][] = [
    [SECRET, 32],
    [`whsec_${Buffer.alloc(24, 250).toString('base64')}`, 24],
    [`whsec_${Buffer.alloc(64, 250).toString('base64').replaceAll('=', '')}`, 64],
    [`whsec_${Buffer.alloc(32, 250).toString('base64url')}`, undefined],
    ['whsec_', undefined],
    ['any text of 16 c', 16],
    ['any text of 15c', undefined],
    ['grüße an alle Leute', 21],
  ];
  for (const [secret, bytes] of cases) assert.equal(signingKey(secret)?.length, bytes, secret);
  assert.deepEqual([...(signingKey(SECRET) ?? [])], Array(32).fill(7));
});
