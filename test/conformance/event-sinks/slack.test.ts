import { createDelivery } from '../../../src/adapters/events/delivery.ts';
import { post } from '../../../src/adapters/events/post.ts';
import { createSlackSink } from '../../../src/adapters/events/slack.ts';
import { eventSinkSuite } from '../event-sink.suite.ts';

eventSinkSuite('Slack', ({ origin, ...deps }) => {
  const deliver = createDelivery({ ...deps, random: () => 0.5, post, signal: new AbortController().signal });
  return {
    sink: createSlackSink(`${origin}/services/T0/B0/hunter2hunter2`, deliver),
    secrets: ['hunter2hunter2'],
    settled: async () => undefined,
  };
});
