import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { containerRunArguments } from '../../src/emulator/instances/container-arguments.ts';
import { chooseNetwork } from '../../src/emulator/instances/container-network.ts';
import type { RevisionSpec } from '../../src/emulator/model.ts';

const directory = mkdtempSync(join(tmpdir(), 'container-network-'));
after(() => rmSync(directory, { recursive: true, force: true }));

interface Engine {
  readonly drivers: string;
  /** What `info` prints; absent: it fails, as Podman's does for fields that are Docker's. */
  readonly info?: string;
}

function engine(name: string, { drivers, info }: Engine): string {
  const path = join(directory, name);
  const told = info === undefined ? 'exit 125' : `echo '${info}'`;
  writeFileSync(path, `#!/bin/sh\ncase $1 in network) printf '${drivers}' ;; info) ${told} ;; esac\n`, { mode: 0o755 });
  return path;
}

test('containers share the network of the machine where the engine does', async () => {
  const three = 'bridge\\nhost\\nnull\\n';
  const cases: [string, Engine, NodeJS.Platform, string][] = [
    ['docker', { drivers: three, info: 'Debian GNU/Linux 12 [name=seccomp,profile=default]' }, 'linux', 'host'],
    ['podman', { drivers: 'bridge\\n' }, 'linux', 'host'],
    ['no-bridge', { drivers: 'host\\nnull\\n' }, 'linux', 'host'],
    ['rootless', { drivers: three, info: 'Debian GNU/Linux 12 [name=seccomp name=rootless]' }, 'linux', 'bridge'],
    ['desktop', { drivers: three, info: 'Docker Desktop []' }, 'linux', 'bridge'],
    ['mac', { drivers: three, info: 'Docker Desktop []' }, 'darwin', 'bridge'],
  ];
  for (const [name, told, machine, expected] of cases)
    assert.equal(await chooseNetwork(engine(name, told), machine), expected, name);
});

test('an engine that does not answer is named', async () => {
  const path = join(directory, 'down');
  writeFileSync(path, '#!/bin/sh\necho "Cannot connect to the engine" >&2\nexit 1\n', { mode: 0o755 });
  await assert.rejects(chooseNetwork(path, 'linux'), {
    code: 'container-engine-down',
    message: `${path} does not answer: Cannot connect to the engine`,
  });
});

test('on a bridge, emulators on the loopback of the machine are reached by its name', () => {
  const env = {
    PUBSUB_EMULATOR_HOST: '127.0.0.1:8085',
    FIRESTORE_EMULATOR_HOST: 'localhost:8086',
    SPANNER_EMULATOR_HOST: 'spanner.internal:9010',
    HOME_PAGE: '127.0.0.1:8085',
  };
  const revision: RevisionSpec = {
    service: 's',
    name: 's-1',
    image: 'i',
    command: [],
    args: [],
    env,
    portName: 'http1',
    cpu: 1,
    memoryBytes: 1,
    concurrency: 1,
    minInstances: 0,
    maxInstances: 1,
    timeoutMs: 1,
    startupProbe: { kind: 'tcp', initialDelayMs: 0, timeoutMs: 1, periodMs: 1, failureThreshold: 1 },
  };
  const valuesOn = (network: 'bridge' | 'host') => {
    const argv = containerRunArguments({ revision, instanceId: 'a'.repeat(64), image: 'i', port: 20_001, network });
    return Object.keys(env).map((name) => argv.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1));
  };
  assert.deepEqual(valuesOn('host'), Object.values(env));
  assert.deepEqual(valuesOn('bridge'), [
    'host.docker.internal:8085',
    'host.docker.internal:8086',
    'spanner.internal:9010',
    '127.0.0.1:8085',
  ]);
});
