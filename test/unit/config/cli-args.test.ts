import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCliArgs } from '../../../src/config/cli-args.ts';
import { COMMAND_USAGE, GLOBAL_FLAGS } from '../../../src/config/cli-table.ts';
import { CLI_COMMANDS } from '../../../src/config/cli-usage.ts';
import { UsageError } from '../../../src/domain/errors.ts';

const NONE = { types: [], languages: [], frameworks: [], implementations: [] };
const PLAIN = { verbose: false, dryRun: false };
const line = (text: string) => parseCliArgs(text.split(' ').filter((word) => word !== ''));

test('the examples of the proposal', () => {
  const cases: [string, object][] = [
    ['discover --format table', { ...PLAIN, command: 'discover', selection: NONE, format: 'table' }],
    [
      'benchmark --suite full',
      {
        ...PLAIN,
        command: 'benchmark',
        selection: NONE,
        suite: 'full',
        profiles: [],
        baseline: { kind: 'latest' },
        all: false,
        acceptRegressions: false,
        issues: false,
        failOn: ['regression', 'contract'],
        format: 'terminal',
      },
    ],
    [
      'compare --baseline run-abc123 --current run-def456',
      {
        ...PLAIN,
        command: 'compare',
        baseline: 'run-abc123',
        current: 'run-def456',
        format: 'terminal',
        failOn: ['regression', 'contract'],
      },
    ],
    ['report --run latest --format markdown', { ...PLAIN, command: 'report', run: 'latest', format: 'markdown' }],
    ['--help', { command: 'help' }],
    ['--version', { command: 'version' }],
    [
      'cleanup --run run-a-1 --dry-run',
      { command: 'cleanup', run: 'run-a-1', all: false, verbose: false, dryRun: true },
    ],
    ['env --type discord-webhook', { ...PLAIN, command: 'env', type: 'discord-webhook' }],
    ['doctor', { ...PLAIN, command: 'doctor', profiles: [], jobs: 1, format: 'table' }],
    [
      'doctor --profile a,b --jobs 4 --format json',
      { command: 'doctor', profiles: ['a', 'b'], jobs: 4, format: 'json' },
    ],
    ['emulate --port 8790', { ...PLAIN, command: 'emulate', port: 8790 }],
  ];
  for (const [text, expected] of cases) assert.partialDeepStrictEqual(line(text), expected, text);
});

test('global flags before and after the command, lists repeated and with commas', () => {
  const found = line(
    '--project my-project --verbose benchmark --impl a,b --impl=c --type discord-webhook --region europe-west1 --baseline git:origin/main~1 --fail-on contract,inconclusive --iterations 3 --rounds 2 --platform local --results gs://bucket/x',
  );
  assert.deepEqual(found, {
    command: 'benchmark',
    project: 'my-project',
    region: 'europe-west1',
    platform: 'local',
    results: 'gs://bucket/x',
    verbose: true,
    dryRun: false,
    selection: { types: ['discord-webhook'], languages: [], frameworks: [], implementations: ['a', 'b', 'c'] },
    suite: 'quick',
    profiles: [],
    baseline: { kind: 'git', ref: 'origin/main~1' },
    all: false,
    acceptRegressions: false,
    issues: false,
    iterations: 3,
    rounds: 2,
    failOn: ['contract', 'inconclusive'],
    format: 'terminal',
  });
});

test('the argument of init and migrate, wherever it stands', () => {
  const init = { ...PLAIN, command: 'init', type: 'discord-webhook', implementations: [] };
  const migrate = { ...PLAIN, command: 'migrate', type: 'discord-webhook', output: 'new', proof: true };
  const cases: [string, object][] = [
    ['init services --type discord-webhook', { ...init, directory: 'services' }],
    ['--type discord-webhook init a --impl b,c', { ...init, directory: 'a', implementations: ['b', 'c'] }],
    ['init report --type discord-webhook', { ...init, directory: 'report' }],
    ['init migrate --type discord-webhook --impl x', { ...init, directory: 'migrate', implementations: ['x'] }],
    ['init --type discord-webhook -- --odd', { ...init, directory: '--odd' }],
    ['migrate old --type discord-webhook --output new', { ...migrate, folder: 'old' }],
    ['migrate --output new --no-proof --type discord-webhook old', { ...migrate, folder: 'old', proof: false }],
  ];
  for (const [text, expected] of cases) assert.deepEqual(line(text), expected, text);
  assert.deepEqual(parseCliArgs(['init', 'a b', '--type', 'discord-webhook']), { ...init, directory: 'a b' });
});

test('the commands of the action alone are none of the command line', () => {
  assert.ok(!(CLI_COMMANDS as readonly string[]).includes('slash-command'));
  const help = line('--help');
  assert.ok(help.command === 'help' && !help.text.includes('slash-command'));
  for (const text of ['slash-command', 'help slash-command', 'slash-command --help'])
    assert.throws(() => line(text), /there is no command "slash-command"/, text);
  const usage = line('init --help');
  assert.ok(usage.command === 'help');
  assert.match(usage.text, /cloudrun-perf init DIRECTORY \[flags\]/);
});

test('a service that runs already', () => {
  assert.partialDeepStrictEqual(
    line(
      'validate --url http://127.0.0.1:8080/ --type discord-webhook --features a,b --vector v1 --pubsub-emulator localhost:8085',
    ),
    {
      url: 'http://127.0.0.1:8080',
      type: 'discord-webhook',
      features: ['a', 'b'],
      vectors: ['v1'],
      pubsubEmulator: 'localhost:8085',
      probeUndeclared: false,
    },
  );
});

