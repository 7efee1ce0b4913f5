import type { Ports } from '../../src/commands/ports.ts';
import type { Job } from '../../src/domain/job.ts';
import type { CodeHost } from '../../src/ports/code-host.ts';
import type { Logger } from '../../src/ports/logger.ts';
import { REPOSITORY } from './memory-code-host.ts';
import { RESULT_SCHEMAS } from './result-schemas.ts';
import { contractFiles } from './shipped-contract.ts';

export const HEAD = 'a'.repeat(40);
export const BASE = 'b'.repeat(40);

/** A pull request of the same repository, number 7, measured by run 100. */
export function exampleJob(changes: Partial<Job> = {}): Job {
  return {
    repository: REPOSITORY,
    serverUrl: 'https://github.com',
    event: 'pull_request',
    runId: 100,
    runAttempt: 1,
    defaultBranch: 'main',
    pullRequest: { number: 7, open: true, headSha: HEAD, headRepository: REPOSITORY, baseSha: BASE },
    ...changes,
  };
}

export interface JobPorts {
  readonly ports: Ports;
  /** `level message` of every line. */
  readonly lines: string[];
}

/** What use cases need that talk to GitHub alone; touching anything else fails. */
export function jobPorts(job: Job | undefined, host: CodeHost | undefined): JobPorts {
  const lines: string[] = [];
  const say = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const logger: Logger = {
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    progress: say('progress'),
  };
  const known: Partial<Ports> = {
    ...(job === undefined ? {} : { job }),
    logger,
    schemas: RESULT_SCHEMAS as Ports['schemas'],
    contractFiles,
    contractMajors: async () => [1],
    workingDirectory: '/checkout',
    codeHost: async () => host,
  };
  return { ports: known as Ports, lines };
}
