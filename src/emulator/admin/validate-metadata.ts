import type { Violation } from './violation.ts';

const FORBIDDEN_NAMESPACES = [
  'run.googleapis.com',
  'cloud.googleapis.com',
  'serving.knative.dev',
  'autoscaling.knative.dev',
];
const LABEL_KEY = /^[a-z][a-z0-9_-]{0,62}$/;
const LABEL_VALUE = /^[a-z0-9_-]{0,63}$/;
const MAX_LABELS = 64;

/** Rules of labels (those of Google Cloud) and of annotations (the forbidden namespaces only). */
export function validateMetadata(
  path: string,
  metadata: {
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
  },
): Violation[] {
  const labels = Object.entries(metadata.labels ?? {});
  const tooMany =
    labels.length > MAX_LABELS
      ? [{ path: `${path}labels`, text: `at most ${MAX_LABELS} labels are allowed, found ${labels.length}.` }]
      : [];
  return [
    ...tooMany,
    ...labels.flatMap(([key, value]) => [
      ...namespace(`${path}labels`, key),
      ...(forbidden(key) || LABEL_KEY.test(key)
        ? []
        : [
            {
              path: `${path}labels`,
              text: `invalid label key '${key}': keys begin with a lowercase letter and have at most 63 lowercase letters, digits, hyphens and underscores.`,
            },
          ]),
      ...(LABEL_VALUE.test(value)
        ? []
        : [
            {
              path: `${path}labels`,
              text: `invalid value '${value}' of label '${key}': values have at most 63 lowercase letters, digits, hyphens and underscores.`,
            },
          ]),
    ]),
    ...Object.keys(metadata.annotations ?? {}).flatMap((key) => namespace(`${path}annotations`, key)),
  ];
}

function forbidden(key: string): string | undefined {
  const host = key.includes('/') ? key.slice(0, key.indexOf('/')) : '';
  return FORBIDDEN_NAMESPACES.find((name) => host === name || host.endsWith(`.${name}`));
}

function namespace(path: string, key: string): Violation[] {
  const name = forbidden(key);
  return name === undefined
    ? []
    : [{ path, text: `'${key}' is in the system namespace '${name}', which API v2 does not support.` }];
}
