import { printable } from '../documents/show.ts';
import type { Implementation, Manifest } from '../domain/implementation.ts';
import { yamlLine, yamlList, yamlScalar } from './yaml-scalar.ts';

const SCHEMAS = 'https://raw.githubusercontent.com/org/cloudrun-perf/v1/contracts/schemas';

/** The first line of a YAML file, by which editors find its schema. */
export const schemaLine = (name: string) => `# yaml-language-server: $schema=${SCHEMAS}/${name}.schema.json`;

/** The text of a manifest.yaml that `parseManifest` reads as `manifest`. `remarks` become comment lines at the top. */
export function composeManifest(manifest: Manifest, remarks: readonly string[] = []): string {
  return [
    schemaLine('manifest'),
    ...remarks.map((remark) => `# ${printable(remark, 500)}`),
    `service_type: ${yamlScalar(manifest.serviceType)}`,
    `contract_version: ${yamlScalar(manifest.contractVersion)}`,
    'implementations:',
    ...manifest.implementations.flatMap(entryLines),
    '',
  ].join('\n');
}

function entryLines(implementation: Implementation): readonly string[] {
  const { name, path, dockerfile, language, framework, supportedFeatures, image, local } = implementation;
  const buildArgs = Object.entries(implementation.buildArgs);
  return [
    `  - name: ${yamlScalar(name)}`,
    `    path: ${yamlScalar(path)}`,
    `    dockerfile: ${yamlScalar(dockerfile)}`,
    ...(buildArgs.length === 0 ? [] : ['    build_args:']),
    ...buildArgs.map(([key, value]) => `      ${yamlScalar(key)}: ${yamlScalar(value)}`),
    ...(language === undefined ? [] : [`    language: ${yamlScalar(language)}`]),
    ...(framework === undefined ? [] : [`    framework: ${yamlScalar(framework)}`]),
    `    supported_features: ${yamlList(supportedFeatures)}`,
    ...(image === undefined ? [] : [`    image: ${yamlScalar(image)}`]),
    ...(local === undefined ? [] : ['    local:']),
    ...(local?.build === undefined ? [] : [`      build: ${yamlLine(local.build)}`]),
    ...(local === undefined ? [] : [`      run: ${yamlList(local.run)}`]),
    ...(local === undefined || local.requires.length === 0 ? [] : [`      requires: ${yamlList(local.requires)}`]),
  ];
}
