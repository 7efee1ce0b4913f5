import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatError, UsageError } from '../../../src/domain/errors.ts';
import { SERVICE_TYPES } from '../../../src/domain/service-type.ts';
import { parseManifest } from '../../../src/manifest/parse.ts';

const manifest = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../contracts/schemas/manifest.schema.json'), 'utf8'),
) as { properties: { service_type: { pattern: string } } };
const schemas = { manifest };
const parse = (text: string) => parseManifest({ text, file: 'manifest.yaml' }, schemas);
const HEAD = 'service_type: discord-webhook\ncontract_version: 1.2.0\nimplementations:\n';
const one = (lines: string) => `${HEAD}  - name: go-gin\n    path: implementations/go-gin\n${lines}`;

function refusal(text: string): string {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return formatError(error);
  }
  return assert.fail('it was accepted');
}

test('the manifest of the proposal', () => {
  const found = parse(`service_type: discord-webhook
contract_version: 1.2.0
implementations:
  - name: go-gin
    path: implementations/go-gin
    dockerfile: Dockerfile
    build_args: {}
    supported_features: [signature-validation, pubsub-publish]
  - name: rust-actix
    path: ./implementations//rust-actix/
    dockerfile: docker/Dockerfile
    build_args: {VERSION: 1.5, FAST: true}
    language: rust
    framework: actix
    supported_features: [signature-validation]
    target: runtime
    local: {build: cargo build, run: "server --name 'a b'", requires: [cargo]}
`);
  assert.deepEqual(found, {
    serviceType: 'discord-webhook',
    contractVersion: '1.2.0',
    implementations: [
      {
        name: 'go-gin',
        serviceType: 'discord-webhook',
        path: 'implementations/go-gin',
        dockerfile: 'Dockerfile',
        buildArgs: {},
        supportedFeatures: ['signature-validation', 'pubsub-publish'],
      },
      {
        name: 'rust-actix',
        serviceType: 'discord-webhook',
        path: 'implementations/rust-actix',
        dockerfile: 'docker/Dockerfile',
        buildArgs: { VERSION: '1.5', FAST: 'true' },
        supportedFeatures: ['signature-validation'],
        language: 'rust',
        framework: 'actix',
        target: 'runtime',
        local: { run: ['server', '--name', 'a b'], requires: ['cargo'], build: 'cargo build' },
      },
    ],
  });
});

