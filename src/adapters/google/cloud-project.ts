import { PerfError } from '../../domain/errors.ts';
import type { Asked, CloudProject, RegionQuota } from '../../ports/cloud-project.ts';
import { type Ask, asFields, createAsk, type Fields, type ProjectApiOptions, texts } from './project-api.ts';

export interface CloudProjectOptions extends ProjectApiOptions {
  readonly project: string;
}

const MOST_PAGES = 20;
const WRITE_METRIC = 'run.googleapis.com/admin_write_requests';
const MINUTE = 'minute';

/** Asks Google's APIs about one project; changes nothing. */
export function createCloudProject({ project, ...options }: CloudProjectOptions): CloudProject {
  const ask = createAsk(options);
  const parent = `projects/${encodeURIComponent(project)}`;
  const granted = ({ permissions }: Fields) => texts(permissions);
  return {
    account: () => accountOf(ask, options),
    apis: (names) => {
      const query = names.map((name) => `names=${encodeURIComponent(`${parent}/services/${name}`)}`).join('&');
      return ask('serviceusage', `/v1/${parent}/services:batchGet?${query}`, readApis);
    },
    permissions: (wanted) =>
      ask('cloudresourcemanager', `/v3/${parent}:testIamPermissions`, granted, { permissions: wanted }),
    accountPermissions: (email, wanted) => {
      const account = `/v1/projects/-/serviceAccounts/${encodeURIComponent(email)}`;
      return ask('iam', `${account}:testIamPermissions`, granted, { permissions: wanted });
    },
    quota: (region) => quotaOf(ask, parent, region),
    async repository(name, wanted) {
      const path = `/v1/${name.split('/').map(encodeURIComponent).join('/')}`;
      const found = await ask('artifactregistry', path, ({ format }) => String(format ?? ''));
      if (!found.known) return found;
      const tested = await ask('artifactregistry', `${path}:testIamPermissions`, granted, { permissions: wanted });
      return tested.known ? { known: true, value: { format: found.value, permissions: tested.value } } : tested;
    },
    bucket: (name, wanted) => {
      const query = wanted.map((permission) => `permissions=${encodeURIComponent(permission)}`).join('&');
      return ask('storage', `/storage/v1/b/${encodeURIComponent(name)}/iam/testPermissions?${query}`, granted);
    },
    policyEnforced: (constraint) =>
      ask('orgpolicy', `/v2/${parent}/policies/${encodeURIComponent(constraint)}:getEffectivePolicy`, ({ spec }) => {
        const { rules } = asFields(spec);
        return Array.isArray(rules) && rules.some((rule) => asFields(rule).enforce === true);
      }),
  };
}

/** Tokens of a workload tell no email, so that a token alone is an answer. */
async function accountOf(ask: Ask, { headers }: ProjectApiOptions): Promise<Asked<string>> {
  try {
    await headers('https://openidconnect.googleapis.com');
  } catch (error) {
    if (!(error instanceof PerfError)) throw error;
    const reason = [error.message, error.hint].filter(Boolean).join('; ');
    return { known: false, why: 'denied', reason, cause: error };
  }
  const found = await ask('openidconnect', '/v1/userinfo', ({ email }) => (typeof email === 'string' ? email : ''));
  return found.known ? found : { known: true, value: '' };
}

function readApis({ services }: Fields) {
  const found = (Array.isArray(services) ? services : []).map(asFields);
  const [, number = ''] = /^projects\/(\d+)\//.exec(String(found[0]?.name ?? '')) ?? [];
  const enabled = found.filter(({ state }) => state === 'ENABLED').map(({ name }) => String(name).replace(/^.*\//, ''));
  return { number, enabled };
}

async function quotaOf(ask: Ask, parent: string, region: string): Promise<Asked<RegionQuota>> {
  const infos: Fields[] = [];
  let token = '';
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query = token === '' ? '' : `&pageToken=${encodeURIComponent(token)}`;
    const path = `/v1/${parent}/locations/global/services/run.googleapis.com/quotaInfos?pageSize=500${query}`;
    const found = await ask('cloudquotas', path, (fields) => fields);
    if (!found.known) return found;
    const { quotaInfos, nextPageToken } = found.value;
    infos.push(...(Array.isArray(quotaInfos) ? quotaInfos : []).map(asFields));
    token = typeof nextPageToken === 'string' ? nextPageToken : '';
    if (token === '') break;
  }
  const byId = (id: string) => limitIn(infos.find(({ quotaId }) => quotaId === id) ?? {}, region);
  const writes = infos.find(({ metric, refreshInterval }) => metric === WRITE_METRIC && refreshInterval === MINUTE);
  const [milliCpu, memoryBytes] = [byId('CpuAllocPerProjectRegion'), byId('MemAllocPerProjectRegion')];
  const writesPerMinute = limitIn(writes ?? {}, region);
  return {
    known: true,
    value: {
      ...(milliCpu === undefined ? {} : { milliCpu }),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(writesPerMinute === undefined ? {} : { writesPerMinute }),
    },
  };
}

/** The limit that names the region wins over the one of all regions; -1 stands for none. */
function limitIn({ dimensionsInfos }: Fields, region: string): number | undefined {
  const infos = (Array.isArray(dimensionsInfos) ? dimensionsInfos : []).map(asFields);
  const own = infos.find(({ dimensions }) => asFields(dimensions).region === region);
  const covering = infos.find(({ applicableLocations }) => texts(applicableLocations).includes(region));
  const value = Number(asFields((own ?? covering)?.details).value ?? Number.NaN);
  if (Number.isNaN(value)) return undefined;
  return value < 0 ? Number.POSITIVE_INFINITY : value;
}
