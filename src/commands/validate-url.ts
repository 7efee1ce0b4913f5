import type { Config } from '../config/config.ts';
import type { ValidateRequest } from '../config/request.ts';
import { checkFeatures } from '../contract/features.ts';
import { chosenVectors } from '../contract/selection.ts';
import { conforms } from '../domain/conformance.ts';
import { UsageError } from '../domain/errors.ts';
import { EXIT, type ExitCode } from '../domain/exit-codes.ts';
import { CONFORMANCE_EXPORTERS } from '../report/registry.ts';
import { checkConformance } from './conformance.ts';
import { contractFor, deprecationOf } from './contracts.ts';
import { EXTERNAL_PROJECT, externalTopic, rootOf, versionNamed } from './env.ts';
import type { Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';

/** Checks a service that somebody else started, in any language, anywhere. */
export async function validateUrl(
  request: ValidateRequest,
  config: Config,
  ports: Ports,
  signal: AbortSignal,
): Promise<Outcome> {
  const { url, type } = request;
  if (url === undefined || type === undefined) {
    throw new UsageError('type-missing', '--url needs --type: the contract that the service shall honour', {
      hint: 'for instance: validate --url http://127.0.0.1:8080 --type discord-webhook',
    });
  }
  const repositoryRoot = rootOf(request, ports);
  const name = { serviceType: type, repositoryRoot, ...versionNamed(request) };
  const contract = await contractFor(name, ports);
  const deprecation = await deprecationOf(name, ports, ports.clock.epochMs());
  if (deprecation !== undefined)
    ports.logger.warn(deprecation, { hint: 'name the version that the service honours with --contract-version' });
  const features = request.features ?? Object.keys(contract.features);
  checkFeatures(contract, features);
  const vectors = chosenVectors(contract, request.vectors);
  if (request.dryRun) {
    ports.print(
      `would check ${url} against ${type} ${contract.version}: ${vectors.length} vectors, features ${features.join(', ')}\n`,
    );
    return { exitCodes: [], outputs: {} };
  }
  const project = config.gcp.projectId ?? EXTERNAL_PROJECT;
  const bus =
    request.pubsubEmulator === undefined ? undefined : await ports.messageBusAt(request.pubsubEmulator, project);
  const topic = externalTopic(type);
  await bus?.ensureTopic(topic, signal);
  const conformance = await checkConformance(
    {
      serviceType: type,
      repositoryRoot,
      // Of a major alone, all that its contract holds.
      contractVersion: request.contractVersion?.includes('.') ? request.contractVersion : contract.version,
      features,
      url,
      vectors: request.vectors,
      probeUndeclared: request.probeUndeclared,
      topic,
      ...(bus === undefined ? {} : { bus }),
    },
    ports,
    signal,
  );
  ports.print(CONFORMANCE_EXPORTERS[request.format]([{ implementation: url, conformance, url }], ports.terminal));
  if (conformance.notChecked > 0 && conformance.unreachable === undefined) {
    ports.logger.warn(`${conformance.notChecked} vectors were not checked, which is not a pass`, {
      hint: bus === undefined ? 'name the Pub/Sub emulator of the service with --pubsub-emulator' : undefined,
    });
  }
  // A service that never answered has broken no promise: it, or the way to it, is not there.
  const reached = conformance.passed + conformance.failed > 0;
  const failing: ExitCode = conformance.unreachable !== undefined && !reached ? EXIT.infrastructure : EXIT.contract;
  return {
    exitCodes: conforms(conformance) ? [] : [failing],
    outputs: { verdict: conforms(conformance) ? 'passed' : reached ? 'contract failed' : 'not measured' },
  };
}
