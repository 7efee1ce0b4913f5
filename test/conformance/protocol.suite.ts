import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpRequest } from '../../src/ports/transport.ts';
import type { Protocol } from '../../src/protocols/protocol.ts';

export interface ProtocolSamples {
  readonly right: { readonly status: number; readonly contentType: string; readonly body: string };
  readonly wrong: readonly { readonly status: number; readonly contentType?: string; readonly body: string }[];
}

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 600);

/** What every protocol keeps, whatever it speaks. */
export function protocolSuite(protocol: Protocol, samples: ProtocolSamples): void {
  const name = protocol.serviceType;

  test(`${name}: the environment names project, topic and, only with an emulator, its host`, () => {
    const real = protocol.environment({ project: 'p-1', topic: 't-1' });
    const emulated = protocol.environment({ project: 'p-1', topic: 't-1', pubsubHost: '127.0.0.1:1' });
    assert.ok(Object.values(real).includes('p-1'));
    for (const { topicVariable } of Object.values(protocol.channels)) assert.equal(real[topicVariable], 't-1');
    assert.ok(!('PUBSUB_EMULATOR_HOST' in real));
    assert.equal(emulated.PUBSUB_EMULATOR_HOST, '127.0.0.1:1');
  });

  test(`${name}: the warm request is one object per second, and never stale`, () => {
    const first = protocol.warmCall(NOW).request;
    assert.equal(protocol.warmCall(NOW + 300).request, first);
    assert.notDeepEqual(protocol.warmCall(NOW + 1000).request, first);
  });

  test(`${name}: the cold request needs no signature`, () => {
    const cold = protocol.coldRequest() as HttpRequest;
    assert.deepEqual([cold.method, cold.path, cold.headers], ['GET', '/_benchmark/ready', []]);
    assert.deepEqual(cold, protocol.coldRequest());
  });

  test(`${name}: only the right answer counts as right`, () => {
    const judge = (answer: { status: number; contentType?: string; body: string }) =>
      protocol.warmCall(NOW).isCorrect({
        status: answer.status,
        contentType: answer.contentType,
        body: Buffer.from(answer.body),
      });
    assert.ok(judge(samples.right));
    for (const wrong of samples.wrong) assert.ok(!judge(wrong), JSON.stringify(wrong));
  });

  test(`${name}: signing adds headers, keeps the rest, and is repeatable`, () => {
    const request = { method: 'POST', path: '/x', headers: [['A', 'b']], body: Buffer.from('{}') } as const;
    for (const scheme of protocol.schemes) {
      for (const key of protocol.keys) {
        const signed = protocol.sign(request, { scheme, key }, NOW);
        assert.deepEqual(signed.headers[0], ['A', 'b']);
        assert.ok(signed.headers.length > 1);
        assert.deepEqual(signed, protocol.sign(request, { scheme, key }, NOW));
      }
    }
    assert.throws(() => protocol.sign(request, { scheme: 'no-such-scheme' }, NOW));
  });
}
