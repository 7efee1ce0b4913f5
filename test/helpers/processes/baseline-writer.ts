/** A process that stores the baseline of one run: `baseline-writer.ts DIRECTORY INDEX`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createDirectoryStore } from '../../../src/adapters/results/directory.ts';
import { saveBaseline } from '../../../src/results/runs.ts';
import { baselineOfRun } from '../baseline-runs.ts';
import { RESULT_SCHEMAS } from '../result-schemas.ts';

const [directory = '', index = ''] = process.argv.slice(2);
const pause = (attempt: number) => sleep(Math.min(attempt * 10, 200) * Math.random());
await saveBaseline(createDirectoryStore(directory), baselineOfRun(Number(index)), RESULT_SCHEMAS, { pause });
