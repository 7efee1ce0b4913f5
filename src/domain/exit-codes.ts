/** Exit codes of every command. When several apply, the first of `PRECEDENCE` wins. */
export const EXIT = {
  ok: 0,
  infrastructure: 1,
  usage: 2,
  contract: 3,
  regression: 4,
  inconclusive: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const PRECEDENCE: readonly ExitCode[] = [
  EXIT.usage,
  EXIT.infrastructure,
  EXIT.contract,
  EXIT.regression,
  EXIT.inconclusive,
];

/** The one code that a process ends with, out of all that apply. */
export function winningExitCode(codes: Iterable<ExitCode>): ExitCode {
  const present = new Set(codes);
  return PRECEDENCE.find((code) => present.has(code)) ?? EXIT.ok;
}
