import { SILENT } from '../../../src/ports/event-sink.ts';
import { eventSinkSuite } from '../event-sink.suite.ts';

eventSinkSuite('silent', () => ({ sink: SILENT, secrets: [], settled: async () => undefined }), { silent: true });
