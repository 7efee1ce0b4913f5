/** What tokens of GitHub and Google look like, for the case that one comes back in the text of an answer. */
const TOKEN_SHAPES =
  /\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,2}|\bya29\.[A-Za-z0-9._-]{8,}|\bgh[a-z]_[A-Za-z0-9]{16,}/g;

/** A stranger's text without the given secrets and without anything that looks like a token, in one bounded line. */
export function withoutTokens(text: string, secrets: readonly string[]): string {
  const known = secrets.filter((secret) => secret !== '').toSorted((a, b) => b.length - a.length);
  const clean = known.reduce((rest, secret) => rest.replaceAll(secret, '***'), text).replace(TOKEN_SHAPES, '***');
  return clean.replace(/\s+/g, ' ').trim().slice(0, 500);
}
