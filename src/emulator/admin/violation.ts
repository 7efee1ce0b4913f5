/** One broken rule of a request: path of the field in the proto's spelling, and the text that follows it. */
export interface Violation {
  readonly path: string;
  readonly text: string;
}

/** Google's wording: all violations in one message. */
export function violationMessage(request: string, violations: readonly Violation[]): string {
  return violations.map(({ path, text }) => `Violation in ${request}.${path}: ${text}`).join('\n');
}
