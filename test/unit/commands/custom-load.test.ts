import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { LoadJob } from '../../../src/commands/load-job.ts';
import type { Ports } from '../../../src/commands/ports.ts';
import { ResourceLog } from '../../../src/commands/resource-log.ts';
import { loadContract } from '../../../src/contract/contract.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import { protocolOf } from '../../../src/protocols/contract-protocol.ts';
import { createMemoryStore } from '../../helpers/memory-store.ts';
import { filesBelow } from '../../helpers/shipped-contract.ts';

const REPOSITORY = join(import.meta.dirname, '../../fixtures/service-repos/github-webhook');

test('the plan of a load job holds the contract of a type that only its repository knows', async () => {
  const own = filesBelow(join(REPOSITORY, 'contract'));
  const tree = {
    root: REPOSITORY,
    list: async () => [...own.keys()].map((path) => `contract/${path}`),
    read: async (path: string) => own.get(path.slice('contract/'.length)),
  };
  const store = createMemoryStore();
  const ports = {
    platform: async () => ({
      jobs: {
        deploy: async () => undefined,
        run: async () => ({ execution: 'e', tasks: [] }),
        remove: async () => undefined,
      },
    }),
    loadImage: async () => ({ kind: 'container', image: 'r.test/load@sha256:aa', digest: 'sha256:aa', buildMs: 1 }),
    logger: { info: () => undefined, warn: () => undefined, debug: () => undefined },
    clock: { epochMs: () => 1_800_000_000_000 },
    tool: { owner: 'org/services' },
    randomText: () => '0123456789abcdef',
    contractMajors: async () => [],
    contractFiles: async () => new Map(),
    fileTree: () => tree,
  } as unknown as Ports;
  const warm = { connections: 1, requests: 4, warmupRequests: 0 };
  const plan = { runId: 'run-1', platform: 'cloudrun', settings: { warm } } as unknown as Plan;
  const config = { from: 'job', tasks: 1, cpu: '1', memory: '512Mi' } as const;
  const resources = new ResourceLog(async () => undefined);
  const job = new LoadJob({ plan, config, store, ports, resources, signal: AbortSignal.any([]) });
  job.begin();
  const driver = await job.driver({
    serviceType: 'github-webhook',
    contractVersion: '1.1.0',
    repositoryRoot: REPOSITORY,
  });
  const round = { blocks: [{ id: 'a', url: 'http://a.test' }], warm, requestTimeoutMs: 1 };
  await driver.run(round as unknown as Parameters<typeof driver.run>[0]);
  const [, text = ''] = [...store.texts].find(([path]) => path.endsWith('/plan.json')) ?? [];
  const stored = JSON.parse(text) as { readonly contract: Record<string, string>; readonly serviceType: string };
  assert.equal(stored.serviceType, 'github-webhook');
  // What the task makes of it, somewhere where no repository is.
  const protocol = protocolOf(loadContract(new Map(Object.entries(stored.contract))));
  const { request } = protocol.warmCall(1_800_000_000_000);
  assert.match(
    JSON.stringify(request),
    /X-Hub-Signature-256","value":"sha256=[0-9a-f]{64}|X-Hub-Signature-256","sha256=[0-9a-f]{64}/i,
  );
});
