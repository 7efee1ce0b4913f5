import { createHash } from 'node:crypto';

function digest(text: string): string {
  // Git may check out with other line ends; that is no drift.
  return createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex');
}

/**
 * Files of a service repository's copy of a contract that differ from the shipped ones, are missing, or are there in
 * addition; sorted, by path relative to the contract's directory.
 */
export function contractDrift(
  shipped: ReadonlyMap<string, string>,
  local: ReadonlyMap<string, string>,
): readonly string[] {
  const differs = (path: string) => {
    const [ours, theirs] = [shipped.get(path), local.get(path)];
    return ours === undefined || theirs === undefined || digest(ours) !== digest(theirs);
  };
  return [...new Set([...shipped.keys(), ...local.keys()])].filter(differs).sort();
}
