import { markdownCode, markdownText } from './escape.ts';

/** What is answered to somebody whose run was started. */
export function slashAnswer(run: {
  readonly implementations: readonly string[];
  readonly iterations?: number;
  readonly headSha: string;
  readonly url: string;
}): string {
  const what =
    run.implementations.length === 0
      ? 'what this pull request changes'
      : run.implementations.map((name) => markdownCode(name, 100)).join(', ');
  const times = run.iterations === undefined ? '' : ` with ${run.iterations} iterations`;
  return `Measuring ${what}${times} at ${run.headSha.slice(0, 12)}: [run](${run.url}).\n`;
}

/** What is answered to somebody whose comment could not be understood. */
export function slashRefusal(why: string, usage: string): string {
  return `No run was started: ${markdownText(why)}. Wanted is ${markdownCode(usage)}.\n`;
}
