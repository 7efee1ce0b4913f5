import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, posix, relative, sep } from 'node:path';
import { test } from 'node:test';

const SRC = join(import.meta.dirname, '..', 'src');

/** Each room and the rooms it may import; a room may always import itself, except the stages' siblings. */
const PURE = ['domain', 'stats', 'ports', 'documents'];
const STAGES = ['manifest', 'plan', 'contract', 'compare', 'report', 'results'];
/** The composition root, in two files: it alone sees adapters and emulator. */
const ROOT = [...PURE, ...STAGES, 'protocols', 'config', 'commands', 'adapters', 'emulator', 'paths.ts'];
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  stats: ['domain'],
  ports: ['domain'],
  documents: ['domain'],
  ...Object.fromEntries(STAGES.map((stage) => [stage, PURE])),
  protocols: [...PURE, 'contract'],
  deploy: [...PURE, 'plan', 'protocols'],
  measure: [...PURE, 'protocols'],
  config: [...PURE, ...STAGES],
  commands: [...PURE, ...STAGES, 'protocols', 'deploy', 'measure', 'config'],
  adapters: [...PURE],
  emulator: [...PURE],
  'context.ts': [...ROOT, 'context-parts.ts'],
  'context-parts.ts': ROOT,
  'paths.ts': [],
  'action.ts': [...PURE, 'config', 'commands', 'context.ts', 'context-parts.ts', 'paths.ts', 'command-line.ts'],
  'command-line.ts': [...PURE, 'config', 'commands', 'context.ts', 'context-parts.ts', 'paths.ts'],
  'cli.ts': ['command-line.ts'],
};

/** Node modules that touch nothing outside the process. */
const PURE_NODE = new Set([
  'node:path',
  'node:url',
  'node:util',
  'node:crypto',
  'node:buffer',
  'node:assert',
  'node:events',
  'node:string_decoder',
]);
const EFFECTFUL_ROOMS = new Set([
  'adapters',
  'emulator',
  'context.ts',
  'context-parts.ts',
  'action.ts',
  'cli.ts',
  'command-line.ts',
  'paths.ts',
]);

/** npm packages and the only places that may import them. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@actions/cache': ['adapters/sources'],
  '@actions/core': ['action.ts', 'config/action-inputs.ts', 'adapters'],
  '@google-cloud/run': ['adapters', 'emulator/admin/protos.ts'],
  '@google-cloud/storage': ['adapters/results'],
  '@grpc/grpc-js': ['adapters', 'emulator'],
  '@grpc/proto-loader': ['emulator'],
  'google-auth-library': ['adapters'],
  '@octokit/core': ['adapters'],
  '@octokit/plugin-paginate-rest': ['adapters'],
  undici: ['adapters'],
  ws: ['adapters'],
  graphql: ['contract/formats', 'contract/steps', 'contract/diff'],
  protobufjs: ['contract/formats', 'contract/diff'],
  '@asyncapi/specs': ['contract/formats'],
  ajv: ['documents', 'contract'],
  'ajv-formats': ['documents', 'contract'],
  yaml: ['documents', 'contract'],
  tweetnacl: ['protocols/signing.ts'],
  'hdr-histogram-js': ['measure', 'stats/histogram.ts'],
  'simple-statistics': ['stats'],
  jstat: ['stats'],
  'pure-rand': ['stats', 'plan'],
};

interface Import {
  readonly file: string;
  readonly specifier: string;
}

function sources(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? sources(path) : entry.name.endsWith('.ts') ? [path] : [];
  });
}

function importsOf(file: string, text: string): Import[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s[^;'"]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;
  return [...text.matchAll(pattern)].map((match) => ({ file, specifier: match[1] ?? match[2] ?? match[3] ?? '' }));
}

const roomOf = (file: string) => file.split('/')[0] ?? '';

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Why an import breaks the house rule, or undefined. `file` is relative to src, with forward slashes. */
export function violation({ file, specifier }: Import): string | undefined {
  const room = roomOf(file);
  const allowed = ROOMS[room];
  if (allowed === undefined) return `${file}: unknown room ${room}`;
  if (specifier.startsWith('.')) {
    const target = roomOf(posix.normalize(posix.join(posix.dirname(file), specifier)));
    return target === room || allowed.includes(target)
      ? undefined
      : `${file}: ${room} must not import ${target} (${specifier})`;
  }
  if (specifier.startsWith('node:') || builtinModules.includes(specifier)) {
    if (!specifier.startsWith('node:')) return `${file}: write node:${specifier}`;
    return PURE_NODE.has(specifier) || EFFECTFUL_ROOMS.has(room)
      ? undefined
      : `${file}: ${room} must have no effects (${specifier})`;
  }
  const places = PACKAGES[packageOf(specifier)];
  if (places === undefined) return `${file}: package ${packageOf(specifier)} has no place in test/architecture.test.ts`;
  return places.some((place) => file === place || file.startsWith(`${place}/`))
    ? undefined
    : `${file}: ${packageOf(specifier)} belongs in ${places.join(', ')}`;
}

test('every import keeps the house rule', () => {
  const all = sources(SRC).flatMap((path) =>
    importsOf(relative(SRC, path).split(sep).join('/'), readFileSync(path, 'utf8')),
  );
  assert.ok(all.length > 20, `found ${all.length} imports only`);
  assert.deepEqual(
    all.map(violation).filter((found) => found !== undefined),
    [],
  );
});

test('planted violations are caught', () => {
  const cases: [Import, RegExp][] = [
    [{ file: 'domain/plan.ts', specifier: '../ports/clock.ts' }, /domain must not import ports/],
    [{ file: 'compare/verdict.ts', specifier: '../report/model.ts' }, /compare must not import report/],
    [{ file: 'commands/plan.ts', specifier: '../adapters/system/clock.ts' }, /must not import adapters/],
    [{ file: 'adapters/x.ts', specifier: '../emulator/y.ts' }, /must not import emulator/],
    [{ file: 'measure/warm.ts', specifier: 'node:http' }, /must have no effects/],
    [{ file: 'measure/warm.ts', specifier: 'undici' }, /undici belongs in adapters/],
    [{ file: 'plan/x.ts', specifier: 'left-pad' }, /has no place/],
    [{ file: 'adapters/x.ts', specifier: 'fs' }, /write node:fs/],
  ];
  for (const [planted, expected] of cases) assert.match(violation(planted) ?? '', expected);
  const text =
    "import type { A } from '../a.ts';\nimport {\n  b,\n} from \"node:fs\";\nawait import('./c.ts');\nexport { d } from './d.ts';\n";
  assert.deepEqual(
    importsOf('x.ts', text).map((found) => found.specifier),
    ['../a.ts', 'node:fs', './c.ts', './d.ts'],
  );
});

test('pure rooms use no globals with effects', () => {
  const effects =
    /\b(process\.(?:env|cwd|exit|stdout|stderr|argv|kill|on)|console\.|fetch\(|setTimeout\(|setInterval\(|Date\.now\(|new Date\(\)|Math\.random\(|performance\.now\()/;
  const found = sources(SRC)
    .map((path) => ({ file: relative(SRC, path).split(sep).join('/'), text: readFileSync(path, 'utf8') }))
    .filter(({ file }) => !EFFECTFUL_ROOMS.has(roomOf(file)))
    .flatMap(({ file, text }) => text.split('\n').map((line, index) => ({ line, where: `${file}:${index + 1}` })))
    .filter(({ line }) => effects.test(line.replace(/\/\/.*$|^\s*\*.*$/, '')))
    .map(({ line, where }) => `${where}: ${line.trim()}`);
  assert.deepEqual(found, []);
});
