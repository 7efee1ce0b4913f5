import { locate } from '../documents/locate.ts';
import { nearest } from '../documents/nearest.ts';
import { pointerTo } from '../documents/pointer.ts';
import type { Source } from '../documents/source-tree.ts';
import { UsageError } from '../domain/errors.ts';
import { plainSecrets } from '../plan/profile-rules.ts';
import type { ConfigDocument } from './document.ts';
import { notificationProblems } from './notifications.ts';
import { sweepProblems } from './sweep.ts';

/** What the schema cannot say, or would say with a secret in its message. */
export function checkDocument(document: ConfigDocument, source: Source): readonly UsageError[] {
  return [
    ...urlProblems(document, source),
    ...notificationProblems(document.notifications, source),
    ...profileReferences(document, source),
    ...plainSecretProblems(document, source),
    ...sweepProblems(document, source),
  ];
}

function* urlProblems(document: ConfigDocument, source: Source): Generator<UsageError> {
  for (const [index, { url }] of (document.service_repositories ?? []).entries()) {
    if (!/^(?:https|file):\/\/[^/]*@/.test(url) && !/^ssh:\/\/[^/]*:[^/]*@/.test(url)) continue;
    yield new UsageError('credentials-in-url', 'found credentials in a repository URL, wanted a URL without them', {
      at: locate(source, pointerTo('service_repositories', index, 'url')),
      hint: 'Give the token as GITHUB_TOKEN or as the input github-token.',
    });
  }
}

function* profileReferences(document: ConfigDocument, source: Source): Generator<UsageError> {
  const names = ['default', ...Object.keys(document.deployment_profiles ?? {})];
  for (const [implementation, { profile }] of Object.entries(document.implementations ?? {})) {
    if (profile === undefined || names.includes(profile)) continue;
    const near = nearest(profile, names);
    yield new UsageError(
      'unknown-profile',
      `found profile "${profile}", wanted one of ${[...new Set(names)].join(', ')}`,
      {
        at: locate(source, pointerTo('implementations', implementation, 'profile')),
        ...(near === undefined ? {} : { hint: `Did you mean "${near}"?` }),
      },
    );
  }
}

/** Profiles are stored with the results and shown in reports. */
function* plainSecretProblems(document: ConfigDocument, source: Source): Generator<UsageError> {
  for (const [name, { env = {} }] of Object.entries(document.deployment_profiles ?? {})) {
    for (const variable of plainSecrets({ env })) {
      yield new UsageError('secret-in-profile', `found a plain value for ${variable}, wanted a reference to a secret`, {
        at: locate(source, pointerTo('deployment_profiles', name, 'env', variable), 'key'),
        hint: `List it under secrets: { ${variable}: { secret: its-name, version: "1" } }; profiles are stored with the results.`,
      });
    }
  }
}
