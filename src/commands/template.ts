import type { Manifest } from '../domain/implementation.ts';
import { parseManifest } from '../manifest/parse.ts';
import type { Ports } from './ports.ts';

const MANIFEST = 'manifest.yaml';

/** The manifest of the service repository that ships with cloudrun-perf. */
export async function templateManifest(ports: Ports): Promise<Manifest> {
  const text = (await ports.fileTree(ports.folders.template).read(MANIFEST)) ?? '';
  return parseManifest({ text, file: `template-service-repo/${MANIFEST}` }, ports.schemas);
}
