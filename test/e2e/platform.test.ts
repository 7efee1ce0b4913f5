import { test } from 'node:test';
import { platformSuite } from '../conformance/platform.suite.ts';
import { openPlace, SKIP, WHERE } from './place.ts';

/** What the emulator is held to, held against the original. */
if (WHERE === undefined) test('platform: Cloud Run', { skip: SKIP }, () => undefined);
else platformSuite(`Cloud Run, ${WHERE}`, openPlace);
