import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { contextSources, environmentNames } from '../../../src/manifest/dockerfile.ts';
import { findImplementations } from '../../../src/manifest/find-implementations.ts';
import { filterRepoCommand, isRewritable, type Move } from '../../../src/manifest/history.ts';
import { dockerfileReferences, packageReferences } from '../../../src/manifest/outside.ts';

test('directories with a Dockerfile, and whose file is whose', () => {
  const found = findImplementations([
    'Dockerfile',
    'README.md',
    'a/Dockerfile',
    'a/Dockerfile.dev',
    'a/.dockerignore',
    'a/tools/Dockerfile',
    'ab/main.go',
    'b/x/prod.Dockerfile',
    'b/x/Dockerfile.jvm',
    'b/x/Dockerfile.dockerignore',
    'b/x/Dockerfile.bak',
    'c/dockerfile',
    'd/node_modules/y/Dockerfile',
    'e/target/Dockerfile',
    'f/-x.Dockerfile',
    'g/NotADockerfile',
  ]);
  assert.deepEqual(
    found.implementations.map(({ directory, dockerfile, otherDockerfiles }) => [
      directory,
      dockerfile,
      otherDockerfiles,
    ]),
    [
      ['a', 'Dockerfile', ['Dockerfile.dev']],
      ['b/x', 'Dockerfile.jvm', ['prod.Dockerfile']],
      ['c', 'dockerfile', []],
    ],
  );
  assert.deepEqual(found.implementations[0]?.files, [
    'Dockerfile',
    'Dockerfile.dev',
    '.dockerignore',
    'tools/Dockerfile',
  ]);
  assert.deepEqual(found.ignored, ['Dockerfile', 'd/node_modules/y/Dockerfile', 'e/target/Dockerfile']);
  assert.deepEqual(found.remaining, ['README.md', 'ab/', 'f/', 'g/']);
});

test('what a Dockerfile takes from its context, and where', () => {
  const text = String.raw`# syntax=docker/dockerfile:1
FROM a AS build
copy --chown=1:1 --link a b /x/
COPY --from=build /a /b
COPY ["with blank", "x/", "/y/"]
ADD https://example.com/a.tgz git@github.com:a/b.git c /z/
RUN echo COPY no yes \
  # a comment in between

  && true
COPY one \
# comment
     two \
     /three/
COPY <<EOF /etc/x
COPY not this
EOF
ENV A=1 B="2" \
    C=3
ENV D four=4
  COPY "quoted" .
`;
  assert.deepEqual(
    contextSources(text).map(({ line, source }) => `${line} ${source}`),
    ['3 a', '3 b', '5 with blank', '5 x/', '6 c', '11 one', '11 two', '21 quoted'],
  );
  assert.deepEqual(environmentNames(text), ['A', 'B', 'C', 'D']);
  assert.deepEqual(contextSources('# escape=`\nCOPY a `\n b c\nCOPY x\\ y'), [
    { line: 2, source: 'a' },
    { line: 2, source: 'b' },
    { line: 4, source: 'x\\' },
  ]);
  assert.deepEqual(contextSources('COPY\nCOPY \\'), []);
});

test('what counts on files outside, and what to write in its place', () => {
  const files = ['main.go', 'go.mod', 'src/a.ts', 'src/b/c.ts', '.env'];
  const places = ['mono/services/go-gin', 'services/go-gin', 'go-gin'];
  const cases: [source: string, expected: string][] = [
    ['.', 'fine'],
    ['./', 'fine'],
    ['/', 'fine'],
    ['main.go', 'fine'],
    ['/main.go', 'fine'],
    ['*.go', 'fine'],
    ['go.*', 'fine'],
    ['ma?n.go', 'fine'],
    ['[a-z]ain.go', 'fine'],
    ['src', 'fine'],
    ['src/*/c.ts', 'fine'],
    ['sr*', 'fine'],
    ['*a*n*o', 'fine'],
    ['$SOURCE/x', 'fine'],
    ['x/../main.go', 'fine'],
    ['../main.go', 'leads-out'],
    ['src/../../x', 'leads-out'],
    ['..', 'leads-out'],
    ['services/go-gin', 'other-context: .'],
    ['services/go-gin/', 'other-context: .'],
    ['./services/go-gin/main.go', 'other-context: main.go'],
    ['services/go-gin/*.go', 'other-context: *.go'],
    ['go-gin/src', 'other-context: src'],
    ['services/go-gin/none', 'other-context'],
    ['services/other', 'missing'],
    ['*.rs', 'missing'],
    ['m*m*.go', 'missing'],
    ['main.g?o', 'missing'],
    ['go-gin2', 'missing'],
    ['main', 'missing'],
  ];
  for (const [source, expected] of cases) {
    const [found] = dockerfileReferences('Dockerfile', `FROM x\nCOPY ${source} /y\n`, { files, places });
    const kind =
      found === undefined ? 'fine' : `${found.kind}${found.instead === undefined ? '' : `: ${found.instead}`}`;
    assert.equal(kind, expected, source);
    if (found !== undefined) assert.deepEqual([found.file, found.line], ['Dockerfile', 2]);
  }
  const packages: [file: string, text: string, lines: number[]][] = [
    ['go.mod', 'module x\nreplace a => ../a\nreplace b => ./b\n', [2]],
    ['package.json', '{"dependencies":{\n"a":"file:../a",\n"b":"file:./b"}}', [2]],
    ['Cargo.toml', '[dependencies]\na = { path = "../a" }\nb = { path = "b" }', [2]],
    ['requirements.txt', '-e ../a\nflask\n../b\n', [1, 3]],
    ['pyproject.toml', 'a = { path = "../a" }', [1]],
    ['x.csproj', '<ProjectReference Include="..\\a\\a.csproj" />', [1]],
    ['other.txt', '../a', []],
  ];
  for (const [file, text, lines] of packages)
    assert.deepEqual(
      packageReferences(file, text).map(({ line }) => line),
      lines,
      file,
    );
});

