import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InfrastructureError } from '../../domain/errors.ts';
import type { ProcessImage } from '../model.ts';

const DIGEST = /@sha256:([0-9a-f]{64})$/;

/** The prepared process image by that name; undefined when there is none. Throws InfrastructureError for a damaged one. */
export function findProcessImage(imagesDirectory: string, image: string): ProcessImage | undefined {
  const digest = DIGEST.exec(image)?.[1];
  if (digest === undefined) return undefined;
  const path = join(imagesDirectory, `${digest}.json`);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isProcessImage(value)) return value;
  } catch {
    // Reported below, with the file's name.
  }
  throw new InfrastructureError('process-image-damaged', `${path} does not describe a process image.`, {
    hint: 'Delete the file and deploy again; it is written when the implementation is built.',
  });
}

function isProcessImage(value: unknown): value is ProcessImage {
  if (typeof value !== 'object' || value === null) return false;
  const { image, directory, run } = value as Partial<Record<keyof ProcessImage, unknown>>;
  return (
    typeof image === 'string' &&
    typeof directory === 'string' &&
    Array.isArray(run) &&
    run.length > 0 &&
    run.every((word) => typeof word === 'string')
  );
}
