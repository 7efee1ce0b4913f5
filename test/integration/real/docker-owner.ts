// A run of its own, to be killed: opens an endpoint over containers, prints its origin, and stays.
import { createDataPlane } from '../../../src/emulator/data-plane.ts';
import { createContainerRuntime } from '../../../src/emulator/instances/container.ts';

const { settings, revision } = JSON.parse(process.argv[2] ?? '{}');
const dataPlane = createDataPlane(settings, createContainerRuntime(settings));
dataPlane.addRevision(revision);
console.log(await dataPlane.openEndpoint('run', () => revision.name));
