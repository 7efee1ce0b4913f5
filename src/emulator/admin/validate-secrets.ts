import { isSecret, LOCAL_SECRET_PREFIX, type SecretLookup } from './local-secrets.ts';
import type { EnvVar, RevisionTemplate } from './messages.ts';
import type { Violation } from './violation.ts';

const SECRET = /^(?:projects\/[^/]+\/secrets\/)?[A-Za-z0-9_-]{1,255}$/;
const VERSION = /^(?:[1-9]\d*|latest)$/;

/** The form of references to Secret Manager. */
export function validateSecrets(path: string, env: readonly EnvVar[]): Violation[] {
  return env.filter(isSecret).flatMap(({ name = '', value = '', valueSource }) => {
    const { secret = '', version = '' } = valueSource?.secretKeyRef ?? {};
    const at = `${path}.env[${name}].value_source`;
    return [
      ...(value === '' ? [] : [{ path: at, text: 'a variable has either a value or a source, found both.' }]),
      ...(SECRET.test(secret) ? [] : [{ path: `${at}.secret_key_ref.secret`, text: `invalid secret '${secret}'.` }]),
      ...(VERSION.test(version)
        ? []
        : [{ path: `${at}.secret_key_ref.version`, text: `must be a number or 'latest', found '${version}'.` }]),
    ];
  });
}

/** Cloud Run refuses a template whose secrets its account cannot read; here a value must be in the environment. */
export function missingSecrets(
  { containers = [] }: Pick<RevisionTemplate, 'containers'>,
  lookUp: SecretLookup,
  template = 'service.template',
): Violation[] {
  const missing = (containers[0]?.env ?? []).filter((one) => isSecret(one) && lookUp(one.name ?? '') === undefined);
  return missing.map(({ name = '', valueSource }) => ({
    path: `${template}.containers[0].env[${name}].value_source.secret_key_ref`,
    text: `secret '${valueSource?.secretKeyRef?.secret}' has no value on this machine: set ${LOCAL_SECRET_PREFIX}${name}.`,
  }));
}
