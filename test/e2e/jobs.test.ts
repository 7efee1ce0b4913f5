import { test } from 'node:test';
import { jobRunnerSuite } from '../conformance/job-runner.suite.ts';
import { LOAD_ACCOUNT, openPlace, SKIP, WHERE } from './place.ts';

/** What jobs of the emulator are held to, held against the original. */
if (WHERE === undefined) test('jobs: Cloud Run', { skip: SKIP }, () => undefined);
else
  jobRunnerSuite(`Cloud Run, ${WHERE}`, async () => {
    const place = await openPlace();
    const { jobs } = place.platform;
    if (jobs === undefined) throw new Error('the platform has no jobs');
    const account = WHERE === 'google' ? { serviceAccount: LOAD_ACCOUNT } : {};
    return { ...place, ...account, jobs, startMs: WHERE === 'google' ? 30_000 : 300 };
  });
