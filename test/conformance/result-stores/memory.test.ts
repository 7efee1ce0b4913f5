import { createMemoryStore } from '../../helpers/memory-store.ts';
import { resultStoreSuite } from '../result-store.suite.ts';

resultStoreSuite('memory', async () => ({ store: createMemoryStore(), close: async () => {} }));
