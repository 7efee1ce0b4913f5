import type { Config } from '../config/config.ts';
import type { ReportRequest } from '../config/request.ts';
import { loadRun } from '../results/runs.ts';
import { announce, retell } from './announce.ts';
import { fanIn, openPlan } from './fan-in.ts';
import { reportForeignRun } from './foreign-run.ts';
import type { Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';
import { outcomeOf, publish, show, storeReports } from './publish.ts';

/**
 * Puts a run of several jobs together, or renders a stored one again, in any format. A run that is whole is stored again
 * only when its baseline is asked for, and fails nothing unless that is asked for.
 */
export async function report(
  request: ReportRequest,
  config: Config,
  ports: Ports,
  signal: AbortSignal,
): Promise<Outcome> {
  const { artifact } = request;
  if (artifact !== undefined) return reportForeignRun({ ...request, artifact }, ports, signal);
  const plan = await openPlan(request.run, ports);
  if (plan !== undefined) {
    const recorder = await fanIn(plan, config, ports, signal);
    const outcome = await publish(request, recorder, ports);
    return announce(recorder.run, request, outcome, ports, signal);
  }
  const run = await loadRun(ports.store, request.run, ports.schemas, (message) => ports.logger.warn(message));
  if (request.saveBaseline === true) {
    const places = await storeReports(run, request, ports);
    if (places.baseline !== undefined) ports.logger.info(`baseline ${places.baseline}`);
  }
  await show(run, request, ports);
  const outcome = await retell(run, request, outcomeOf(run, request.failOn, ports), ports, signal);
  // Whoever only wants to read a run that failed is told so by the report.
  return request.failOn.includes('never') ? { ...outcome, exitCodes: [] } : outcome;
}
