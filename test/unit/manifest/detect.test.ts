import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Detected, detect, isMarker } from '../../../src/manifest/detect.ts';
import { localEntry } from '../../../src/manifest/local-entry.ts';

type Files = Readonly<Record<string, string>>;

function seen(files: Files): Detected {
  return detect(Object.keys(files), new Map(Object.entries(files).filter(([path]) => isMarker(path))));
}

const npm = (...names: string[]) =>
  JSON.stringify({ dependencies: Object.fromEntries(names.map((name) => [name, '1'])) });

test('language and framework by the files of a package manager', () => {
  const cases: [files: Files, language: string | undefined, framework: string | undefined][] = [
    [{ 'go.mod': 'module x\n\nrequire (\n\tgithub.com/labstack/echo/v4 v4.1.0\n)\n' }, 'go', 'echo'],
    [
      {
        'go.mod':
          'require github.com/gofiber/fiber/v2 v2.0.0\nrequire github.com/valyala/fasthttp v1.0.0 // indirect\n',
      },
      'go',
      'fiber',
    ],
    [{ 'go.mod': 'require github.com/gin-gonic/gin v1 // indirect\n' }, 'go', undefined],
    [{ 'Cargo.toml': '[dependencies]\naxum = { version = "0.8" }\nhyper = "1"\n' }, 'rust', 'axum'],
    [{ 'Cargo.toml': '[dependencies.actix-web]\nversion = "4"\n' }, 'rust', 'actix-web'],
    [{ 'Cargo.toml': '# axum = "0.8"\n[package]\nname = "axum-like"\n' }, 'rust', undefined],
    [{ 'requirements.txt': 'Flask==3\n' }, 'python', 'flask'],
    [{ 'requirements.txt': '# flask\nflask-cors\n' }, 'python', undefined],
    [{ 'pyproject.toml': '[project]\ndependencies = ["fastapi>=0.1", "uvicorn"]\n' }, 'python', 'fastapi'],
    [{ 'pyproject.toml': '[tool.poetry.dependencies]\nDjango = "^5"\n' }, 'python', 'django'],
    [
      { 'requirements.txt': 'gunicorn\n', 'pyproject.toml': '[project]\ndependencies = ["flask"]\n' },
      'python',
      'flask',
    ],
    [{ 'package.json': npm('express') }, 'javascript', 'express'],
    [{ 'package.json': npm('fastify'), 'tsconfig.json': '{}' }, 'typescript', 'fastify'],
    [{ 'package.json': npm('@nestjs/core', 'express', 'typescript') }, 'typescript', 'nestjs'],
    [{ 'package.json': '{"devDependencies":{"express":"1"}}' }, 'javascript', undefined],
    [{ 'package.json': 'not json' }, 'javascript', undefined],
    [{ 'package.json': '[]' }, 'javascript', undefined],
    [
      { 'pom.xml': '<project><parent><artifactId>spring-boot-starter-parent</artifactId></parent></project>' },
      'java',
      'spring-boot',
    ],
    [{ 'pom.xml': '<a><!-- <artifactId>quarkus-core</artifactId> --></a>' }, 'java', undefined],
    [{ 'build.gradle': "plugins { id 'io.micronaut.application' version '4' }" }, 'java', 'micronaut'],
    [
      { 'build.gradle.kts': 'plugins { kotlin("jvm") }\ndependencies { implementation("io.ktor:ktor-server-netty") }' },
      'kotlin',
      'ktor',
    ],
    [{ 'build.gradle': "implementation 'io.quarkus:quarkus-rest'" }, 'java', 'quarkus'],
    [{ 'build.sbt': 'lazy val root = project.enablePlugins(PlayScala)' }, 'scala', 'play'],
    [{ 'Api.csproj': '<Project Sdk="Microsoft.NET.Sdk.Web"></Project>' }, 'csharp', 'aspnet-core'],
    [{ 'src/Api/Api.csproj': '<Project Sdk="Microsoft.NET.Sdk.Web"></Project>' }, 'csharp', 'aspnet-core'],
    [{ 'composer.json': '{"require":{"laravel/framework":"^12"}}', 'package.json': npm('vue') }, 'php', 'laravel'],
    [{ Gemfile: 'source "x"\ngem "rails", "~> 8"\n', 'package.json': npm('react') }, 'ruby', 'rails'],
    [{ Gemfile: '# gem "rails"\ngem \'sinatra\'\n' }, 'ruby', 'sinatra'],
    [{ 'mix.exs': 'defp deps, do: [{:phoenix, "~> 1.8"}, {:bandit, "~> 1"}]' }, 'elixir', 'phoenix'],
    [{ 'CMakeLists.txt': 'find_package(Drogon CONFIG REQUIRED)\n', 'main.cc': '' }, 'cpp', 'drogon'],
    [{ 'CMakeLists.txt': '# find_package(Drogon)\nadd_executable(s main.c)\n', 'main.c': '' }, 'c', undefined],
    [{ 'CMakeLists.txt': 'project(x)\n' }, undefined, undefined],
    [{ 'Package.swift': '.package(url: "https://github.com/vapor/vapor.git", from: "4.0.0")' }, 'swift', 'vapor'],
    [{ 'deno.json': '{"imports":{"@oak/oak":"jsr:@oak/oak@17"}}' }, 'typescript', 'oak'],
    [{ 'pubspec.yaml': 'dependencies:\n  shelf: ^1.4.0\n' }, 'dart', 'shelf'],
    [{ 'main.py': 'import flask' }, undefined, undefined],
    [{ 'a/b/c/go.mod': 'require github.com/gin-gonic/gin v1\n' }, undefined, undefined],
  ];
  for (const [files, language, framework] of cases) {
    const found = seen(files);
    assert.deepEqual([found.language, found.framework], [language, framework], JSON.stringify(files));
  }
});

