/** When a JSON Web Token ends, in epoch milliseconds; undefined when it is none. Its signature is not our business. */
export function expiryOf(token: string): number | undefined {
  const [, payload = '', ...rest] = token.split('.');
  if (payload === '' || rest.length !== 1) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    if (typeof claims !== 'object' || claims === null || !('exp' in claims)) return undefined;
    return typeof claims.exp === 'number' ? claims.exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