/** What bash makes of the commands: the arguments of git, and the lines of the file with paths. */
function said(script: readonly string[]): readonly string[] {
  const git = 'git() { printf \'%s\\n\' "$@"; }';
  const [first = '', ...rest] = script;
  const text = [git, first.replace('cat > ../paths.txt', 'cat'), ...rest].join('\n');
  const { stdout, status, stderr } = spawnSync('bash', ['-c', text], { encoding: 'utf8', env: { LC_ALL: 'C.UTF-8' } });
  assert.equal(status, 0, stderr);
  return stdout.split('\n');
}

/** What git filter-repo makes of a path: it applies renames one after the other, each to what the one before has made. */
function rewritten(lines: readonly string[], path: string): string | undefined {
  const pairs = lines.map((line) => /^--path-rename=(.*):(.*)$/.exec(line) ?? /^literal:(.*)==>(.*)$/.exec(line));
  const renames = pairs.flatMap((pair) => (pair === null ? [] : [[pair[1] ?? '', pair[2] ?? ''] as const]));
  const kept = lines.filter((line, index) => pairs[index] === null && /^(?:--path=|literal:)/.test(line));
  if (!kept.some((line) => path.startsWith(line.replace(/^(?:--path=|literal:)/, '')))) return undefined;
  return renames.reduce((now, [from, to]) => (now.startsWith(from) ? to + now.slice(from.length) : now), path);
}

test('each directory of the history ends where it belongs, whatever it is called', () => {
  const odd = ["it's", '$(touch x)', 'a:b', '"', '-x', 'ü', '`id`', 'a b', '\\', '#c', '\u202e', 'PATHS', '~', '*'];
  const segment = fc.oneof(
    fc.constantFrom('services', 'implementations', 'a', 'A', 'b', 'a-2', ...odd),
    fc.string({ maxLength: 6 }).filter((text) => isRewritable(text) && !/^\.{0,2}$|\//.test(text)),
  );
  const moves = fc
    .tuple(
      fc.constantFrom('', 'services/', 'implementations/', 'x: y/'),
      fc.uniqueArray(segment, { minLength: 1, maxLength: 4 }),
    )
    .map(([prefix, names]) =>
      names.map((name, index): Move => {
        const to = `implementations/${['b', 'a', 'a-2', 'services'][index]}`;
        return { from: `${prefix}${name}`, to };
      }),
    );
  fc.assert(
    fc.property(moves, (all) => {
      const script = filterRepoCommand(all);
      assert.equal(spawnSync('bash', ['-n', '-c', script.join('\n')]).status, 0, script.join('\n'));
      const lines = said(script);
      for (const { from, to } of all) assert.equal(rewritten(lines, `${from}/src/f`), `${to}/src/f`);
      assert.equal(rewritten(lines, 'elsewhere/f'), undefined);
    }),
    { numRuns: 100 },
  );
  const swap = [
    { from: 'implementations/a', to: 'implementations/b' },
    { from: 'implementations/b', to: 'implementations/a' },
  ];
  for (const { from, to } of swap) assert.equal(rewritten(said(filterRepoCommand(swap)), `${from}/f`), `${to}/f`);
  assert.deepEqual(filterRepoCommand([{ from: 'implementations/a', to: 'implementations/a' }]), [
    'git filter-repo \\',
    '  --path=implementations/a/',
  ]);
  assert.ok(!isRewritable('a\nb') && !isRewritable('a==>b') && isRewritable('a:b'));
});
