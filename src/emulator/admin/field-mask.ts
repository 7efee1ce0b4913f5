import { invalidArgument } from './admin-error.ts';
import type { Service, ServiceInput } from './messages.ts';

/** Fields that only the server sets; what a client sends in them is ignored. */
const OUTPUT_ONLY = [
  'name uid generation observedGeneration createTime updateTime deleteTime expireTime creator lastModifier urls uri',
  'terminalCondition conditions latestReadyRevision latestCreatedRevision trafficStatuses reconciling etag',
  'satisfiesPzs threatDetectionEnabled',
]
  .join(' ')
  .split(' ');

/** Top-level fields that an update mask may name, as in the proto. */
const INPUT_FIELDS = new Set(
  [
    'description labels annotations client client_version ingress launch_stage binary_authorization template traffic',
    'scaling invoker_iam_disabled default_uri_disabled iap_enabled multi_region_settings custom_audiences build_config',
  ]
    .join(' ')
    .split(' '),
);

type Fields = Readonly<Record<string, unknown>>;

export function inputOf(service: Service): ServiceInput {
  return Object.fromEntries(Object.entries(service).filter(([name]) => !OUTPUT_ONLY.includes(name)));
}

/**
 * The desired state after an update. Without a mask (or with `*`) the given service replaces everything that a client
 * may set; with one, exactly the named paths (snake case, dots between levels) are taken over, and a named field that is
 * absent in `given` is cleared.
 */
export function applyMask(current: ServiceInput, given: ServiceInput, paths: readonly string[]): ServiceInput {
  if (paths.length === 0 || paths.includes('*')) return given;
  return paths.reduce<ServiceInput>((merged, path) => {
    const parts = path.split('.');
    if (!INPUT_FIELDS.has(parts[0] ?? '')) {
      throw invalidArgument(`Invalid update_mask: '${path}' is not a field of Service that can be updated.`);
    }
    return copyPath(merged as Fields, given as Fields, parts.map(camelCase), path);
  }, current);
}

function copyPath(target: Fields, source: Fields, parts: readonly string[], path: string): Fields {
  const [name = '', ...rest] = parts;
  const { [name]: before, ...others } = target;
  const after = source[name];
  if (rest.length === 0) return after === undefined ? others : { ...others, [name]: after };
  if (Array.isArray(before) || Array.isArray(after)) {
    throw invalidArgument(`Invalid update_mask: '${path}' goes into a repeated field; name the whole field.`);
  }
  return { ...others, [name]: copyPath(fieldsOf(before), fieldsOf(after), rest, path) };
}

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const camelCase = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
