import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseDocument } from 'yaml';
import { type Ended, filesBelow, git, newWorkspace, ROOT, runTool, TEMPLATE } from '../helpers/cli.ts';

const workspace = newWorkspace();
const MONOREPO = join(ROOT, 'test/fixtures/monorepo');
/** Tries to run something wherever it is written without quotes. */
const HOSTILE = '$(touch PWNED) "it\'s" `touch PWNED` | <b>';
/** Whatever container engine this machine has, it is not this one. */
const env = { DOCKER_HOST: 'tcp://127.0.0.1:1' };

const at = (...path: string[]) => join(workspace.directory, ...path);
const text = (...path: string[]) => readFileSync(at(...path), 'utf8');
const migrate = (...args: string[]): Promise<Ended> =>
  runTool(workspace, ['migrate', ...args, '--type', 'discord-webhook'], { env });

before(() => {
  cpSync(MONOREPO, at('mono'), { recursive: true });
  const services = at('mono/services');
  cpSync(join(TEMPLATE, 'implementations/node-http'), join(services, 'node-http'), { recursive: true });
  mkdirSync(join(services, 'node-http/node_modules/other'), { recursive: true });
  writeFileSync(join(services, 'node-http/node_modules/other/Dockerfile'), 'FROM scratch\n');
  writeFileSync(join(services, 'node-http/.env'), 'SECRET=1\n');
  writeFileSync(join(services, 'node-http/run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  symlinkSync('../../..', join(services, 'node-http/out'));
  symlinkSync('server.js', join(services, 'node-http/index.js'));
  mkdirSync(join(services, HOSTILE));
  writeFileSync(join(services, HOSTILE, `${HOSTILE}.Dockerfile`), `FROM scratch\nCOPY ../${HOSTILE} /\n`);
  writeFileSync(at('mono/.gitignore'), 'node_modules\n.env\n');
  git(at('mono'), 'init', '-q', '-b', 'main');
  git(at('mono'), 'add', '-A');
  git(at('mono'), 'commit', '-qm', 'one');
});
after(() => {
  for (const directory of [ROOT, workspace.directory, at('new')]) assert.ok(!existsSync(join(directory, 'PWNED')));
  workspace.remove();
});

test('a folder of a monorepo becomes a service repository, and proves it', async () => {
  const { code, stdout, stderr } = await migrate('mono/services', '--output', 'new');
  assert.equal(code, 0, stderr);
  const [head, ...rows] = stdout.split('\n\n')[0]?.split('\n') ?? [];
  assert.match(head ?? '', /^IMPLEMENTATION +LANGUAGE +FRAMEWORK +PROCESS +FROM$/);
  assert.deepEqual(
    rows.map((row) => row.split(/ {2,}/).slice(0, 4).join(' ')),
    [
      'touch-pwned-it-s-touch-pwned-b ? ? no',
      'go-gin go gin no',
      'node-http javascript ? yes',
      'python-flask-app python flask no',
      'rust-actix rust actix-web no',
    ],
  );
  for (const remark of [
    'go-gin/Dockerfile:3: services/go-gin/go.mod counts on another build context: .* so write go.mod.',
    'go-gin/Dockerfile:4: services/shared is not in the implementation',
    'go-gin/go.mod:9: ../shared leads out',
    'python-flask-app/Dockerfile.prod:5: ../common/settings.py leads out',
    'python-flask-app: debug.Dockerfile was not used',
    'rust-actix/Dockerfile:3: Cargo.lock is not in',
    'node-http: The framework is not known',
    'node-http: out was left out: a symbolic link that leads out',
  ]) {
    assert.match(stdout, new RegExp(`\n  implementations/${remark}`));
  }
  assert.match(stdout, /\ndiscover:\nTYPE +IMPLEMENTATION/);
  assert.match(stdout, /\nvalidate:\nContract\n {2}node-http: (\d+) of \1 vectors passed/);
  assert.match(
    stdout,
    /not validated, since nothing here can start them\n(?:.*\n){4}run it later.*validate --platform local/,
  );
  assert.deepEqual(workspace.instances(), []);
});

test('what is written: files with their modes, a manifest that says what was found, valid YAML', () => {
  const files = filesBelow(at('new'));
  for (const file of files.filter((one) => /\.ya?ml$/.test(one)))
    assert.deepEqual(parseDocument(text('new', file)).errors, [], file);
  assert.deepEqual(
    files
      .filter((file) => file.startsWith('implementations/go-gin/'))
      .map((file) => file.slice('implementations/go-gin/'.length)),
    ['Dockerfile', 'go.mod', 'main.go', 'tools/Dockerfile'],
  );
  const node = files.filter((file) => file.startsWith('implementations/node-http/')).map((file) => file.split('/')[2]);
  assert.ok(node.includes('.dockerignore') && node.includes('run.sh'));
  assert.ok(!node.includes('.env') && !node.includes('node_modules') && !node.includes('out'));
  assert.equal(statSync(at('new/implementations/node-http/run.sh')).mode & 0o777, 0o755);
  const manifest = parseDocument(text('new/manifest.yaml')).toJS();
  assert.partialDeepStrictEqual(manifest, { service_type: 'discord-webhook', contract_version: '1.0.0' });
  const [odd, gin, plain] = manifest.implementations;
  assert.equal(odd.dockerfile, `${HOSTILE}.Dockerfile`);
  assert.deepEqual(gin.supported_features, ['signature-validation', 'pubsub-publish']);
  assert.deepEqual(plain.local, { run: ['node', 'server.js'], requires: ['node'] });
  assert.match(
    text('new/manifest.yaml'),
    /# Optional features.*root-alias, publish-unknown-fields, reject-future-timestamps/,
  );
  const readme = text('new/README.md');
  assert.match(readme, /^# new\n/);
  assert.match(readme, /\[python-flask-app\]\(implementations\/python-flask-app\) \| python \| flask \|/);
  assert.doesNotMatch(readme, /node-fastify/);
  for (const file of ['.github/workflows/perf.yml', 'contract/contract.yaml', 'CONTRIBUTING.md', '.gitignore'])
    assert.ok(files.includes(file));
});

test('the commands for the history are bash, and run nothing of a name', () => {
  const blocks = [...text('new/MIGRATION.md').matchAll(/^```(?:ba)?sh\n([\s\S]*?)^```$/gm)].map(
    ([, block]) => block ?? '',
  );
  assert.equal(blocks.length, 4);
  for (const block of blocks) assert.equal(spawnSync('bash', ['-n', '-c', block]).status, 0, block);
  // The commands themselves, with git and cd only told of.
  const told = 'git() { printf "%s\\n" "$@"; }; cd() { :; }; mktemp() { echo work; };';
  const { stdout, status, stderr } = spawnSync('bash', ['-euc', told + blocks.slice(0, 3).join('\n')], {
    encoding: 'utf8',
    cwd: workspace.directory,
  });
  assert.equal(status, 0, stderr);
  const said = stdout.split('\n');
  assert.ok(said.includes(at('mono')) && said.includes('filter-repo') && said.includes('FETCH_HEAD'));
  assert.ok(said.includes(`--path=services/${HOSTILE}/`));
  assert.ok(said.includes(`--path-rename=services/${HOSTILE}/:implementations/touch-pwned-it-s-touch-pwned-b/`));
  assert.ok(said.includes('--path-rename=services/python/Flask_App/:implementations/python-flask-app/'));
});

test('a broken contract is the exit code, and the repository stays', async () => {
  const services = at('broken/services');
  cpSync(join(TEMPLATE, 'implementations/node-http'), join(services, 'wrong'), { recursive: true });
  const server = join(services, 'wrong/server.js');
  writeFileSync(server, readFileSync(server, 'utf8').replaceAll('401', '403'));
  const { code, stdout } = await migrate('broken/services', '--output', 'broken/new');
  assert.equal(code, 3);
  assert.match(stdout, /wrong: contract failed, \d+ of \d+ vectors passed/);
  assert.ok(existsSync(at('broken/new/manifest.yaml')));
  assert.match(text('broken/new/MIGRATION.md'), /is not in a Git repository: there is no history to keep/);
});

test('where nothing can be started validate is said not to have run', async () => {
  cpSync(join(MONOREPO, 'services/rust-actix'), at('rust/services/rust-actix'), { recursive: true });
  const { code, stdout, stderr } = await migrate('rust/services', '--output', 'rust/new');
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /validate could not run: nothing here can start the implementations\n {2}rust-actix: .*\nrun it later/,
  );
  const unproven = await migrate('rust/services', '--output', 'rust/unproven', '--no-proof');
  assert.equal(unproven.code, 0);
  assert.doesNotMatch(unproven.stdout, /discover:|validate:|validate could not/);
  assert.deepEqual(filesBelow(at('rust/unproven')), filesBelow(at('rust/new')));
});

test('a configured project is no reason to deploy there', async () => {
  writeFileSync(at('cloud.yaml'), 'version: "1.0"\ngcp: { project_id: some-project }\n');
  const { code, stdout } = await migrate('rust/services', '--output', 'rust/cloud', '--config', 'cloud.yaml');
  assert.equal(code, 0);
  assert.match(stdout, /validate did not run: it would deploy to the configured project/);
});

test('what is refused, before anything is written', async () => {
  mkdirSync(at('bare/a'), { recursive: true });
  writeFileSync(at('bare/Dockerfile'), 'FROM scratch\n');
  mkdirSync(at('lines/a\nb'), { recursive: true });
  writeFileSync(at('lines/a\nb/Dockerfile'), 'FROM scratch\n');
  mkdirSync(at('full'));
  writeFileSync(at('full/x'), '');
  const cases: [args: string[], code: string][] = [
    [['bare', '--output', 'x'], 'no-dockerfile'],
    [['lines', '--output', 'x'], 'bad-directory-name'],
    [['none', '--output', 'x'], 'directory-missing'],
    [['mono/services', '--output', 'full'], 'directory-not-empty'],
    [['mono/services', '--output', 'mono/services/x'], 'output-inside'],
    [['rust', '--output', 'rust'], 'directory-not-empty'],
  ];
  for (const [args, code] of cases) {
    const refused = await migrate(...args);
    assert.equal(refused.code, 2, args.join(' '));
    assert.match(refused.stderr, new RegExp(`\\[${code}\\]`));
  }
  const dry = await migrate('mono/services', '--output', 'x', '--dry-run');
  assert.equal(dry.code, 0);
  assert.match(dry.stdout, /\nx would get \d+ files:\n[\s\S]*\n {2}implementations\/go-gin\/main\.go\n/);
  assert.ok(!existsSync(at('x')) && !existsSync(at('mono/services/x')));
  assert.deepEqual(filesBelow(at('full')), ['x']);
});
