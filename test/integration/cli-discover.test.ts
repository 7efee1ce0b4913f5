import assert from 'node:assert/strict';
import { cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { git, newWorkspace, placeRepository, runTool } from '../helpers/cli.ts';

const workspace = newWorkspace();
let repository = '';
let commit = '';

before(() => {
  repository = placeRepository(workspace, 'pipeline', 'right');
  const manifest = join(repository, 'manifest.yaml');
  const first = readFileSync(manifest, 'utf8');
  git(repository, 'init', '-q', '-b', 'main');
  git(repository, 'add', '-A');
  git(repository, 'commit', '-qm', 'one');
  git(repository, 'tag', 'v1');
  commit = git(repository, 'rev-parse', 'HEAD');
  writeFileSync(manifest, first.replace('name: broken', 'name: broken-later'));
  git(repository, 'commit', '-qam', 'two');
});
after(() => workspace.remove());

function configure(name: string, ttl: string, ref: string): void {
  const url = pathToFileURL(repository).href;
  writeFileSync(
    join(workspace.directory, name),
    `version: "1.0"\nservice_repositories: [{ url: "${url}", ref: ${ref}, type: discord-webhook }]\ndiscovery: { cache_ttl: ${ttl} }\n`,
  );
}

async function discover(...args: string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const ended = await runTool(workspace, ['discover', ...args]);
  assert.equal(ended.code, 0, ended.stderr);
  return ended;
}

const namesIn = (json: string) => (JSON.parse(json) as { name: string }[]).map(({ name }) => name);

test('the implementations of a ref, as JSON, as a table and as a job matrix', async () => {
  configure('tag.yaml', '1h', 'v1');
  const { stdout } = await discover('--config', 'tag.yaml', '--format', 'json');
  const listed = JSON.parse(stdout) as { name: string; commit: string; serviceType: string }[];
  assert.deepEqual(namesIn(stdout), ['right', 'never-listens', 'exits-at-once', 'hangs', 'garbage', 'broken']);
  assert.ok(listed.every((one) => one.commit === commit && one.serviceType === 'discord-webhook'));

  const table = await discover('--config', 'tag.yaml', '--format', 'table');
  const [head, ...rows] = table.stdout.trimEnd().split('\n');
  assert.match(head ?? '', /^TYPE +IMPLEMENTATION +LANGUAGE +FRAMEWORK +FEATURES +SOURCE$/);
  assert.equal(rows.length, 6);
  assert.match(rows[0] ?? '', /^discord-webhook +right +javascript +node-http +signature-validation,/);

  const matrix = JSON.parse((await discover('--config', 'tag.yaml', '--format', 'matrix')).stdout);
  assert.equal(matrix.include.length, 6);
  assert.deepEqual(matrix.include[5], {
    shard: '06',
    title: 'right',
    implementation: 'right',
    type: 'discord-webhook',
    profile: 'default',
    language: 'javascript',
    framework: 'node-http',
  });
});

test('filters by type, language, framework and implementation', async () => {
  configure('tag.yaml', '1h', 'v1');
  const filtered = ['--config', 'tag.yaml', '--format', 'json'];
  const byFramework = await discover(...filtered, '--framework', 'node-http', '--type', 'discord-webhook');
  assert.deepEqual(namesIn(byFramework.stdout), ['right']);
  const byName = await discover(...filtered, '--impl', 'hangs,broken', '--language', 'javascript');
  assert.deepEqual(namesIn(byName.stdout), ['hangs', 'broken']);
  const none = await runTool(workspace, ['discover', ...filtered, '--language', 'javascrip']);
  assert.equal(none.code, 2);
  assert.match(none.stderr, /javascrip[\s\S]*Did you mean javascript\?/);
});

test('several repositories of one configuration: all are listed, and a name that two of them have is refused', async () => {
  const [first, second] = ['first', 'second'].map((name) => join(workspace.directory, name));
  for (const [directory = '', suffix] of [
    [first, '-a'],
    [second, '-b'],
  ] as const) {
    cpSync(repository, directory, { recursive: true });
    const manifest = join(directory, 'manifest.yaml');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/(?<=- name: )\S+/g, `$&${suffix}`));
  }
  const config = join(workspace.directory, 'several.yaml');
  writeFileSync(config, 'version: "1.0"\nservice_repositories: [{ url: first }, { url: second }]\n');
  const { stdout } = await discover('--config', 'several.yaml', '--format', 'json');
  assert.deepEqual(
    namesIn(stdout)
      .filter((name) => name.startsWith('right'))
      .sort(),
    ['right-a', 'right-b'],
  );
  writeFileSync(join(second ?? '', 'manifest.yaml'), readFileSync(join(first ?? '', 'manifest.yaml'), 'utf8'));
  const { code, stderr } = await runTool(workspace, ['discover', '--config', 'several.yaml']);
  assert.equal(code, 2, stderr);
  assert.match(stderr, /found right-a \(discord-webhook\) in first and in second, wanted names that are unique/);
  assert.match(stderr, /hint: rename one of them/);
});

test('what was discovered is kept for its time to live, and for when the remote is gone', async () => {
  const moving = ['--format', 'json', '--config'];
  configure('hour.yaml', '1h', 'main');
  configure('none.yaml', '1ms', 'main');
  assert.ok(namesIn((await discover(...moving, 'hour.yaml')).stdout).includes('broken-later'));

  writeFileSync(
    join(repository, 'manifest.yaml'),
    readFileSync(join(repository, 'manifest.yaml'), 'utf8').replace('name: hangs', 'name: hangs-no-more'),
  );
  git(repository, 'commit', '-qam', 'three');
  assert.ok(namesIn((await discover(...moving, 'hour.yaml')).stdout).includes('hangs'), 'still the cached one');
  assert.ok(namesIn((await discover(...moving, 'none.yaml')).stdout).includes('hangs-no-more'), 'asked again');

  renameSync(repository, `${repository}-gone`);
  try {
    const { stdout, stderr } = await discover(...moving, 'none.yaml');
    assert.ok(namesIn(stdout).includes('hangs-no-more'));
    assert.match(stderr, /file:\/\/\S+ is unreachable: using the copy from \d+ s ago/);
    configure('other.yaml', '1h', 'v2');
    const unknown = await runTool(workspace, ['discover', '--config', 'other.yaml']);
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /cannot read file:/);
  } finally {
    renameSync(`${repository}-gone`, repository);
  }
});
