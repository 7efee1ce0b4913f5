import { readContent } from '../contract/content.ts';
import type { LoadedContract } from '../contract/contract.ts';
import { headerValue } from '../contract/formats/openapi.ts';
import { captureOutputs } from '../contract/outputs.ts';
import type { LoadAnswer } from '../contract/steps/step-kind.ts';
import { InfrastructureError, UsageError } from '../domain/errors.ts';
import type { HttpExchange } from '../ports/transport.ts';
import { loadMix, loadStep } from './load-mix.ts';
import type { EnvironmentOptions, Protocol } from './protocol.ts';
import { createSigner, keyForService } from './signing.ts';

/** The protocol that a contract describes. Throws UsageError when it describes no benchmark. */
export function protocolOf(contract: LoadedContract): Protocol {
  const { benchmark } = contract;
  if (benchmark === undefined) {
    throw new UsageError('benchmark-missing', `the contract ${contract.type} describes no benchmark`, {
      hint: 'add benchmark with cold and warm to its contract.yaml; docs/contracts.md has examples',
    });
  }
  const vectorSigner = createSigner(contract.signing, 'vectors');
  const loadSigner = createSigner(contract.signing, 'load');
  const cold = loadStep(benchmark.cold, contract, loadSigner)({ scope: new Map(), nowMs: 0 });
  const published = Object.entries(contract.channels).flatMap(([name, { topicVariable }]) =>
    topicVariable === undefined ? [] : [[name, { topicVariable }] as const],
  );
  return {
    ...vectorSigner,
    serviceType: contract.type,
    environment: (options) =>
      environmentOf(
        contract,
        published.map(([, { topicVariable }]) => topicVariable),
        options,
      ),
    channels: Object.fromEntries(published),
    coldRequest: () => cold.request,
    coldFault: (answer) => (cold.isCorrect(loadAnswer(answer)) ? undefined : shortly(answer)),
    warmCall: loadMix(contract, loadSigner),
    // All warm requests are of one kind; a handshake without messages is a request of its own.
    logsConnections: benchmark.warm.some((step) => 'websocket' in step && (step.websocket.exchange ?? []).length > 0),
    async prepare(send, nowMs) {
      const scope = new Map<string, unknown>();
      for (const [index, step] of (benchmark.setup ?? []).entries()) {
        const call = loadStep(step, contract, loadSigner)({ scope, nowMs: nowMs() });
        const answer = await send(call.request);
        const plain = { status: answer.status, headers: answer.headers, content: readContent(answer.body) };
        const output = call.output?.(answer) ?? plain;
        const wrong = !call.isCorrect(loadAnswer(answer));
        const missing = wrong ? [] : captureOutputs(step.outputs ?? {}, output, scope);
        if (!wrong && missing.length === 0) continue;
        const found = wrong ? shortly(answer) : `no value for output ${missing[0]?.check.slice('output '.length)}`;
        throw new InfrastructureError('benchmark-setup', `request ${index + 1} of the benchmark's setup: ${found}`, {
          hint: 'the service must answer it as its contract says: validate it',
        });
      }
      return loadMix(contract, loadSigner, scope);
    },
  };
}

function environmentOf(
  { environment, signing }: LoadedContract,
  topicVariables: readonly string[],
  { project, topic, pubsubHost }: EnvironmentOptions,
): Readonly<Record<string, string>> {
  return {
    ...Object.fromEntries(Object.values(signing).map((entry) => [entry.key_variable, keyForService(entry)])),
    ...Object.fromEntries(
      Object.entries(environment).map(([name, text]) => [name, text.replaceAll('{{$project}}', project)]),
    ),
    ...Object.fromEntries(topicVariables.map((name) => [name, topic])),
    ...(topicVariables.length === 0 || pubsubHost === undefined ? {} : { PUBSUB_EMULATOR_HOST: pubsubHost }),
  };
}

export function loadAnswer(answer: HttpExchange): LoadAnswer {
  const { status, body, grpc } = answer;
  const contentType = headerValue(answer, 'content-type');
  return { status, body, contentType, ...(grpc === undefined ? {} : { grpcCode: grpc.code }) };
}

function shortly({ status, grpc }: HttpExchange): string {
  return grpc === undefined ? `a wrong answer, status ${status}` : `gRPC code ${grpc.code}`;
}
