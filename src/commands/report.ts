import type { ReportRequest } from '../config/request.ts';
import { EXPORTERS } from '../report/registry.ts';
import { loadRun } from '../results/runs.ts';
import type { Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';

/** Renders a stored run again, in any format. */
export async function report(request: ReportRequest, ports: Ports): Promise<Outcome> {
  const run = await loadRun(ports.store, request.run, ports.schemas);
  if (request.output === undefined) ports.print(EXPORTERS[request.format](run, ports.terminal));
  else await ports.writeFile(request.output, EXPORTERS[request.format](run));
  return { exitCodes: [], outputs: { 'run-id': run.metadata.runId }, summary: EXPORTERS.markdown(run) };
}
