import { filterRepoCommand } from '../manifest/history.ts';
import type { OutsideReference } from '../manifest/outside.ts';
import { shellQuote } from '../manifest/shell-quote.ts';
import type { Folder } from '../ports/folders.ts';
import { markdownCode, markdownText } from '../report/escape.ts';
import type { MigratedFolder } from './migrated.ts';

const MOST_LISTED = 50;

/** What is wrong at one place, as a sentence without the place. */
export function outsideText({ kind, instead, source }: OutsideReference): string {
  if (kind === 'leads-out') return `${source} leads out of the implementation's directory.`;
  if (kind === 'missing') return `${source} is not in the implementation's directory, which is the build context now.`;
  const change = instead === undefined ? 'and holds no such file' : `so write ${instead}`;
  return `${source} counts on another build context: it is the implementation's directory now, ${change}.`;
}

/** MIGRATION.md: what was found, what to change by hand, and how to bring the history. `output` is absolute. */
export function migrationGuide(migrated: MigratedFolder, folder: Folder, output: string): string {
  return [
    '# Migration',
    '',
    'Written by `cloudrun-perf migrate`. Work through it, then delete it.',
    '',
    '## What became of the directories',
    '',
    '| Directory | Implementation | Language | Framework | Runs as a process |',
    '|---|---|---|---|---|',
    ...migrated.implementations.map(({ from, implementation: { name, language, framework, local } }) => {
      const cells = [
        markdownCode(from),
        name,
        markdownText(language ?? 'unknown'),
        markdownText(framework ?? 'unknown'),
        local === undefined ? 'no, in a container only' : 'yes',
      ];
      return `| ${cells.join(' | ')} |`;
    }),
    '',
    'An implementation runs as a process where `local` of its entry in `manifest.yaml` says how.',
    '',
    ...leftBehind(migrated, folder),
    '## What to change',
    '',
    ...changes(migrated),
    '',
    ...history(migrated, folder, output),
    '## Check it',
    '',
    '```sh',
    'cloudrun-perf discover',
    'cloudrun-perf validate --platform local',
    'cloudrun-perf validate --platform local --probe-undeclared   # which optional features pass',
    '```',
    '',
    'Then change the four things that [README.md](README.md) names.',
    '',
  ].join('\n');
}

function leftBehind({ remaining, ignored }: MigratedFolder, { leftOut }: Folder): readonly string[] {
  const listed = (title: string, paths: readonly string[]) => {
    if (paths.length === 0) return [];
    const shown = paths.slice(0, MOST_LISTED).map((path) => `- ${markdownCode(path)}`);
    const more = paths.length > MOST_LISTED ? [`- and ${paths.length - MOST_LISTED} more`] : [];
    return [title, '', ...shown, ...more, ''];
  };
  return [
    ...listed('Not taken over, since they belong to no implementation:', remaining),
    ...listed('Dockerfiles that made no implementation:', ignored),
    ...listed('Not copied, as generated, installed, or no regular files:', leftOut),
  ];
}

function changes({ implementations }: MigratedFolder): readonly string[] {
  const found = implementations.flatMap(({ implementation: { path }, outside, remarks }) => [
    ...outside.map(
      (one) => `- [ ] ${markdownCode(`${path}/${one.file}:${one.line}`)}: ${markdownText(outsideText(one))}`,
    ),
    ...remarks.map((remark) => `- [ ] ${markdownCode(path)}: ${markdownText(remark)}`),
  ]);
  return [
    ...found,
    '- [ ] `manifest.yaml`: add the optional features that each implementation supports to `supported_features`.',
    '- [ ] `.gitignore`: take over what the old repository ignores.',
  ];
}

function history({ implementations }: MigratedFolder, { root, repository }: Folder, output: string): readonly string[] {
  if (repository === undefined) {
    return [
      '## Keep the history',
      '',
      `${markdownCode(root)} is not in a Git repository: there is no history to keep.`,
      '',
    ];
  }
  const moves = implementations.map(({ from, implementation: { path } }) => ({
    from: `${repository.prefix}${from}`,
    to: path,
  }));
  const example = implementations[0]?.implementation;
  const followed = shellQuote(`${example?.path}/${example?.dockerfile}`);
  return [
    '## Keep the history',
    '',
    'It needs [git filter-repo](https://github.com/newren/git-filter-repo) (`pip install git-filter-repo`). Do it before the',
    'first commit here: the rewritten history becomes the base, and what was written beside it the next commit. The old',
    'repository is only read.',
    '',
    '```bash',
    '# A fresh clone: git filter-repo rewrites nothing else.',
    'work=$(mktemp -d)',
    `git clone --no-local ${shellQuote(repository.root)} "$work/history"`,
    'cd "$work/history"',
    ...filterRepoCommand(moves),
    '```',
    '',
    '```bash',
    `cd ${shellQuote(output)}`,
    'git init -b main',
    'git fetch "$work/history" HEAD',
    'git reset FETCH_HEAD   # the history below, the files here stay as they are',
    'git add -A',
    'git commit -m "Make it a service repository"',
    `git log --follow --oneline -- ${followed}   # shows the commits of the old repository`,
    '```',
    '',
    'A repository that has commits already gets the history by a merge, with the history first, so that `git log` follows it:',
    '',
    '```bash',
    `cd ${shellQuote(output)}`,
    'git fetch "$work/history" HEAD',
    'git switch -c with-history FETCH_HEAD',
    'git merge --allow-unrelated-histories -X theirs -m "Bring the history" main',
    'git switch main',
    'git merge --ff-only with-history',
    '```',
    '',
    'What was left out above comes back by that merge: delete it again.',
    '',
  ];
}
