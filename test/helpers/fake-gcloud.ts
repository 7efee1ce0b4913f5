import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A gcloud with a memory: creates what is not there, refuses what is, and says "not found" as the real one does. */
const PROGRAM = `
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
const home = process.env.FAKE_GCLOUD;
const args = process.argv.slice(2);
appendFileSync(home + '/calls.jsonl', JSON.stringify(args) + '\\n');
const path = home + '/state.json';
const state = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
const words = args.filter((arg) => !arg.startsWith('--'));
const flags = Object.fromEntries(args.filter((arg) => arg.startsWith('--')).map((arg) => {
  const at = arg.indexOf('=');
  return at < 0 ? [arg, true] : [arg.slice(0, at), arg.slice(at + 1)];
}));
const VERBS = /^(create|create-oidc|describe|update|update-oidc|undelete|enable|set-cleanup-policies|add-iam-policy-binding)$/;
const at = words.findIndex((word) => VERBS.test(word));
const kind = words.slice(0, at).join(' ');
const verb = words[at];
const name = (words[at + 1] ?? '').replace(/^gs:\\/\\//, '').replace(/@.*/, '');
const key = kind + '/' + name;
const fail = (message) => { process.stderr.write('ERROR: ' + message + '\\n'); process.exit(1); };
const settings = () => Object.fromEntries(Object.entries(flags)
  .filter(([flag]) => !['--project', '--quiet', '--format', '--no-dry-run'].includes(flag))
  .map(([flag, value]) => [flag, /-file$|^--policy$/.test(flag) ? JSON.stringify(JSON.parse(readFileSync(value, 'utf8'))) : value]));
if (args.length !== new Set(args).size && verb !== 'enable') fail('a repeated argument: ' + args.join(' '));
const exists = key === 'projects/my-project' || state[key] !== undefined;
if (verb === 'enable') {
  state.apis = Object.fromEntries(words.slice(at + 1).map((api) => [api, true]));
} else if (verb === 'describe') {
  if (!exists) fail('NOT_FOUND: ' + key);
  if (kind === 'projects') console.log('1234567890');
  else if (kind === 'iam roles') console.log(name + ',' + (state[key].deleted ? 'True' : ''));
  else if (kind === 'storage buckets') console.log(state[key].project ?? '1234567890');
  else if (kind.includes('identity-pools')) console.log(state[key].deleted ? 'DELETED' : 'ACTIVE');
  else console.log(name);
  process.exit(0);
} else if (verb.startsWith('create')) {
  if (exists) fail('ALREADY_EXISTS: ' + key);
  state[key] = settings();
} else if (verb === 'add-iam-policy-binding') {
  if (!exists) fail('NOT_FOUND: ' + key);
  const account = /^serviceAccount:(.*)@/.exec(flags['--member'])?.[1];
  if (account !== undefined && state['iam service-accounts/' + account] === undefined) fail('does not exist: ' + account);
  state.bindings = { ...state.bindings, [key + ' ' + flags['--role'] + ' ' + flags['--member']]: true };
} else {
  if (!exists) fail('NOT_FOUND: ' + key);
  if (verb === 'undelete') delete state[key].deleted;
  else if (state[key].deleted) fail('is deleted: ' + key);
  else Object.assign(state[key], settings());
}
writeFileSync(path, JSON.stringify(state));
`;

export interface FakeGcloud {
  /** Runs a bash script with this gcloud; nothing else is reachable by it. */
  run(script: string, env?: Readonly<Record<string, string>>): { code: number; stdout: string; stderr: string };
  state(): Record<string, Record<string, string>>;
  setState(state: object): void;
  /** Words of every call since the last look. */
  calls(): readonly (readonly string[])[];
  remove(): void;
}

export function createFakeGcloud(): FakeGcloud {
  const home = mkdtempSync(join(tmpdir(), 'fake-gcloud-'));
  const bin = join(home, 'bin');
  mkdirSync(bin);
  const put = (name: string, text: string) => {
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  };
  writeFileSync(join(home, 'gcloud.mjs'), PROGRAM);
  put('gcloud', `#!/bin/sh\nexec '${process.execPath}' '${join(home, 'gcloud.mjs')}' "$@"\n`);
  put('sleep', '#!/bin/sh\nexit 0\n');
  const statePath = join(home, 'state.json');
  const log = join(home, 'calls.jsonl');
  const bash = execFileSync('/bin/sh', ['-c', 'command -v bash'], { encoding: 'utf8' }).trim();
  return {
    run(script, env = {}) {
      const path = [bin, '/usr/bin', '/bin'].join(delimiter);
      const ran = spawnSync(bash, ['-s'], {
        input: script,
        env: { PATH: path, FAKE_GCLOUD: home, TMPDIR: home, ...env },
        encoding: 'utf8',
      });
      return { code: ran.status ?? -1, stdout: ran.stdout, stderr: ran.stderr };
    },
    state: () => (existsSync(statePath) ? JSON.parse(readFileSync(statePath, 'utf8')) : {}),
    setState: (state) => writeFileSync(statePath, JSON.stringify(state)),
    calls() {
      const text = existsSync(log) ? readFileSync(log, 'utf8') : '';
      rmSync(log, { force: true });
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as string[]);
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}
