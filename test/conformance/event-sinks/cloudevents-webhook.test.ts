import { createWebhookSink } from '../../../src/adapters/events/cloudevents-webhook.ts';
import { createDelivery } from '../../../src/adapters/events/delivery.ts';
import { post } from '../../../src/adapters/events/post.ts';
import { STANDARD_SECRET } from '../../unit/events/fakes.ts';
import { eventSinkSuite } from '../event-sink.suite.ts';

eventSinkSuite('CloudEvents webhook', ({ origin, ...deps }) => {
  const deliver = createDelivery({ ...deps, random: () => 0.5, post, signal: new AbortController().signal });
  return {
    sink: createWebhookSink({ url: `${origin}/in?token=hunter2hunter2`, secret: STANDARD_SECRET }, deliver),
    secrets: ['hunter2hunter2', STANDARD_SECRET],
    settled: async () => undefined,
  };
});
