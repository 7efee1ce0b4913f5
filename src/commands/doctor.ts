import type { Config } from '../config/config.ts';
import type { DoctorRequest } from '../config/request.ts';
import type { Check } from '../domain/check.ts';
import { UsageError } from '../domain/errors.ts';
import { EXIT } from '../domain/exit-codes.ts';
import { checkOf } from '../plan/cloud-checks.ts';
import { cloudNeeds } from '../plan/cloud-needs.ts';
import { profileProblems } from '../plan/profile-rules.ts';
import { instancesOfJob } from '../plan/strata.ts';
import { checksTable } from '../report/checks.ts';
import { projectChecks } from './cloud-preflight.ts';
import type { Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';
import { resolveProfiles } from './profiles.ts';

/** Looks at everything that a run in the cloud needs, before anything is spent. Exit code 1 with any problem. */
export async function doctor(
  request: DoctorRequest,
  config: Config,
  ports: Ports,
  signal: AbortSignal,
): Promise<Outcome> {
  const { projectId, region, artifactRegistry, invoker = 'public' } = config.gcp;
  if (projectId === undefined) {
    throw new UsageError('project-missing', 'found no Google Cloud project, wanted the one to look at', {
      hint: 'Give --project, or gcp.project_id in the configuration.',
    });
  }
  const profiles = resolveProfiles(request.profiles, config);
  const place = request.results ?? config.storage.resultsBucket;
  const needs = cloudNeeds({
    ...(artifactRegistry === undefined ? {} : { artifactRegistry }),
    ...(place === undefined ? {} : { resultsBucket: place }),
    profiles,
    jobs: request.jobs,
    instancesAtOnce: instancesOfJob(
      profiles,
      { instancesAtOnce: config.gcp.instancesAtOnce, parallelJobs: request.jobs },
      config.load,
    ),
    impersonates: invoker === 'private' || request.serviceAccount !== undefined,
    privateServices: invoker === 'private',
    ...(config.load.from === 'job' ? { load: config.load } : {}),
  });
  const checks: Check[] = [
    ...(await toolChecks(ports, signal)),
    ...registryNameChecks(artifactRegistry),
    ...profiles.map((profile): Check => {
      const [problem] = profileProblems(profile);
      const subject = { id: `profile-${profile.name}`, subject: `profile ${profile.name}` };
      return problem === undefined
        ? { ...subject, state: 'ok', found: 'Cloud Run would accept it' }
        : { ...subject, state: 'problem', found: problem, hint: 'Correct deployment_profiles in the configuration.' };
    }),
    ...(await projectChecks(needs, { project: projectId, region }, await ports.cloudProject(), invoker)),
  ];
  const problems = checks.filter(({ state }) => state === 'problem').length;
  ports.print(
    request.format === 'json'
      ? `${JSON.stringify({ project: projectId, region, problems, checks }, undefined, 2)}\n`
      : checksTable(checks, ports.terminal),
  );
  return { exitCodes: problems > 0 ? [EXIT.infrastructure] : [], outputs: {} };
}

async function toolChecks(ports: Ports, signal: AbortSignal): Promise<readonly Check[]> {
  const wanted = [
    [
      'docker',
      ['version', '--format', '{{.Server.Version}}'],
      'Install Docker and start its engine: it builds images.',
    ],
    ['git', ['--version'], 'Install git: repositories and their history are read with it.'],
  ] as const;
  return Promise.all(
    wanted.map(async ([program, args, hint]) => {
      const version = await ports.programVersion(program, args, signal);
      const asked =
        version === undefined
          ? ({ known: false, why: 'missing', reason: 'cannot be run' } as const)
          : ({ known: true, value: version } as const);
      const subject = { id: `tool-${program}`, subject: program };
      return checkOf(subject, asked, (found) => ({ state: 'ok', found }), { missing: hint });
    }),
  );
}

/** Image names are lower case, and a registry has at least a host and a repository. */
function registryNameChecks(registry: string | undefined): readonly Check[] {
  const subject = { id: 'registry-name', subject: 'image names' };
  if (registry === undefined) {
    const hint = 'Set gcp.artifact_registry, such as us-central1-docker.pkg.dev/my-project/services.';
    return [{ ...subject, state: 'problem', found: 'no registry is configured', hint }];
  }
  const valid = /^[a-z0-9.-]+(?::\d{1,5})?(?:\/[a-z0-9]+(?:[._:-]+[a-z0-9]+)*)+$/.test(registry);
  return [
    valid
      ? { ...subject, state: 'ok', found: `${registry}/<implementation>` }
      : {
          ...subject,
          state: 'problem',
          found: registry,
          hint: 'Image names are host/path in lower case, without a tag.',
        },
  ];
}
