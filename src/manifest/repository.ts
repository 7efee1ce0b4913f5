import { locate } from '../documents/locate.ts';
import { nearest } from '../documents/nearest.ts';
import { UsageError } from '../domain/errors.ts';
import type { Implementation, Manifest } from '../domain/implementation.ts';
import type { FileTree } from '../ports/file-tree.ts';
import { type ManifestSource, manifestProblems } from './parse.ts';

/**
 * Checks what a manifest says against the repository's files and the contract's features. The tree treats what a
 * symbolic link leads out of the root as not there. `source` is the manifest's own text, for positions; without
 * `features` their names stay unchecked. Throws one UsageError with all problems.
 */
export async function checkRepository(
  manifest: Manifest,
  tree: FileTree,
  source: ManifestSource,
  features?: readonly string[],
): Promise<void> {
  const found = await Promise.all(
    manifest.implementations.map(async (implementation, index) => {
      const at = `/implementations/${index}`;
      return [
        ...(await missingFiles(implementation, tree, source, at)),
        ...unknownFeatures(implementation, source, features, at),
      ];
    }),
  );
  const problems = found.flat();
  if (problems.length > 0) throw manifestProblems(source.file, problems);
}

async function missingFiles(
  { name, path, dockerfile, image }: Implementation,
  tree: FileTree,
  source: ManifestSource,
  at: string,
): Promise<readonly UsageError[]> {
  if (!(await tree.exists(path))) {
    const siblings = await siblingDirectories(tree, path);
    const near = nearest(path, siblings);
    return [
      new UsageError('path-missing', `found no directory "${path}" for ${name} in ${tree.root}`, {
        at: locate(source, `${at}/path`),
        hint: near === undefined ? 'Paths are relative to the manifest.' : `Did you mean "${near}"?`,
      }),
    ];
  }
  const file = path === '.' ? dockerfile : `${path}/${dockerfile}`;
  if (image !== undefined || (await tree.read(file)) !== undefined) return [];
  return [
    new UsageError('dockerfile-missing', `found no file "${file}" for ${name} in ${tree.root}`, {
      at: locate(source, `${at}/dockerfile`),
      hint: 'dockerfile is relative to path; Dockerfile is its default.',
    }),
  ];
}

async function siblingDirectories(tree: FileTree, path: string): Promise<readonly string[]> {
  const parent = path.split('/').slice(0, -1).join('/');
  const depth = parent === '' ? 1 : parent.split('/').length + 1;
  const files = await tree.list(parent === '' ? '.' : parent);
  const directories = files.map((file) => file.split('/')).filter((segments) => segments.length > depth);
  return [...new Set(directories.map((segments) => segments.slice(0, depth).join('/')))];
}

function unknownFeatures(
  { name, supportedFeatures, serviceType }: Implementation,
  source: ManifestSource,
  features: readonly string[] | undefined,
  at: string,
): readonly UsageError[] {
  if (features === undefined) return [];
  return supportedFeatures.flatMap((feature, index) => {
    if (features.includes(feature)) return [];
    const near = nearest(feature, features);
    const message = `found feature "${feature}" of ${name}, wanted one of the ${serviceType} contract: ${features.join(', ')}`;
    return [
      new UsageError('unknown-feature', message, {
        at: locate(source, `${at}/supported_features/${index}`),
        ...(near === undefined ? {} : { hint: `Did you mean "${near}"?` }),
      }),
    ];
  });
}
