import { ecosystemsOf } from './detect.ts';
import { yamlScalar } from './yaml-scalar.ts';

/** A directory of a service repository and the names of the files at its top. */
export interface UpdatedDirectory {
  /** Relative to the repository. */
  readonly path: string;
  readonly names: readonly string[];
}

const HEAD = `# Proposes updates of what the workflows and the implementations are made of. Each proposal is measured like any other
# change; groups are kept apart by directory, so that each measures one implementation.
version: 2
updates:
  - package-ecosystem: github-actions
    directory: /
    schedule:
      interval: weekly
    cooldown:
      default-days: 7
    groups:
      actions:
        patterns: ["*"]
`;

/** The text of .github/dependabot.yml for the implementations' package managers and base images. */
export function composeDependabot(directories: readonly UpdatedDirectory[]): string {
  const entries = directories.flatMap(({ path, names }) =>
    ecosystemsOf(names).map((ecosystem) => ({ ecosystem, path })),
  );
  const sorted = entries.sort((a, b) => compare(a.ecosystem, b.ecosystem) || compare(a.path, b.path));
  return HEAD + sorted.map(({ ecosystem, path }) => entry(ecosystem, `/${path}`)).join('');
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const entry = (ecosystem: string, directory: string) => `  - package-ecosystem: ${ecosystem}
    directory: ${yamlScalar(directory)}
    schedule:
      interval: weekly
    cooldown:
      default-days: 7
    groups:
      ${ecosystem}:
        patterns: ["*"]
`;
