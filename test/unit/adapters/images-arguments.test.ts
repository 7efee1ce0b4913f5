import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type BuildCall,
  buildArguments,
  type CacheChoice,
  cacheArguments,
  imageTag,
} from '../../../src/adapters/images/build-arguments.ts';
import type { Implementation } from '../../../src/domain/implementation.ts';

const IMPLEMENTATION: Implementation = {
  name: 'node-http',
  serviceType: 'discord-webhook',
  path: 'impl',
  dockerfile: 'docker/Dockerfile',
  buildArgs: { A: '1 2', B: '--x' },
  supportedFeatures: [],
};
const CALL: BuildCall = {
  implementation: IMPLEMENTATION,
  context: '/repo/impl',
  tag: 'r/node-http:run-head',
  idFile: '/id',
  tool: { kind: 'engine' },
  native: false,
  bridge: true,
  cache: [],
};
const BUILDX = { kind: 'buildx', outside: true, exportsCache: true } as const;
const BUILDX_OF_ENGINE = { kind: 'buildx', outside: false, exportsCache: false } as const;
const BUILDX_WITH_CONTAINERD = { ...BUILDX_OF_ENGINE, exportsCache: true } as const;

test('arguments of a build', () => {
  const common = ['--tag', 'r/node-http:run-head', '--iidfile', '/id', '--build-arg', 'A=1 2', '--build-arg', 'B=--x'];
  const file = ['--file', '/repo/impl/docker/Dockerfile'];
  const platform = ['--platform', 'linux/amd64'];
  const buildx = ['buildx', 'build', '--load', '--provenance=false', '--sbom=false'];
  const host = ['--network', 'host'];
  const target = { implementation: { ...IMPLEMENTATION, target: 'server' } };
  const cases: [name: string, change: Partial<BuildCall>, wanted: readonly string[]][] = [
    ['engine', {}, ['build', ...platform, ...file, ...common]],
    ['own platform', { native: true }, ['build', ...file, ...common]],
    ['no bridge', { bridge: false }, ['build', ...platform, ...host, ...file, ...common]],
    ['target', target, ['build', ...platform, ...file, '--target', 'server', ...common]],
    ['buildx', { tool: BUILDX }, [...buildx, ...platform, ...file, ...common]],
    ['buildx, no bridge', { tool: BUILDX, bridge: false }, [...buildx, ...platform, ...file, ...common]],
    ['engine buildx', { tool: BUILDX_OF_ENGINE, bridge: false }, [...buildx, ...platform, ...host, ...file, ...common]],
    ['cache', { cache: ['--cache-from', 'x'] }, ['build', ...platform, ...file, ...common, '--cache-from', 'x']],
  ];
  for (const [name, change, wanted] of cases)
    assert.deepEqual(buildArguments({ ...CALL, ...change }), [...wanted, '/repo/impl'], name);
});

test('where layers are kept', () => {
  const registry = 'europe-docker.pkg.dev/p/perf';
  const usual: CacheChoice = { cache: 'registry', tool: BUILDX, name: 'node-http', registry, onGitHub: false };
  const inRegistry = (ref = `type=registry,ref=${registry}/node-http:buildcache`) => [
    '--cache-from',
    ref,
    '--cache-to',
    `${ref},mode=max,ignore-error=true`,
  ];
  const gha = inRegistry('type=gha,scope=node-http');
  const cases: [name: string, change: Partial<CacheChoice>, wanted: readonly string[]][] = [
    ['registry', {}, inRegistry()],
    ['registry on GitHub', { onGitHub: true }, inRegistry()],
    ['no registry', { registry: undefined }, []],
    ['none', { cache: 'none', onGitHub: true }, []],
    ['gha', { cache: 'gha', onGitHub: true }, gha],
    ['gha without a registry', { cache: 'gha', onGitHub: true, registry: undefined }, gha],
    ['gha outside of a step of an action', { cache: 'gha' }, inRegistry()],
    ['engine', { tool: { kind: 'engine' } }, []],
    ['driver of the engine', { tool: BUILDX_OF_ENGINE }, []],
    ['driver of the engine with containerd', { tool: BUILDX_WITH_CONTAINERD }, inRegistry()],
  ];
  for (const [name, change, wanted] of cases) assert.deepEqual(cacheArguments({ ...usual, ...change }), wanted, name);
});

test('tags tell runs and sides apart', () => {
  assert.equal(imageTag(IMPLEMENTATION, 'run-1/base', undefined), 'local/node-http:run-1-base');
  assert.equal(imageTag(IMPLEMENTATION, 'run-1/head', 'h/p'), 'h/p/node-http:run-1-head');
  const long = (side: string) => imageTag(IMPLEMENTATION, `${'r'.repeat(200)}/${side}`, undefined);
  assert.notEqual(long('base'), long('head'));
  assert.match(long('head'), /^local\/node-http:\w[\w.-]{0,127}$/);
});