test('what is refused, where, and what is said', () => {
  const many = Array.from({ length: 101 }, (_, i) => `  - {name: i${i}, path: x}\n`).join('');
  const bomb = `${[
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefghi'.split('').map((k, i) => {
      const p = 'abcdefgh'[i];
      return `${k}: &${k} [*${p},*${p},*${p},*${p},*${p},*${p},*${p},*${p},*${p}]`;
    }),
  ].join('\n')}\n`;
  const cases: [name: string, text: string, expected: RegExp][] = [
    [
      'unknown key',
      one('    dockerfil: x\n'),
      /manifest\.yaml:6:5: unknown key "dockerfil".*\n {2}hint: Did you mean "dockerfile"/,
    ],
    ['unknown top key', `${one('')}feature: 1\n`, /manifest\.yaml:6:1: unknown key "feature"/],
    [
      'traversal',
      `${HEAD}  - {name: a, path: ../../etc}\n`,
      /manifest\.yaml:4:21: found "\.\.\/\.\.\/etc".*relative path/,
    ],
    ['traversal inside', `${HEAD}  - {name: a, path: x/../../etc}\n`, /found "x\/\.\.\/\.\.\/etc"/],
    [
      'traversal of dockerfile',
      one('    dockerfile: ../Dockerfile\n'),
      /manifest\.yaml:6:17: found "\.\.\/Dockerfile"/,
    ],
    ['option-like target', one('    target: --help\n'), /found "--help".*wanted the name of a stage/],
    ['absolute path', `${HEAD}  - {name: a, path: /etc}\n`, /found "\/etc".*relative path/],
    ['drive', `${HEAD}  - {name: a, path: 'C:x'}\n`, /found "C:x".*relative path/],
    ['backslash', `${HEAD}  - {name: a, path: 'a\\b'}\n`, /relative path with forward slashes/],
    ['NUL', `${HEAD}  - {name: a, path: "a\\0b"}\n`, /relative path/],
    ['option-like path', `${HEAD}  - {name: a, path: -rf}\n`, /relative path/],
    [
      'duplicate name',
      one('  - {name: go-gin, path: y}\n'),
      /manifest\.yaml:6:12: found a second implementation named "go-gin", the first is in line 4/,
    ],
    [
      'upper case name',
      `${HEAD}  - {name: Go, path: x}\n`,
      /manifest\.yaml:4:12: found "Go".*name that Cloud Run accepts/,
    ],
    ['digit first', `${HEAD}  - {name: 1a, path: x}\n`, /name that Cloud Run accepts/],
    ['hyphen last', `${HEAD}  - {name: a-, path: x}\n`, /name that Cloud Run accepts/],
    ['underscore', `${HEAD}  - {name: a_b, path: x}\n`, /name that Cloud Run accepts/],
    ['50 characters', `${HEAD}  - {name: ${'a'.repeat(50)}, path: x}\n`, /name that Cloud Run accepts/],
    ['version of two parts', one('').replace('1.2.0', '1.2'), /manifest\.yaml:2:19: found 1\.2 .*MAJOR\.MINOR\.PATCH/],
    ['version with v', one('').replace('1.2.0', 'v1.2.0'), /found "v1\.2\.0"/],
    [
      'service type',
      one('').replace('discord-webhook', 'Discord_webhook'),
      /manifest\.yaml:1:15: found "Discord_webhook".*wanted a service type in kebab case/,
    ],
    ['wrong type', one('    supported_features: pubsub\n'), /manifest\.yaml:6:25: found "pubsub".*a list/],
    ['twice the same feature', one('    supported_features: [a, a]\n'), /without repetition/],
    ['missing path', `${HEAD}  - name: a\n`, /manifest\.yaml:4:\d+: "path" is missing/],
    ['too many', HEAD + many, /manifest\.yaml:4:3: found a list of 101.*1 to 100/],
    ['none', 'service_type: discord-webhook\ncontract_version: 1.0.0\nimplementations: []\n', /1 to 100/],
    ['alias bomb', bomb + one(''), /alias/],
    [
      'unclosed quote',
      one('    local: {run: "node \'x"}\n'),
      /manifest\.yaml:6:18: found a ' that is never closed in local\.run of go-gin/,
    ],
    ['shell syntax', one('    local: {run: "node a && node b"}\n'), /found "&", which only a shell understands/],
    ['unquoted variable', one('    local: {run: "serve $PORT"}\n'), /found "\$", which only a shell understands/],
    ['empty program', one('    local: {run: [""]}\n'), /found no program/],
    ['program with a path', one('    local: {run: node x, requires: [/bin/sh]}\n'), /the name of a program/],
    ['image', one('    image: "Not an image"\n'), /a container image/],
    ['build argument name', one('    build_args: {"A=B": x}\n'), /found the key "A=B"/],
    ['not YAML', 'service_type: [', /manifest\.yaml:1/],
    ['a list', '- a\n', /an object/],
    ['empty', '', /manifest/],
  ];
  for (const [name, text, expected] of cases) assert.match(refusal(text), expected, name);
});

test('all mistakes are told at once', () => {
  const said = refusal(`${HEAD}  - {name: A, path: /x}\n  - {name: b, path: y, langage: go}\n`);
  for (const expected of [/found "A"/, /found "\/x"/, /unknown key "langage"/]) assert.match(said, expected);
});

test('the schema takes all shipped service types', () => {
  for (const type of SERVICE_TYPES) assert.match(type, new RegExp(manifest.properties.service_type.pattern));
});
