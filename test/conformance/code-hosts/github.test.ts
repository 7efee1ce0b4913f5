import assert from 'node:assert/strict';
import { strToU8, zipSync } from 'fflate';
import { connectTo } from '../../helpers/github-fake/adapter.ts';
import { startGitHubFake } from '../../helpers/github-fake.ts';
import { codeHostSuite } from '../code-host.suite.ts';

const archiveOf = (files: ReadonlyMap<string, string>) =>
  zipSync(Object.fromEntries([...files].map(([path, text]) => [path, strToU8(text)])));

for (const enterprise of [false, true]) {
  codeHostSuite(enterprise ? 'GitHub Enterprise Server' : 'GitHub', async ({ permissions, artifacts, ...seed }) => {
    const fake = await startGitHubFake({
      ...seed,
      enterprise,
      collaborators: Object.fromEntries(
        Object.entries(permissions ?? {}).map(([user, permission]) => [user, { permission }]),
      ),
      artifacts: [...(artifacts ?? [])].map(([key, files]) => {
        const [runId = '', name = ''] = key.split('/');
        return { runId: Number(runId), name, archive: archiveOf(files) };
      }),
    });
    return {
      host: connectTo(fake),
      comments: () => fake.state.comments.map(({ number, body }) => ({ number, body })),
      close: async () => {
        await fake.close();
        assert.deepEqual(fake.unexpected, []);
      },
    };
  });
}
