import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { startReference } from '../helpers/type-check.ts';

const REFERENCE = join(import.meta.dirname, '../fixtures/services/graphql/implementations/node-graphql-js');

test('the reference keeps every MUST of GraphQL over HTTP', { timeout: 60_000 }, async (t) => {
  const service = await startReference(['node', 'server.js'], REFERENCE);
  try {
    const audits = serverAudits({ url: `${service.origin}/graphql`, fetchFn: fetch });
    const results = await Promise.all(audits.map((audit) => audit.fn()));
    const broken = results.flatMap((result) => (result.status === 'error' ? [`${result.name}: ${result.reason}`] : []));
    assert.deepEqual(broken, []);
    assert.ok(audits.length >= 60, String(audits.length));
    const counts = Object.groupBy(results, ({ status }) => status);
    t.diagnostic(
      `${counts.ok?.length} ok, ${counts.warn?.length ?? 0} warnings, ${counts.notice?.length ?? 0} notices`,
    );
    for (const { name, status } of results.filter(({ status }) => status !== 'ok')) t.diagnostic(`${status}: ${name}`);
  } finally {
    await service.stop();
  }
});
