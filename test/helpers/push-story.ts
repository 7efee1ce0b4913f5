import assert from 'node:assert/strict';
import type { ServiceProcess } from './webhook-check.ts';

interface Received {
  readonly ackId: string;
  readonly message: { readonly data?: string; readonly attributes?: Readonly<Record<string, string>> };
}

/**
 * A queue worker behind a real push subscription with a dead-letter topic: what it refuses comes again, what is no job ends
 * in the dead-letter topic, and each job has one result, in the order of its key. `results` is the topic that it
 * publishes to.
 */
export async function pushStory(
  pubsubHost: string,
  project: string,
  results: string,
  worker: Pick<ServiceProcess, 'origin'>,
  // Google's emulator leaves the ordering key out of pushes; the service and ours do not.
  { ordered = true }: { readonly ordered?: boolean } = {},
): Promise<void> {
  const base = `projects/${project}`;
  const name = (part: string) => `${results}-${part}`;
  const names = {
    jobs: name('jobs'),
    dead: name('dead'),
    results: name('seen'),
    lost: name('lost'),
    push: name('push'),
  };
  async function rest(method: string, path: string, body: unknown): Promise<Record<string, unknown>> {
    const response = await fetch(`http://${pubsubHost}/v1/${base}/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    assert.equal(response.status, 200, `${method} ${path}: ${await response.clone().text()}`);
    return (await response.json()) as Record<string, unknown>;
  }

  /** Pulls until there are so many, and acknowledges them. */
  async function received(subscription: string, count: number): Promise<readonly Received['message'][]> {
    const all: Received[] = [];
    while (all.length < count) {
      const { receivedMessages = [] } = await rest('POST', `subscriptions/${subscription}:pull`, { maxMessages: 10 });
      const some = receivedMessages as readonly Received[];
      if (some.length === 0) continue;
      await rest('POST', `subscriptions/${subscription}:acknowledge`, { ackIds: some.map(({ ackId }) => ackId) });
      all.push(...some);
    }
    return all.map(({ message }) => message);
  }
  const publish = (...drafts: readonly { readonly job: unknown; readonly orderingKey?: string }[]) =>
    rest('POST', `topics/${names.jobs}:publish`, {
      messages: drafts.map(({ job, ...rest_ }) => ({
        data: Buffer.from(JSON.stringify(job)).toString('base64'),
        ...rest_,
      })),
    });
  const textOf = ({ data = '' }: Received['message']) => Buffer.from(data, 'base64').toString();

  for (const topic of [names.jobs, names.dead]) await rest('PUT', `topics/${topic}`, {});
  const watch = (id: string, topic: string) => rest('PUT', `subscriptions/${id}`, { topic: `${base}/topics/${topic}` });
  await watch(names.results, results);
  await watch(names.lost, names.dead);
  await rest('PUT', `subscriptions/${names.push}`, {
    topic: `${base}/topics/${names.jobs}`,
    pushConfig: { pushEndpoint: `${worker.origin}/push` },
    retryPolicy: { minimumBackoff: '0.1s', maximumBackoff: '0.2s' },
    deadLetterPolicy: { deadLetterTopic: `${base}/topics/${names.dead}`, maxDeliveryAttempts: 5 },
    enableMessageOrdering: ordered,
  });

  const poison = { type: 'sum', numbers: [1] };
  await publish(
    { job: { job_id: 'plain', type: 'sum', numbers: [40, 2] } },
    { job: { job_id: 'flaky', type: 'flaky', succeeds_at: 3 } },
    { job: poison },
    ...(ordered ? ['a', 'b', 'c'] : []).map((text) => ({
      job: { job_id: text, type: 'append', text },
      orderingKey: 'story',
    })),
  );
  const done = (await received(names.results, ordered ? 5 : 2)).map((message) => JSON.parse(textOf(message)));
  const byId = Object.fromEntries(done.map(({ job_id: id, result }) => [id, result]));
  assert.deepEqual(byId, { plain: 42, flaky: 3, ...(ordered ? { a: 'a', b: 'ab', c: 'abc' } : {}) });

  const [lost] = await received(names.lost, 1);
  assert.deepEqual(JSON.parse(textOf(lost ?? {})), poison);
  assert.equal(lost?.attributes?.CloudPubSubDeadLetterSourceSubscription, names.push);
  // A result too many would have been there by now: everything before it has been answered for long.
  const late = await rest('POST', `subscriptions/${names.results}:pull`, { maxMessages: 10, returnImmediately: true });
  assert.deepEqual(late, {});
}
