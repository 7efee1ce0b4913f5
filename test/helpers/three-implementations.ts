import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { git, TEMPLATE, type Workspace } from './cli.ts';

export const NAMES = ['alpha', 'beta', 'gamma'] as const;

export function manifestOf(names: readonly string[], version = '1.0.0'): string {
  const features = '[signature-validation, pubsub-publish, root-alias, reject-future-timestamps]';
  const entries = names.map(
    (name) => `  - name: ${name}
    path: implementations/${name}
    language: javascript
    framework: node-http
    supported_features: ${features}
    local: { run: [node, server.js], requires: [node] }
`,
  );
  return `service_type: discord-webhook\ncontract_version: ${version}\nimplementations:\n${entries.join('')}`;
}

/** A Git repository of three implementations that honour the contract, and a configuration for short runs. */
export function placeThree(workspace: Workspace): string {
  const repository = join(workspace.directory, 'repo');
  for (const name of NAMES)
    cpSync(join(TEMPLATE, 'implementations/node-http'), join(repository, 'implementations', name), { recursive: true });
  writeFileSync(join(repository, 'manifest.yaml'), manifestOf(NAMES));
  writeFileSync(join(repository, 'README.md'), '# Services\n');
  writeFileSync(
    join(repository, 'perf.yaml'),
    'version: "1.0"\nbenchmark: { warm_requests: { count: 40, concurrency: 2 } }\nemulator: { runtime: process }\n',
  );
  git(repository, 'init', '-q', '-b', 'main');
  commitAll(repository, 'one');
  return repository;
}

/** Its full id. */
export function commitAll(repository: string, message: string): string {
  git(repository, 'add', '-A');
  git(repository, 'commit', '-qm', message);
  return git(repository, 'rev-parse', 'HEAD');
}
