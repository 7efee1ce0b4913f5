/** Builds lib/ (tsc) and dist/ (ncc, minified) and starts the bundle once, because a bundle that builds may still crash at load. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const run = (file: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) =>
  execFileSync(process.execPath, [file, ...args], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], env });

rmSync(join(ROOT, 'lib'), { recursive: true, force: true });
rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
run('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.json']);
run('node_modules/@vercel/ncc/dist/ncc/cli.js', [
  'build',
  'lib/action.js',
  '-o',
  'dist',
  '--minify',
  '--license',
  'licenses.txt',
  '--no-cache',
]);

// google-gax reads __dirname at module scope, which an ES module does not have; ncc leaves it as it is (vercel/ncc#895).
const SHIM = 'const __filename = import.meta.filename, __dirname = import.meta.dirname;\n';
const dist = join(ROOT, 'dist');
for (const name of readdirSync(dist).filter((file) => file.endsWith('.js'))) {
  const chunk = join(dist, name);
  writeFileSync(chunk, SHIM + readFileSync(chunk, 'utf8'));
}

// Post state without a run id: the bundle loads everything, finds nothing to clean up and ends with 0.
run('dist/index.js', [], { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', STATE_isPost: 'true' });
