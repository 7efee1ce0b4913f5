import { ACTION_ONLY, COMMAND_USAGE, type Flag, GLOBAL_FLAGS, PROGRAM } from './cli-table.ts';
import { COMMANDS, type CommandName } from './request.ts';

/** The commands of the command line. */
export const CLI_COMMANDS: readonly CommandName[] = COMMANDS.filter((name) => !ACTION_ONLY.includes(name));

const flagText = (flag: Flag) =>
  `${flag.short === undefined ? '' : `-${flag.short}, `}--${flag.name}${flag.value === undefined ? '' : ` <${flag.value.toLowerCase()}>`}`;

function rows(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...pairs.map(([left]) => left.length));
  return pairs.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

const flagRows = (flags: readonly Flag[]) => rows(flags.map((flag) => [flagText(flag), flag.help] as const));

const EXIT_CODES = [
  ['0', 'ok'],
  ['1', 'infrastructure or unexpected failure'],
  ['2', 'usage or configuration error'],
  ['3', 'contract failure'],
  ['4', 'regression'],
  ['5', 'inconclusive, only with --fail-on inconclusive'],
] as const;

/** What `--help` prints without a command. */
export function programUsage(): string {
  return [
    `${PROGRAM} [global-flags] <command> [command-flags]`,
    '',
    'Commands:',
    ...rows(CLI_COMMANDS.map((name) => [name, COMMAND_USAGE[name].summary] as const)),
    '',
    'Global flags:',
    ...flagRows(GLOBAL_FLAGS),
    '',
    'Exit codes:',
    ...rows(EXIT_CODES),
    '',
    `${PROGRAM} <command> --help shows the flags of one command.`,
  ].join('\n');
}

/** What `<command> --help` prints. */
export function commandUsage(name: CommandName): string {
  const { summary, flags, examples, argument } = COMMAND_USAGE[name];
  return [
    `${PROGRAM} ${name}: ${summary}`,
    '',
    ...(argument === undefined ? [] : ['Usage:', `  ${PROGRAM} ${name} ${argument} [flags]`, '']),
    'Flags:',
    ...flagRows(flags),
    '',
    'Global flags:',
    ...flagRows(GLOBAL_FLAGS),
    '',
    'Examples:',
    ...examples.map((example) => `  ${example}`),
  ].join('\n');
}
