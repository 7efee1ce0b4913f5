import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createWebhookSink, toCloudEvent } from '../../../src/adapters/events/cloudevents-webhook.ts';
import type { Message } from '../../../src/adapters/events/post.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import type { RunEvent } from '../../../src/domain/event.ts';
import { exampleEvent, SECRET_TEXT, STANDARD_SECRET } from './fakes.ts';

const ROOT = join(import.meta.dirname, '../../..');
const page = readFileSync(join(ROOT, 'docs/notifications.md'), 'utf8');
const block = (language: string) =>
  new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(page)?.[1] ?? assert.fail(`no ${language} in the page`);

test('the configuration of the page is valid, and shows the defaults', () => {
  const config = JSON.parse(readFileSync(join(ROOT, 'contracts/schemas/config.schema.json'), 'utf8')) as object;
  const load = (text: string) => loadConfig({ text: `version: "1.0"\n${text}`, env: {}, flags: {} }, { config });
  assert.deepEqual(load(block('yaml')).notifications, load('').notifications);
});

test('the event of the page is the one that is sent', () => {
  const shown = JSON.parse(block('json')) as { id: string; time: string; data: Omit<RunEvent, 'type' | 'id' | 'time'> };
  const { id, time, data } = shown;
  assert.deepEqual(toCloudEvent({ ...data, type: 'regression.found', id, time }), shown);
});

test('the verifier of the page takes what is sent, and nothing else', async () => {
  const source = `${block('js')}\nexport { isGenuine };`;
  const { isGenuine } = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as {
    isGenuine(headers: Readonly<Record<string, string>>, body: string, secret: string): boolean;
  };
  for (const secret of [STANDARD_SECRET, SECRET_TEXT]) {
    const messages: Message[] = [];
    const sink = createWebhookSink({ url: 'https://x', secret }, async (_destination, _event, write) => {
      messages.push(write(Date.now()), write(Date.now() - 400_000));
    });
    await sink.send(exampleEvent());
    const [fresh, old] = messages;
    assert.ok(fresh !== undefined && old !== undefined);
    assert.equal(isGenuine(fresh.headers, fresh.body, secret), true);
    assert.equal(isGenuine(old.headers, old.body, secret), false);
    assert.equal(isGenuine(fresh.headers, `${fresh.body} `, secret), false);
    assert.equal(isGenuine(fresh.headers, fresh.body, 'another secret, long enough'), false);
    assert.equal(isGenuine({ ...fresh.headers, 'webhook-id': 'x' }, fresh.body, secret), false);
    assert.equal(isGenuine({}, fresh.body, secret), false);
  }
});
