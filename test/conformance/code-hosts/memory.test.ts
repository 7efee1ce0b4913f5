import { createMemoryCodeHost } from '../../helpers/memory-code-host.ts';
import { codeHostSuite } from '../code-host.suite.ts';

codeHostSuite('memory', async (seed) => {
  const host = createMemoryCodeHost(seed);
  return {
    host,
    comments: () => host.comments.map(({ number, body }) => ({ number, body })),
    close: async () => undefined,
  };
});
