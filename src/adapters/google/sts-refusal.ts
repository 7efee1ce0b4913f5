import { InfrastructureError } from '../../domain/errors.ts';
import type { Answer } from './call.ts';
import type { Refusal } from './persist.ts';

const LARGE_SKEW_MS = 60_000;
const LATER = 'a change of the set-up takes up to 5 minutes to spread: then run again';

interface Rule {
  readonly error?: string;
  readonly description: RegExp;
  readonly code: string;
  readonly found: string;
  readonly hint: string;
  readonly again: Refusal['again'];
}

/** Google's words, most telling first; the last one is for all others. */
const RULES: readonly Rule[] = [
  {
    error: 'unauthorized_client',
    description: /attribute condition/i,
    code: 'identity-condition',
    found: 'the attribute condition of the provider does not accept this job',
    hint: `compare the condition with the repository, branch, event and environment of this job; ${LATER}`,
    again: 'propagation',
  },
  {
    error: 'invalid_target',
    description: /./,
    code: 'identity-provider-unknown',
    found: 'this provider does not exist, or it or its pool is disabled',
    hint: `compare workload-identity-provider with gcloud iam workload-identity-pools providers list; ${LATER}`,
    again: 'propagation',
  },
  {
    error: 'invalid_request',
    description: /invalid value for "?audience/i,
    code: 'identity-provider-unknown',
    found: 'the name of the provider is not accepted',
    hint: 'give the full name, with the number of the project in place of its id',
    again: 'never',
  },
  {
    description: /audience/i,
    code: 'identity-audience',
    found: 'the provider does not accept the audience of the token',
    hint: 'leave the allowed audiences of the provider empty, or add the one that is named here',
    again: 'never',
  },
  {
    description: /stale|expired|not yet valid|issued (?:in the future|at .* future)|\biat\b|\bexp\b/i,
    code: 'clock-skew',
    found: 'the time in the token is refused',
    hint: 'set the clock of the runner, and that of GitHub Enterprise Server where it issues the tokens',
    again: 'never',
  },
  {
    description: /mapped attribute|attribute mapping/i,
    code: 'identity-mapping',
    found: 'the attribute mapping of the provider does not work for this job',
    hint: 'mapped values have at most 127 bytes: map google.subject to something short, as assertion.repository_id',
    again: 'never',
  },
  {
    description: /issuer|connect|jwk|signature|signing key/i,
    code: 'identity-issuer',
    found: "Google cannot verify GitHub's signature, or this is not the issuer of the provider",
    hint: 'the issuer of the provider is https://token.actions.githubusercontent.com, or that of your GitHub server',
    again: 'never',
  },
  {
    description: /(?:)/,
    code: 'identity-refused',
    found: 'the token of this job is refused',
    hint: 'compare issuer, mapping and condition of the provider with docs/gcp-auth.md',
    again: 'never',
  },
];

/** Which part of the set-up Google's token service complains about. */
export function stsRefusal({ status, fields, text, serverEpochMs }: Answer, audience: string, nowMs: number): Refusal {
  const { error, error_description: description } = fields;
  const said = typeof description === 'string' ? description : text;
  const rule = RULES.find((one) => (one.error ?? error) === error && one.description.test(said)) ?? RULES.at(-1);
  if (rule === undefined) throw new Error('the last rule has no condition');
  const offMs = serverEpochMs === undefined ? 0 : nowMs - serverEpochMs;
  const skew =
    Math.abs(offMs) < LARGE_SKEW_MS
      ? ''
      : `; the clock of this machine is ${Math.round(Math.abs(offMs) / 1000)} s ${offMs > 0 ? 'ahead of' : 'behind'} Google's`;
  const provider = audience.replace(/^\/\/iam\.googleapis\.com\//, '');
  return {
    again: rule.again,
    error: new InfrastructureError(
      rule.code,
      `${rule.found} (${provider}): Google answered ${status}: ${text}${skew}`,
      { hint: rule.hint },
    ),
  };
}
