import type { Check } from '../domain/check.ts';
import type { Asked, RegionQuota } from '../ports/cloud-project.ts';
import { type CloudNeeds, rolesFor } from './cloud-needs.ts';

const GIB = 2 ** 30;

type Subject = Pick<Check, 'id' | 'subject'>;

/** What an answer is worth; without one: denied and missing are problems where they say so, else nothing can be told. */
export function checkOf<T>(
  subject: Subject,
  asked: Asked<T>,
  judge: (value: T) => Omit<Check, 'id' | 'subject'>,
  unanswered: { readonly missing?: string; readonly denied?: string; readonly hint?: string } = {},
): Check {
  if (asked.known) return { ...subject, ...judge(asked.value) };
  const { why, reason } = asked;
  const problem = why === 'unreachable' ? undefined : unanswered[why];
  if (problem !== undefined) return { ...subject, state: 'problem', found: reason, hint: problem };
  return {
    ...subject,
    state: 'unknown',
    found: reason,
    ...(unanswered.hint === undefined ? {} : { hint: unanswered.hint }),
  };
}

/** Wanted permissions against those that are there; the hint names the roles that give the missing ones. */
export function permissionCheck(
  subject: Subject,
  wanted: readonly string[],
  asked: Asked<readonly string[]>,
  unanswered: Parameters<typeof checkOf>[3] = {},
): Check {
  return checkOf(
    subject,
    asked,
    (granted) => {
      const missing = wanted.filter((permission) => !granted.includes(permission));
      if (missing.length === 0) return { state: 'ok', found: `${wanted.length} permissions` };
      return {
        state: 'problem',
        found: `missing ${missing.join(', ')}`,
        hint: `Grant ${rolesFor(missing).join(' and ')}, or the roles that "cloudrun-perf setup" prints.`,
      };
    },
    unanswered,
  );
}

export function apiChecks(
  needs: CloudNeeds,
  project: string,
  asked: Asked<{ readonly enabled: readonly string[] }>,
): readonly Check[] {
  return needs.apis.map((api) =>
    checkOf({ id: `api-${api.replace(/\..*$/, '')}`, subject: `API ${api}` }, asked, ({ enabled }) =>
      enabled.includes(api)
        ? { state: 'ok', found: 'enabled' }
        : {
            state: 'problem',
            found: 'not enabled',
            hint: `Run: gcloud services enable ${api} --project ${project}`,
          },
    ),
  );
}

/** Whether all that is loaded at the same time fits the region, and the writes of this tool its quota. */
export function quotaChecks(needs: CloudNeeds, region: string, asked: Asked<RegionQuota>): readonly Check[] {
  const limits: readonly (readonly [Subject, keyof RegionQuota, number, (value: number) => string])[] = [
    [{ id: 'quota-cpu', subject: `CPU in ${region}` }, 'milliCpu', needs.milliCpu, (value) => `${value / 1000} vCPU`],
    [
      { id: 'quota-memory', subject: `memory in ${region}` },
      'memoryBytes',
      needs.memoryBytes,
      (value) => `${Math.round((value / GIB) * 100) / 100} GiB`,
    ],
    [
      { id: 'quota-writes', subject: `writes in ${region}` },
      'writesPerMinute',
      needs.writesPerMinute,
      (value) => `${value} a minute`,
    ],
  ];
  const hint = 'Look at the quotas of Cloud Run in the console: ordinary projects have 20 vCPU and 40 GiB a region.';
  return limits.map(([subject, field, needed, show]) =>
    checkOf(
      subject,
      asked,
      (quota) => {
        const limit = quota[field];
        if (limit === undefined) return { state: 'unknown', found: `needs ${show(needed)}, no limit is told`, hint };
        const found = `needs ${show(needed)} of ${Number.isFinite(limit) ? show(limit) : 'no limit'}`;
        if (needed <= limit) return { state: 'ok', found };
        return {
          state: 'problem',
          found,
          hint: 'Lower max_instances or cpu of the profiles, gcp.instances_at_once, or the jobs at a time, or ask for more quota.',
        };
      },
      { hint },
    ),
  );
}
