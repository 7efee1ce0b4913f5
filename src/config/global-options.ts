import { UsageError } from '../domain/errors.ts';
import { PLATFORMS } from '../domain/plan.ts';
import { type OptionValues, shown } from './option-values.ts';
import { present } from './present.ts';
import { type GlobalOptions, LOG_FORMATS } from './request.ts';

const PROJECT = /^(?:[a-z0-9.-]{1,60}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/;
const PROVIDER_FORM = 'projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER';
const PROVIDER =
  /^projects\/[0-9]{1,20}\/locations\/global\/workloadIdentityPools\/[a-z0-9-]{4,32}\/providers\/[a-z0-9-]{4,32}$/;
const SERVICE_ACCOUNT = /^[a-z0-9][a-z0-9-]{0,62}@[a-z0-9.-]{1,80}\.gserviceaccount\.com$/;
const REGION = /^[a-z]+-[a-z]+[0-9]{1,2}$/;

/** What every command may be told. */
export function globals(options: OptionValues): GlobalOptions {
  const known = {
    config: options.text('config'),
    manifest: options.text('manifest'),
    project: options.pattern('project', PROJECT, 'a Google Cloud project id such as my-project-1'),
    region: options.pattern('region', REGION, 'a Google Cloud region such as us-central1'),
    workloadIdentityProvider: identityProvider(options),
    serviceAccount: options.pattern(
      'service-account',
      SERVICE_ACCOUNT,
      'the email of a service account such as perf@my-project-1.iam.gserviceaccount.com',
    ),
    platform: options.choice('platform', PLATFORMS),
    results: resultsPlace(options),
    logFormat: options.choice('log-format', LOG_FORMATS),
  };
  return { ...present(known), verbose: options.has('verbose'), dryRun: options.has('dry-run') };
}

/** Its bare name; the prefix with which Google's own pages show it may be there. */
function identityProvider(options: OptionValues): string | undefined {
  const found = options.text('workload-identity-provider')?.replace(/^(?:https:)?\/\/iam\.googleapis\.com\//, '');
  if (found === undefined || PROVIDER.test(found)) return found;
  throw new UsageError(
    'identity-provider-malformed',
    `workload-identity-provider is ${shown(found)}; wanted is ${PROVIDER_FORM}`,
    {
      hint: 'NUMBER is the number of the project, not its id; gcloud iam workload-identity-pools providers describe prints the name',
    },
  );
}

function resultsPlace(options: OptionValues): string | undefined {
  const found = options.text('results');
  if (found === undefined || !found.includes('://')) return found;
  if (!/^gs:\/\/[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](?:\/[^\s]*)?$/.test(found))
    options.refuse('results', `is ${shown(found)}; wanted is a directory or gs://bucket/prefix`);
  return found;
}
