import type { EventFinding, EventType, RunEvent } from '../domain/event.ts';
import { runUrl } from '../domain/job.ts';
import type { Run, RunMetadata } from '../domain/run.ts';
import { rowsOf, STANDINGS } from '../report/model.ts';
import type { Ports } from './ports.ts';

export type NotifyPorts = Pick<Ports, 'clock' | 'randomText' | 'job' | 'tool'>;

/** What was found at the end of a run, in the words of its reports. */
export interface Conclusion {
  /** The worst verdict or state, as the output `verdict` has it. */
  readonly verdict: string;
  readonly findings: readonly EventFinding[];
}

/** What is known of a run before anything is measured. */
export type StartedRun = Pick<RunMetadata, 'runId' | 'platform' | 'suite'> &
  Partial<Pick<RunMetadata, 'commit' | 'change'>>;

export function startedEvent(metadata: StartedRun, ports: NotifyPorts): RunEvent {
  return base('run.started', metadata, ports);
}

/** What was found, each kind by itself, and then the end of the run with all of it. */
export function endEvents(run: Run, { verdict, findings }: Conclusion, ports: NotifyPorts): readonly RunEvent[] {
  const ofKind = (kind: EventFinding['kind']) => findings.filter((finding) => finding.kind === kind);
  const told = (type: EventType, found: readonly EventFinding[]): readonly RunEvent[] =>
    found.length === 0 ? [] : [{ ...base(type, run.metadata, ports), findings: found }];
  return [
    ...told('regression.found', ofKind('regression')),
    ...told('contract.failed', ofKind('contract failed')),
    { ...base('run.finished', run.metadata, ports), verdict, counts: countsOf(run), findings },
  ];
}

/** The end of a run without a result. */
export function failedEvent(metadata: RunMetadata, error: unknown, ports: NotifyPorts): RunEvent {
  if (error === 'cancelled') return base('run.cancelled', metadata, ports);
  const message = error instanceof Error ? error.message : String(error);
  return { ...base('run.failed', metadata, ports), message };
}

/** The job's own facts go first: metadata may come from a stored run, which the job of a fork has written. */
function base(type: EventType, metadata: StartedRun, { clock, randomText, job, tool }: NotifyPorts): RunEvent {
  const { change, runId, platform, suite } = metadata;
  const url = job === undefined ? change?.runUrl : runUrl(job);
  const pullRequest = job?.pullRequest?.number ?? change?.pullRequest;
  const commit = job?.pullRequest?.headSha ?? change?.headSha ?? metadata.commit ?? job?.sha;
  return {
    type,
    id: `${runId}-${type.replace('.', '-')}-${randomText()}`,
    time: new Date(clock.epochMs()).toISOString(),
    runId,
    repository: job?.repository ?? change?.repository ?? tool.owner,
    ...(url === undefined ? {} : { url }),
    ...(pullRequest === undefined ? {} : { pullRequest }),
    ...(commit === undefined ? {} : { commit }),
    platform,
    suite,
  };
}

function countsOf({ results }: Run): Readonly<Record<string, number>> {
  const standings = results.flatMap((found) => rowsOf(found).map(({ standing }) => standing));
  const counts = STANDINGS.map((standing) => [standing, standings.filter((own) => own === standing).length] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}