test('what is refused, and the nearest valid name', () => {
  const cases: [string, string, RegExp, RegExp?][] = [
    ['', 'missing-command', /no command/],
    ['benchmrk', 'unknown-command', /"benchmrk"/, /Did you mean benchmark/],
    ['frobnicate', 'unknown-command', /"frobnicate"/, /--help/],
    ['benchmark --siute quick', 'unknown-flag', /benchmark has no flag "--siute"|has no flag "--siute"/, /--suite/],
    ['benchmark --port 1', 'unknown-flag', /benchmark has no flag "--port"/],
    ['discover --suite quick', 'unknown-flag', /discover has no flag "--suite"/],
    ['benchmark extra', 'unexpected-argument', /"extra"/],
    ['benchmark --suite', 'missing-value', /--suite needs a value/],
    ['benchmark --suite --verbose', 'missing-value', /--suite needs a value/],
    ['benchmark --verbose=yes', 'unwanted-value', /--verbose is a switch/],
    [
      'benchmark --suite quik',
      'bad-option-value',
      /--suite is "quik"; wanted is one of quick, full/,
      /Did you mean quick/,
    ],
    ['benchmark --suite quick --suite full', 'bad-option-value', /--suite is given 2 times/],
    ['benchmark --platform clodrun', 'bad-option-value', /--platform/, /cloudrun/],
    ['benchmark --iterations 0', 'bad-option-value', /whole number from 1/],
    ['benchmark --iterations 1e3', 'bad-option-value', /whole number/],
    ['benchmark --rounds -1', 'missing-value', /--rounds/],
    ['benchmark --baseline git:--upload-pack=x', 'bad-option-value', /one branch, tag or commit/],
    ['benchmark --baseline ../x', 'bad-option-value', /wanted is latest, none/],
    ['benchmark --fail-on never,contract', 'bad-option-value', /never cannot be combined/],
    ['benchmark --fail-on regresion', 'bad-option-value', /--fail-on/, /regression/],
    ['benchmark --impl=', 'bad-option-value', /--impl is empty/],
    ['benchmark --impl a,,b', 'bad-option-value', /--impl is empty/],
    ['benchmark --project UPPER', 'bad-option-value', /--project is "UPPER"/],
    ['benchmark --region us_central', 'bad-option-value', /--region/],
    ['benchmark --results s3://x', 'bad-option-value', /gs:\/\/bucket/],
    ['report --run ../../etc', 'bad-option-value', /--run is/],
    ['report --format html', 'bad-option-value', /terminal, markdown, json/],
    ['validate --url ftp://x --type discord-webhook', 'bad-option-value', /--url/],
    ['validate --url http://u:p@x --type discord-webhook', 'bad-option-value', /credentials/],
    ['validate --url http://x', 'bad-option-value', /--type is missing/],
    ['validate --features a', 'bad-option-value', /together with --url/],
    ['cleanup --all --run run-x', 'bad-option-value', /exclude each other/],
    ['env', 'bad-option-value', /--type is missing/],
    ['doctor --jobs 0', 'bad-option-value', /1 to 256/],
    ['doctor --format matrix', 'bad-option-value', /table, json/],
    ['emulate --port 70000', 'bad-option-value', /0 to 65535/],
    ['init --type discord-webhook', 'bad-option-value', /^DIRECTORY is missing/],
    ['init a b --type discord-webhook', 'unexpected-argument', /init takes one DIRECTORY, and not "b" too/],
    ['init a', 'bad-option-value', /--type is missing/],
    ['init a --output b', 'unknown-flag', /init has no flag "--output"/],
    ['migrate --type discord-webhook --output a', 'bad-option-value', /^FOLDER is missing/],
    ['migrate a --type discord-webhook', 'bad-option-value', /--output is missing/],
    ['discover report', 'unexpected-argument', /discover takes no argument "report"/],
  ];
  for (const [text, code, message, hint] of cases) {
    assert.throws(
      () => line(text),
      (error) => {
        assert.ok(error instanceof UsageError, String(error));
        assert.equal(error.code, code, text);
        assert.match(error.message, message, text);
        if (hint !== undefined) assert.match(error.hint ?? '', hint, text);
        return true;
      },
      text,
    );
  }
  assert.throws(() => parseCliArgs(['discover', '--impl', 'a\u0000b']), /control character/);
});

test('help on everything names every flag', () => {
  const general = line('--help');
  assert.ok(general.command === 'help');
  for (const command of CLI_COMMANDS) {
    assert.match(general.text, new RegExp(`\\n {2}${command} `));
    for (const asked of [`${command} --help`, `help ${command}`, `${command} -h`]) {
      const help = line(asked);
      assert.ok(help.command === 'help', asked);
      for (const flag of [...GLOBAL_FLAGS, ...COMMAND_USAGE[command].flags])
        assert.ok(help.text.includes(`--${flag.name}`));
    }
  }
});

test('the examples in the usage texts are valid', () => {
  for (const command of CLI_COMMANDS)
    for (const example of COMMAND_USAGE[command].examples) {
      const [program, ...argv] = example.split(' ');
      assert.equal(program, 'cloudrun-perf');
      assert.equal(parseCliArgs(argv).command, command, example);
    }
});