test('several languages: the first counts, the others are told', () => {
  assert.deepEqual(seen({ 'go.mod': 'module x\n', 'requirements.txt': 'flask\n', 'package.json': '{}' }), {
    language: 'go',
    others: ['python'],
  });
  assert.deepEqual(seen({ Dockerfile: 'FROM x' }), { others: [] });
  assert.deepEqual(seen({ 'go.mod': 'module x\n', 'docs/requirements.txt': 'flask\n' }).others, []);
});

test('long and odd files end, and show nothing', () => {
  const long = 200_000;
  for (const text of [
    '\n'.repeat(long),
    ' '.repeat(long),
    '<!--'.repeat(long / 4),
    'a.'.repeat(long / 2),
    'a/'.repeat(long / 2),
    '\u0000"'.repeat(long / 2),
  ])
    for (const name of [
      'go.mod',
      'Cargo.toml',
      'requirements.txt',
      'pyproject.toml',
      'pom.xml',
      'build.gradle',
      'a.csproj',
      'composer.json',
      'Gemfile',
      'mix.exs',
      'CMakeLists.txt',
      'Package.swift',
      'build.sbt',
      'package.json',
      'stack.yaml',
      'pubspec.yaml',
    ])
      assert.equal(seen({ [name]: text }).framework, undefined, name);
});

test('a local entry only where it is certain', () => {
  const start = (script: string, more: object = {}) => JSON.stringify({ scripts: { start: script }, ...more });
  const entry = (language: string, files: Files, dockerfile = 'FROM x\n') =>
    localEntry({ language, dockerfile, files: Object.keys(files), texts: new Map(Object.entries(files)) });
  const node = { 'server.js': '' };
  const lock = { dependencies: { fastify: '5' } };
  const go = { 'go.mod': 'module x\n', 'main.go': 'package main\n\nfunc main() {}\n' };
  const plain = { run: ['node', 'server.js'], requires: ['node'] };
  const certain: [string, Files, object, string?][] = [
    ['javascript', { ...node, 'package.json': start('node server.js') }, plain],
    [
      'javascript',
      { ...node, 'package.json': start('node ./server.js') },
      plain,
      'FROM x\nENV NODE_ENV=production PORT=8080\n',
    ],
    ['javascript', { ...node, 'package.json': start('node server.js', { devDependencies: { a: '1' } }) }, plain],
    [
      'javascript',
      { ...node, 'package.json': start('node server.js', lock), 'package-lock.json': '{}' },
      {
        ...plain,
        build: 'npm ci --omit=dev --ignore-scripts --no-audit --no-fund --prefer-offline',
        requires: ['node', 'npm'],
      },
    ],
    ['go', go, { build: 'CGO_ENABLED=0 go build -trimpath -o server .', run: ['./server'], requires: ['go'] }],
    [
      'go',
      { ...go, 'server/x.go': '' },
      { build: 'CGO_ENABLED=0 go build -trimpath -o service .', run: ['./service'], requires: ['go'] },
    ],
    [
      'go',
      go,
      { build: 'CGO_ENABLED=0 go build -trimpath -o server .', run: ['./server'], requires: ['go'] },
      'FROM x\nRUN go build -o ./out .\n',
    ],
  ];
  for (const [language, files, expected, dockerfile] of certain)
    assert.deepEqual(entry(language, files, dockerfile), expected, JSON.stringify(files));
  const uncertain: [string, Files, string?][] = [
    ['javascript', { ...node, 'package.json': start('node server.js', lock) }],
    ['javascript', { 'package.json': start('node server.js') }],
    ['javascript', { ...node, 'package.json': start('node server.js; rm -rf /') }],
    ['javascript', { ...node, 'package.json': start('node ../server.js') }],
    ['javascript', { ...node, 'package.json': start('node --inspect server.js') }],
    [
      'javascript',
      { ...node, 'package.json': start('node server.js', { scripts: { start: 'node server.js', build: 'x' } }) },
    ],
    ['javascript', { ...node, 'package.json': start('node server.js', { workspaces: ['a'] }) }],
    ['javascript', { ...node, 'package.json': start('node server.js') }, 'FROM x\nENV TOPIC=a\n'],
    ['javascript', { ...node, 'package.json': start('node server.js') }, 'FROM x\nENV TOPIC a\n'],
    ['typescript', { ...node, 'package.json': start('node server.js') }],
    ['python', { 'app.py': '', 'requirements.txt': '' }],
    ['go', { 'go.mod': 'module x\n', 'cmd/main.go': 'package main\nfunc main() {}\n' }],
    ['go', { ...go, 'main.go': 'package main\n' }],
    ['go', { ...go, 'c.go': 'package main\n\nimport "C"\n' }],
    ['go', { ...go, 'go.mod': 'module x\nreplace a => ../a\n' }],
    ['go', go, 'FROM x\nRUN go build -o /s ./cmd/api\n'],
  ];
  for (const [language, files, dockerfile] of uncertain)
    assert.equal(entry(language, files, dockerfile), undefined, `${JSON.stringify(files)} ${dockerfile}`);
});
