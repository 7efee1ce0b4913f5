/**
 * Prints the notes of a release, which are its section of CHANGELOG.md, after checking that everything names the same
 * version: node scripts/release-notes.ts 1.2.3
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

export interface ReleaseFiles {
  readonly packageVersion: string;
  readonly lockVersion: string;
  readonly changelog: string;
  /** By path: what tells others which version to use. */
  readonly references: Readonly<Record<string, string>>;
}

/** The section's text; undefined when there is none, or nothing in it. */
export function sectionOf(changelog: string, version: string): string | undefined {
  const heading = new RegExp(`^## \\[?${version.replaceAll('.', '\\.')}\\]?(?: - \\d{4}-\\d{2}-\\d{2})?[ \\t]*$`, 'm');
  const found = heading.exec(changelog);
  if (found === null) return undefined;
  const rest = changelog.slice(found.index + found[0].length);
  const end = rest.search(/^## /m);
  const text = (end < 0 ? rest : rest.slice(0, end)).trim();
  return text === '' ? undefined : text;
}

/** Everything that speaks against releasing `version`, in words; empty when nothing does. */
export function problemsOf(version: string, files: ReleaseFiles): readonly string[] {
  if (!/^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)$/.test(version))
    return [`found the version ${JSON.stringify(version.slice(0, 40))}, wanted MAJOR.MINOR.PATCH`];
  const major = `v${version.split('.')[0]}`;
  const versions = { 'package.json': files.packageVersion, 'package-lock.json': files.lockVersion };
  return [
    ...Object.entries(versions)
      .filter(([, found]) => found !== version)
      .map(([file, found]) => `${file} says ${found}, wanted ${version}`),
    ...(sectionOf(files.changelog, version) === undefined
      ? [`CHANGELOG.md has no section "## ${version}" with a text`]
      : []),
    ...Object.entries(files.references).flatMap(([path, text]) => {
      const tags = [...text.matchAll(/org\/cloudrun-perf(?:\/\.github\/workflows\/[a-z-]+\.yml)?@(v\d+)\b/g)];
      const wrong = new Set(tags.map(([, tag]) => tag).filter((tag) => tag !== major));
      return [...wrong].map((tag) => `${path} names @${tag}, this release moves ${major}`);
    }),
  ];
}

function readFiles(): ReleaseFiles {
  const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
  const versionIn = (path: string) => (JSON.parse(read(path)) as { version: string }).version;
  const paths = ['README.md', 'docs/**/*.md', 'template-service-repo/.github/**/*.yml', 'template-service-repo/*.md'];
  return {
    packageVersion: versionIn('package.json'),
    lockVersion: versionIn('package-lock.json'),
    changelog: read('CHANGELOG.md'),
    references: Object.fromEntries(globSync(paths, { cwd: ROOT }).map((path) => [path, read(path)])),
  };
}

if (import.meta.main) {
  const version = process.argv[2] ?? '';
  const files = readFiles();
  const problems = problemsOf(version, files);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
  else process.stdout.write(`${sectionOf(files.changelog, version)}\n`);
}
