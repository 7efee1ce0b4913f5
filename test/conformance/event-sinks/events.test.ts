import { createEvents } from '../../../src/adapters/events/events.ts';
import { STANDARD_SECRET } from '../../unit/events/fakes.ts';
import { eventSinkSuite } from '../event-sink.suite.ts';

const ALL = { onStart: true, onRegression: true, onCompletion: true, onFailure: true };

eventSinkSuite('queue as it is configured', ({ origin, ...deps }) => {
  const webhookUrl = `${origin}/in?token=hunter2hunter2`;
  const secrets = { webhookUrl, webhookSecret: STANDARD_SECRET };
  const sink = createEvents(ALL, secrets, { ...deps, masked: Object.values(secrets), random: () => 0.5 });
  return { sink, secrets: ['hunter2hunter2', STANDARD_SECRET], settled: () => sink.flush() };
});

eventSinkSuite(
  'queue without an address',
  (deps) => {
    const sink = createEvents(ALL, {}, { ...deps, masked: [] });
    return { sink, secrets: [], settled: () => sink.flush() };
  },
  { silent: true },
);
