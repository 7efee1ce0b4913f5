import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { problemsOf, type ReleaseFiles, sectionOf } from '../../scripts/release-notes.ts';

const CHANGELOG = `# Changelog

## Unreleased

## [1.10.0] - 2026-12-01

### Added
- Ten.

## 1.1.0

- One.

## 1.0.0
`;

const FILES: ReleaseFiles = {
  packageVersion: '1.10.0',
  lockVersion: '1.10.0',
  changelog: CHANGELOG,
  references: {
    'README.md': 'uses: org/cloudrun-perf@v1',
    'perf.yml': 'org/cloudrun-perf/.github/workflows/perf.yml@v1',
  },
};

suite('section of the change log', () => {
  const cases: readonly [version: string, text: string | undefined][] = [
    ['1.10.0', '### Added\n- Ten.'],
    ['1.1.0', '- One.'],
    ['1.0.0', undefined],
    ['1.10', undefined],
    ['2.0.0', undefined],
    ['1x10.0', undefined],
  ];
  for (const [version, text] of cases) test(version, () => assert.equal(sectionOf(CHANGELOG, version), text));
});

suite('what speaks against a release', () => {
  const cases: readonly [name: string, version: string, files: Partial<ReleaseFiles>, problem: RegExp][] = [
    ['no version', '1.10', {}, /wanted MAJOR\.MINOR\.PATCH/],
    ['a version with a v', 'v1.10.0', {}, /wanted MAJOR\.MINOR\.PATCH/],
    ['a version that runs a command', '1.10.0; true', {}, /wanted MAJOR\.MINOR\.PATCH/],
    ['another version in package.json', '1.10.0', { packageVersion: '1.9.0' }, /package\.json says 1\.9\.0/],
    ['another version in the lockfile', '1.10.0', { lockVersion: '1.9.0' }, /package-lock\.json says 1\.9\.0/],
    ['no section', '1.10.0', { changelog: '# Changelog\n' }, /CHANGELOG\.md has no section/],
    [
      'another major version in the texts',
      '2.0.0',
      { packageVersion: '2.0.0', lockVersion: '2.0.0', changelog: '## 2.0.0\n- Two.\n' },
      /perf\.yml names @v1, this release moves v2/,
    ],
  ];
  for (const [name, version, files, problem] of cases)
    test(name, () => assert.match(problemsOf(version, { ...FILES, ...files }).join('\n'), problem));
  test('nothing', () => assert.deepEqual(problemsOf('1.10.0', FILES), []));
});
