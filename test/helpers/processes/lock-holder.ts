/** A process that holds the lock of a file until it is killed: `lock-holder.ts FILE`. */
import { acquireLock } from '../../../src/adapters/results/lock.ts';

await acquireLock(process.argv[2] ?? '');
process.stdout.write('locked\n');
setInterval(() => {}, 1000);
