import { UsageError } from '../../domain/errors.ts';
import { cleanEnvironment, type ProgramResult, runProgram } from '../system/run-program.ts';

export interface GitCall {
  readonly cwd?: string;
  readonly signal?: AbortSignal | undefined;
  readonly env?: Readonly<Record<string, string>>;
}

const TIMEOUT_MS = 180_000;
const GITHUB = 'https://github.com';

/** Settings that win over every configuration file: a repository's own could otherwise run programs. */
const FORCED: readonly (readonly [string, string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['protocol.ext.allow', 'never'],
  ['advice.detachedHead', 'false'],
];

/** Runs git without a shell, without questions, and with no token in any argument. */
export class GitCli {
  readonly #environment: Readonly<Record<string, string>>;
  readonly #secrets: readonly string[];

  /** The token is sent to `serverUrl` and to nobody else. */
  constructor(githubToken: string | undefined, serverUrl: string = GITHUB) {
    const settings = [...FORCED];
    if (githubToken !== undefined) {
      const basic = Buffer.from(`x-access-token:${githubToken}`).toString('base64');
      const key = `http.${new URL(serverUrl).origin}/.extraHeader`;
      // actions/checkout leaves such a header of its own, and GitHub refuses a request with two: empty removes it.
      settings.push([key, ''], [key, `Authorization: Basic ${basic}`]);
      this.#secrets = [githubToken, basic];
    } else this.#secrets = [];
    this.#environment = {
      ...cleanEnvironment(),
      // For git alone: a build of somebody else's code must not sign with the user's keys.
      ...(process.env.SSH_AUTH_SOCK === undefined ? {} : { SSH_AUTH_SOCK: process.env.SSH_AUTH_SOCK }),
      LC_ALL: 'C',
      GIT_TERMINAL_PROMPT: '0',
      GIT_ASKPASS: '',
      GIT_ALLOW_PROTOCOL: 'https:ssh:file',
      GIT_SSH_COMMAND: 'ssh -oBatchMode=yes',
      GIT_CONFIG_COUNT: String(settings.length),
      ...Object.fromEntries(
        settings.flatMap(([key, value], index) => [
          [`GIT_CONFIG_KEY_${index}`, key],
          [`GIT_CONFIG_VALUE_${index}`, value],
        ]),
      ),
    };
  }

  async run(args: readonly string[], { cwd, signal, env }: GitCall = {}): Promise<ProgramResult> {
    const result = await runProgram('git', args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...this.#environment, ...env },
      timeoutMs: TIMEOUT_MS,
      signal,
    });
    return { ...result, stderr: this.#masked(result.stderr) };
  }

  /** Standard output without the last line end; undefined when git failed. */
  async text(args: readonly string[], call: GitCall = {}): Promise<string | undefined> {
    const { code, stdout } = await this.run(args, call);
    return code === 0 ? stdout.replace(/\n$/, '') : undefined;
  }

  #masked(text: string): string {
    const masked = this.#secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
    return masked.replace(/(\w+:\/\/)[^/\s@]+@/g, '$1***@');
  }
}

/** Refuses what git would read as an option or as a range. */
export function checkRef(ref: string): void {
  if (/^[A-Za-z0-9_@][A-Za-z0-9_./@{}^~+-]*$/.test(ref) && !ref.includes('..')) return;
  throw new UsageError('bad-ref', `found ${JSON.stringify(ref.slice(0, 80))}, wanted one branch, tag or commit`, {
    hint: 'A ref begins with a letter or a digit.',
  });
}

export function checkUrl(url: string): void {
  const plain =
    /^(?:https|ssh|file):\/\/[^\s]+$/.test(url) ||
    /^[A-Za-z0-9._][A-Za-z0-9._-]*@[A-Za-z0-9._-]+:[^\s-][^\s]*$/.test(url);
  if (plain && !/^(?:https|file):\/\/[^/]*@/.test(url)) return;
  throw new UsageError(
    'bad-repository-url',
    'found an address that is neither a directory nor a Git URL without credentials',
    {
      hint: 'Wanted is an existing directory, https://..., ssh://..., file://... or user@host:path.',
    },
  );
}
