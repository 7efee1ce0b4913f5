import { posix } from 'node:path';
import { UsageError } from '../domain/errors.ts';
import type { Implementation } from '../domain/implementation.ts';
import type { ServiceType } from '../domain/service-type.ts';
import { detect, isMarker } from '../manifest/detect.ts';
import { type FoundImplementation, findImplementations } from '../manifest/find-implementations.ts';
import { isRewritable } from '../manifest/history.ts';
import { localEntry } from '../manifest/local-entry.ts';
import { uniqueNames } from '../manifest/names.ts';
import { dockerfileReferences, type OutsideReference, packageReferences } from '../manifest/outside.ts';
import type { FileTree } from '../ports/file-tree.ts';
import type { Folder, FolderEntry, NewFile } from '../ports/folders.ts';

/** One implementation of the old folder and what becomes of it. */
export interface Migrated {
  /** Relative to the folder. */
  readonly from: string;
  readonly implementation: Implementation;
  readonly files: readonly NewFile[];
  /** What does not work before somebody changes it; `file` is relative to the implementation. */
  readonly outside: readonly OutsideReference[];
  /** What somebody should know; one sentence each, with paths as they are. */
  readonly remarks: readonly string[];
}

export interface MigratedFolder {
  readonly implementations: readonly Migrated[];
  /** Files and directories of the folder that were not taken over, relative to it. */
  readonly remaining: readonly string[];
  /** Dockerfiles that made no implementation. */
  readonly ignored: readonly string[];
}

/** As many as a manifest may list. */
const MOST_IMPLEMENTATIONS = 100;
const MOST_MARKERS = 30;

/** Makes implementations of the directories of a folder that hold a Dockerfile. Throws UsageError where none does. */
export async function migratedFolder(
  folder: Folder,
  type: ServiceType,
  features: readonly string[],
  tree: FileTree,
): Promise<MigratedFolder> {
  const { implementations, ignored, remaining } = findImplementations(folder.entries.map(({ path }) => path));
  check(implementations, folder.root);
  const names = uniqueNames(implementations.map(({ directory }) => directory));
  const entries = new Map(folder.entries.map((entry) => [entry.path, entry]));
  const migrated: Migrated[] = [];
  for (const found of implementations) {
    const name = names.get(found.directory) ?? '';
    migrated.push(await migrateOne(found, { name, type, features, folder, entries, tree }));
  }
  return { implementations: migrated, ignored, remaining };
}

function check(found: readonly FoundImplementation[], root: string): void {
  if (found.length === 0)
    throw new UsageError('no-dockerfile', `found no directory with a Dockerfile below ${root}`, {
      hint: 'Name the folder whose directories are the implementations; one at its top does not count.',
    });
  if (found.length > MOST_IMPLEMENTATIONS)
    throw new UsageError(
      'too-many-implementations',
      `found ${found.length} directories with a Dockerfile below ${root}, wanted at most ${MOST_IMPLEMENTATIONS}`,
      { hint: 'Migrate the folder of one service type at a time.' },
    );
  const odd = found.find(({ directory }) => !isRewritable(directory));
  if (odd === undefined) return;
  const message = `found the directory ${JSON.stringify(odd.directory)}, wanted one without control characters and ==>`;
  throw new UsageError('bad-directory-name', message, { hint: 'git filter-repo could not move it: rename it first.' });
}

interface Surrounding {
  readonly name: string;
  readonly type: ServiceType;
  readonly features: readonly string[];
  readonly folder: Folder;
  readonly entries: ReadonlyMap<string, FolderEntry>;
  readonly tree: FileTree;
}

async function migrateOne(found: FoundImplementation, around: Surrounding): Promise<Migrated> {
  const { directory, dockerfile, files } = found;
  const path = `implementations/${around.name}`;
  const read = async (file: string) => (await around.tree.read(`${directory}/${file}`)) ?? '';
  const dockerfileText = await read(dockerfile);
  const texts = new Map<string, string>();
  for (const file of files.filter(isMarker).slice(0, MOST_MARKERS)) texts.set(file, await read(file));
  const { language, framework, others } = detect(files, texts);
  for (const file of files.filter((one) => /^[^/]+\.go$/.test(one)).slice(0, MOST_MARKERS))
    texts.set(file, await read(file));
  const known = language === undefined ? {} : { language };
  const local = localEntry({ files, texts, dockerfile: dockerfileText, ...known });
  const outer = files.filter((file) => leadsOut(file, around.entries.get(`${directory}/${file}`)?.linkTarget));
  const outside = [
    ...dockerfileReferences(dockerfile, dockerfileText, { files, places: placesOf(directory, around.folder) }),
    ...[...texts].flatMap(([file, text]) => packageReferences(file, text)),
  ];
  return {
    from: directory,
    implementation: {
      name: around.name,
      serviceType: around.type,
      path,
      dockerfile,
      buildArgs: {},
      supportedFeatures: around.features,
      ...known,
      ...(framework === undefined ? {} : { framework }),
      ...(local === undefined ? {} : { local }),
    },
    files: files
      .filter((file) => !outer.includes(file))
      .map((file) => ({ path: `${path}/${file}`, copyOf: `${around.folder.root}/${directory}/${file}` })),
    outside,
    remarks: [
      ...found.otherDockerfiles.map(
        (other) => `${other} was not used: for another image, add an entry with it as dockerfile.`,
      ),
      ...(language === undefined ? ['The language is not known: add language to the entry.'] : []),
      ...(framework === undefined ? ['The framework is not known: add framework to the entry, if there is one.'] : []),
      ...(others.length === 0 ? [] : [`It has files of ${others.join(' and ')} too.`]),
      ...outer.map((file) => `${file} was left out: a symbolic link that leads out of the directory.`),
    ],
  };
}

/** Where the directory lies as seen from every directory that a build may have started from, the outermost first. */
function placesOf(directory: string, { root, repository }: Folder): readonly string[] {
  const above = repository === undefined ? `${posix.basename(root)}/` : repository.prefix;
  const segments = `${above}${directory}`.split('/');
  return segments.map((_, index) => segments.slice(index).join('/'));
}

function leadsOut(file: string, target: string | undefined): boolean {
  if (target === undefined) return false;
  const reached = posix.normalize(posix.join(posix.dirname(file), target));
  return posix.isAbsolute(target) || reached === '..' || reached.startsWith('../');
}
