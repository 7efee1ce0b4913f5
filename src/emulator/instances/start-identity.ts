import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * What tells a process from a later one with the same pid: its start time. Undefined when there is no such process.
 * On Linux field 22 of /proc/<pid>/stat with the id of the boot it counts from; elsewhere what ps says.
 */
export function startIdentity(pid: number): string | undefined {
  try {
    if (process.platform !== 'linux') {
      const output = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' });
      return output.trim() || undefined;
    }
    const fields = statFields(pid);
    // A zombie has ended: it only waits for its parent, and holds nothing.
    if (fields === undefined || fields[0] === 'Z') return undefined;
    return `${bootId()}:${fields[19]}`;
  } catch {
    return undefined;
  }
}

/** The fields of a /proc/<pid>/stat text from the third (state) on. */
export function fieldsAfterName(stat: string): readonly string[] {
  // The name is in parentheses and may hold anything, parentheses too.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Fields of /proc/<pid>/stat from the third (state) on; undefined when there is no such process. */
export function statFields(pid: number): readonly string[] | undefined {
  try {
    return fieldsAfterName(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

let boot: string | undefined;
function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return boot;
}
