/** Rebuilds dist/ and fails when it differs from what is committed. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
execFileSync(process.execPath, ['scripts/build.ts'], { cwd: ROOT, stdio: 'inherit' });
const changed = execFileSync('git', ['status', '--porcelain', '--', 'dist'], { cwd: ROOT, encoding: 'utf8' }).trim();
if (changed !== '') {
  process.stderr.write(
    `dist/ differs from the sources:\n${changed}\nhint: run "npm run build" and commit dist/ in a commit of its own\n`,
  );
  process.exitCode = 1;
}
