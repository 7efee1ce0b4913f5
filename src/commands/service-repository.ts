import { majorOf } from '../contract/version.ts';
import type { Implementation } from '../domain/implementation.ts';
import type { ServiceType } from '../domain/service-type.ts';
import { schemaLine } from '../manifest/compose.ts';
import { composeDependabot } from '../manifest/dependabot.ts';
import type { NewFile } from '../ports/folders.ts';
import { markdownText } from '../report/escape.ts';
import type { Ports } from './ports.ts';

export interface NewRepository {
  /** What its README is headed with; of unknown origin. */
  readonly title: string;
  readonly serviceType: ServiceType;
  /** Of the copy in `contract/`. */
  readonly contractVersion: string;
  /** Type that the texts of the template name. */
  readonly templateType: ServiceType;
  readonly implementations: readonly Implementation[];
  readonly manifest: string;
  /** Their files, below their paths. */
  readonly files: readonly NewFile[];
}

/** What is written anew, or comes from elsewhere, in place of the template's. */
const OWN = /^(?:manifest\.yaml|\.gitignore|\.github\/dependabot\.yml|README\.md|contract\/.*|implementations\/.*)$/;
const SCHEMA_LINES = /^(?:#.*\n)+/;

/** All files of a new service repository: the template's, its contract, and the implementations. Sorted by path. */
export async function repositoryFiles(
  { title, serviceType, contractVersion, templateType, implementations, manifest, files }: NewRepository,
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly NewFile[]> {
  const { template } = ports.folders;
  const tree = ports.fileTree(template);
  const retyped = async (path: string) => ((await tree.read(path)) ?? '').replaceAll(templateType, serviceType);
  const shared: NewFile[] = [];
  for (const { path } of (await ports.folders.read(template, signal)).entries) {
    if (OWN.test(path)) continue;
    const text = await retyped(path);
    const own = path === 'cloudrun-perf.yaml' ? text.replace(SCHEMA_LINES, `${schemaLine('config')}\n`) : text;
    shared.push({ path, text: own });
  }
  const contract = [...(await ports.contractFiles(serviceType, majorOf(contractVersion)))];
  const all: readonly NewFile[] = [
    ...shared,
    ...contract.map(([path, text]) => ({ path: `contract/${path}`, text })),
    { path: 'manifest.yaml', text: manifest },
    { path: '.gitignore', text: gitignore(implementations) },
    { path: '.github/dependabot.yml', text: composeDependabot(updated(implementations, files)) },
    { path: 'README.md', text: readme(await retyped('README.md'), title, implementations) },
    ...files,
  ];
  return [...all].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function gitignore(implementations: readonly Implementation[]): string {
  const programs = implementations
    .filter(({ language, local }) => language === 'go' && local !== undefined)
    .map(({ path, local }) => `${path}/${(local?.run[0] ?? '').replace(/^\.\//, '')}`);
  return ['node_modules/', '__pycache__/', '.cloudrun-perf/', 'gha-creds-*.json', ...programs, ''].join('\n');
}

function updated(implementations: readonly Implementation[], files: readonly NewFile[]) {
  return implementations.map(({ path }) => {
    const below = files
      .filter((file) => file.path.startsWith(`${path}/`))
      .map((file) => file.path.slice(path.length + 1));
    return { path, names: below.filter((name) => !name.includes('/')) };
  });
}

/** The template's README with another title, and another table of implementations. */
function readme(template: string, title: string, implementations: readonly Implementation[]): string {
  const row = ({ name, path, language, framework }: Implementation) =>
    `| [${name}](${path}) | ${markdownText(language ?? '-')} | ${markdownText(framework ?? '-')} |`;
  const rows = implementations.map(row).join('\n');
  return template
    .replace(/^# .*/, () => `# ${markdownText(title, 100)}`)
    .replace(/(\n\| Implementation \|.*\n\|[-:| ]+\|\n)(?:\|.*\n)*/, (_, head: string) => `${head}${rows}\n`);
}
