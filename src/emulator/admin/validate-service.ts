import type { ServiceInput, TrafficTarget } from './messages.ts';
import { validateMetadata } from './validate-metadata.ts';
import { validateTemplate } from './validate-template.ts';
import type { Violation } from './violation.ts';

const MAX_SERVICE_ID = 49;
const MAX_TAG_AND_SERVICE = 46;
const MAX_DESCRIPTION = 512;
const SCALING_MODES = ['SCALING_MODE_UNSPECIFIED', 'AUTOMATIC', 'MANUAL'];
const LATEST = 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST';
const REVISION = 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION';

export function validateServiceId(id: string | undefined): Violation[] {
  const path = 'service_id';
  if (id === undefined || id === '') return [{ path, text: 'the service id must be set.' }];
  if (id.length <= MAX_SERVICE_ID && /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/.test(id)) return [];
  return [
    {
      path,
      text: `only lowercase, digits, and hyphens; must begin with letter, and cannot end with hyphen; must be less than ${MAX_SERVICE_ID + 1} characters, found '${id.slice(0, 100)}'.`,
    },
  ];
}

/** All server-side rules of a service whose defaults are filled in. `revisions`: short names that traffic may go to. */
export function validateService(id: string, service: ServiceInput, revisions: readonly string[]): Violation[] {
  const { scaling = {}, description = '', template } = service;
  const found: Violation[] = [];
  const check = (ok: boolean, path: string, text: string) => {
    if (!ok) found.push({ path, text });
  };
  check(
    description.length <= MAX_DESCRIPTION,
    'service.description',
    `at most ${MAX_DESCRIPTION} characters, found ${description.length}.`,
  );
  const mode = scaling.scalingMode ?? 'AUTOMATIC';
  const { manualInstanceCount: count } = scaling;
  check(SCALING_MODES.includes(mode), 'service.scaling.scaling_mode', `unknown scaling mode ${mode}.`);
  check(
    mode !== 'MANUAL' || count !== undefined,
    'service.scaling.manual_instance_count',
    'must be set when the scaling mode is MANUAL.',
  );
  check((count ?? 0) >= 0, 'service.scaling.manual_instance_count', `must not be negative, found ${count}.`);
  return [
    ...found,
    ...validateMetadata('service.', service),
    ...(template === undefined
      ? [{ path: 'service.template', text: 'the template must be set.' }]
      : validateTemplate(id, template)),
    ...validateTraffic(id, service.traffic ?? [], revisions),
  ];
}

function validateTraffic(id: string, traffic: readonly TrafficTarget[], revisions: readonly string[]): Violation[] {
  const total = traffic.reduce((sum, { percent = 0 }) => sum + percent, 0);
  const tags = traffic.map(({ tag = '' }) => tag).filter((tag) => tag !== '');
  const repeated = tags.filter((tag, index) => tags.indexOf(tag) !== index);
  const found: Violation[] = [];
  const path = 'service.traffic';
  if (traffic.length > 0 && total !== 100)
    found.push({ path, text: `the sum of all traffic percents must be 100, found ${total}.` });
  if (repeated.length > 0) found.push({ path, text: `traffic tags must be unique, repeated: ${repeated.join(', ')}.` });
  return [...found, ...traffic.flatMap((target, index) => validateTarget(`${path}[${index}]`, id, target, revisions))];
}

function validateTarget(path: string, id: string, target: TrafficTarget, revisions: readonly string[]): Violation[] {
  const { type, revision = '', percent = 0, tag = '' } = target;
  const found: Violation[] = [];
  if (type === LATEST && revision !== '')
    found.push({ path: `${path}.revision`, text: 'must be empty when the type is LATEST.' });
  else if (type === REVISION && !revisions.includes(revision))
    found.push({ path: `${path}.revision`, text: `Revision named '${revision}' does not exist.` });
  else if (type !== LATEST && type !== REVISION)
    found.push({
      path: `${path}.type`,
      text: `the allocation type must be LATEST or REVISION, found ${type ?? 'none'}.`,
    });
  if (percent < 0 || percent > 100)
    found.push({ path: `${path}.percent`, text: `must be between 0 and 100, found ${percent}.` });
  if (tag !== '' && !/^[a-z](?:[a-z0-9-]*[a-z0-9])?$/.test(tag))
    found.push({
      path: `${path}.tag`,
      text: `only lowercase letters, digits and hyphens are allowed, found '${tag.slice(0, 100)}'.`,
    });
  if (tag.length + id.length > MAX_TAG_AND_SERVICE)
    found.push({
      path: `${path}.tag`,
      text: `Combined traffic tag and service name cannot exceed ${MAX_TAG_AND_SERVICE} characters. Found ${tag.length + id.length} in '${tag.slice(0, 100)}' and '${id}'.`,
    });
  return found;
}
