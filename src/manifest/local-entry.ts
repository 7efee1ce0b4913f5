import type { LocalRuntime } from '../domain/implementation.ts';
import { environmentNames } from './dockerfile.ts';
import { readPackageJson } from './package-json.ts';

/** Variables that change nothing for a process that is started by hand. */
const HARMLESS = new Set([
  'CGO_ENABLED',
  'GIN_MODE',
  'GO111MODULE',
  'GOARCH',
  'GOFLAGS',
  'GOOS',
  'GOPROXY',
  'HOST',
  'LANG',
  'NODE_ENV',
  'PATH',
  'PORT',
  'TZ',
]);

export interface LocalSources {
  /** All paths of the implementation. */
  readonly files: readonly string[];
  /** Texts of `package.json`, `go.mod` and the Go files at the top, by name. */
  readonly texts: ReadonlyMap<string, string>;
  readonly dockerfile: string;
  readonly language?: string;
}

/** How to run an implementation as a process: only where it is certain that this is what its image runs. */
export function localEntry(sources: LocalSources): LocalRuntime | undefined {
  if (environmentNames(sources.dockerfile).some((name) => !HARMLESS.has(name))) return undefined;
  if (sources.language === 'go') return goEntry(sources);
  return sources.language === 'javascript' ? nodeEntry(sources) : undefined;
}

function nodeEntry({ files, texts }: LocalSources): LocalRuntime | undefined {
  const found = readPackageJson(texts.get('package.json') ?? '');
  const script = /^node (?:\.\/)?([A-Za-z0-9_][\w./-]*\.[cm]?js)$/.exec(found?.scripts.start ?? '')?.[1];
  if (found === undefined || script === undefined || script.includes('..') || !files.includes(script)) return undefined;
  // What a build or a workspace would have to bring is not in the directory.
  const prepared = ['build', 'prestart', 'prepare'].some((name) => found.scripts[name] !== undefined);
  if (prepared || found.workspaces) return undefined;
  const run = ['node', script];
  if (Object.keys(found.dependencies).length === 0) return { run, requires: ['node'] };
  if (!files.includes('package-lock.json')) return undefined;
  const build = 'npm ci --omit=dev --ignore-scripts --no-audit --no-fund --prefer-offline';
  return { build, run, requires: ['node', 'npm'] };
}

function goEntry({ files, texts, dockerfile }: LocalSources): LocalRuntime | undefined {
  const main = texts.get('main.go') ?? '';
  const sources = [...texts].filter(([name]) => name.endsWith('.go')).map(([, text]) => text);
  const certain =
    files.includes('go.mod') &&
    /^package main\b/m.test(main) &&
    /^func main\(\)/m.test(main) &&
    !sources.some((text) => /^(?:import[ \t]+)?[ \t]*"C"/m.test(text)) &&
    !/=>[ \t]*\.\.\//.test(texts.get('go.mod') ?? '') &&
    // Then the image runs another package than the one at the top.
    !/go[ \t]+build\b[^\n]*[ \t]\.\/[A-Za-z]/.test(dockerfile.replace(/-o[ \t]+[^\s]+/g, ''));
  if (!certain) return undefined;
  // A directory of that name would take the program into it.
  const taken = new Set(files.map((file) => file.split('/')[0]));
  const name = ['server', 'service', 'cloudrun-service'].find((one) => !taken.has(one));
  if (name === undefined) return undefined;
  return { build: `CGO_ENABLED=0 go build -trimpath -o ${name} .`, run: [`./${name}`], requires: ['go'] };
}
