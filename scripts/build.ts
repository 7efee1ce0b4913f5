/** Builds lib/ (tsc) and dist/ (ncc, minified) and starts the bundle once, because a bundle that builds may still crash at load. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const run = (file: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) =>
  execFileSync(process.execPath, [file, ...args], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], env });

rmSync(join(ROOT, 'lib'), { recursive: true, force: true });
rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
run('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.json']);
run('node_modules/@vercel/ncc/dist/ncc/cli.js', ['build', 'lib/action.js', '-o', 'dist', '--minify', '--no-cache']);

// google-gax reads __dirname at module scope, which an ES module does not have; ncc leaves it as it is (vercel/ncc#895).
const SHIM = 'const __filename = import.meta.filename, __dirname = import.meta.dirname;\n';
const dist = join(ROOT, 'dist');
for (const name of readdirSync(dist).filter((file) => file.endsWith('.js'))) {
  const chunk = join(dist, name);
  writeFileSync(chunk, SHIM + readFileSync(chunk, 'utf8'));
}

// ncc's own list misses what lazy imports bring in, so it is made of all production packages of the lockfile.
writeFileSync(join(dist, 'licenses.txt'), licenses());

// Post state without a run id: the bundle loads everything, finds nothing to clean up and ends with 0.
run('dist/index.js', [], { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', STATE_isPost: 'true' });

/** Name, version, licence and licence text of every production package, sorted by path. */
function licenses(): string {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean; version?: string; license?: string }>;
  };
  return Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true && existsSync(join(ROOT, path)))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, { version, license }]) => {
      const texts = readdirSync(join(ROOT, path))
        .filter((name) => /^(licen[cs]e|copying|notice)/i.test(name) && statSync(join(ROOT, path, name)).isFile())
        .sort()
        .map((name) =>
          readFileSync(join(ROOT, path, name), 'utf8')
            .replaceAll('\r\n', '\n')
            .trim(),
        );
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return [`${name} ${version ?? ''}`.trim(), license ?? 'see the text', ...texts].join('\n');
    })
    .join('\n\n')
    .concat('\n');
}
