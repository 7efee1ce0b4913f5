import { parseArgs } from 'node:util';
import { nearest } from '../documents/nearest.ts';
import { UsageError } from '../domain/errors.ts';
import { ARGUMENT, buildRequest } from './build-request.ts';
import { COMMAND_USAGE, type Flag, GLOBAL_FLAGS, PROGRAM } from './cli-table.ts';
import { CLI_COMMANDS, commandUsage, programUsage } from './cli-usage.ts';
import { OptionValues, shown } from './option-values.ts';
import type { CommandName, Request } from './request.ts';

const ALL_FLAGS = new Map(
  [...GLOBAL_FLAGS, ...CLI_COMMANDS.flatMap((command) => COMMAND_USAGE[command].flags)].map((flag) => [
    flag.name,
    flag,
  ]),
);

function tokenize(argv: readonly string[]) {
  const options = Object.fromEntries(
    [...ALL_FLAGS.values()].map((flag) => [
      flag.name,
      {
        type: flag.kind === 'switch' ? ('boolean' as const) : ('string' as const),
        multiple: true,
        ...(flag.short === undefined ? {} : { short: flag.short }),
      },
    ]),
  );
  // Not strict: its own errors name neither the command nor the nearest flag.
  return parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

type Token = ReturnType<typeof tokenize>[number];
type OptionToken = Extract<Token, { kind: 'option' }>;

function didYouMean(near: string | undefined, otherwise: string): string {
  return near === undefined ? otherwise : `Did you mean ${near}?`;
}

function unknownFlag(token: OptionToken, command: CommandName | undefined): never {
  const flags = [...GLOBAL_FLAGS, ...(command === undefined ? [] : COMMAND_USAGE[command].flags)];
  const near = nearest(
    token.name,
    flags.map((flag) => flag.name),
  );
  const where = command === undefined ? PROGRAM : `${PROGRAM} ${command}`;
  throw new UsageError('unknown-flag', `${where} has no flag ${shown(token.rawName)}`, {
    hint: didYouMean(near === undefined ? undefined : `--${near}`, `${where} --help lists the flags.`),
  });
}

const asCommand = (word: string) => CLI_COMMANDS.find((name) => name === word);

const positionals = (tokens: readonly Token[]) => tokens.filter((token) => token.kind === 'positional');

function commandOf(tokens: readonly Token[]): CommandName | undefined {
  const found = positionals(tokens)[0]?.value;
  if (found === undefined) return undefined;
  const command = asCommand(found);
  if (command !== undefined) return command;
  throw new UsageError(
    'unknown-command',
    `there is no command ${shown(found)}; commands are ${CLI_COMMANDS.join(', ')}`,
    {
      hint: didYouMean(nearest(found, CLI_COMMANDS), `${PROGRAM} --help lists the commands.`),
    },
  );
}

function valueFor(token: OptionToken, flag: Flag): string {
  if (flag.kind === 'switch') {
    if (token.value === undefined) return 'true';
    throw new UsageError(
      'unwanted-value',
      `${token.rawName} is a switch and takes no value, found ${shown(token.value)}`,
    );
  }
  const isNextFlag = !token.inlineValue && token.value?.startsWith('-') && token.value.length > 1;
  if (token.value === undefined || isNextFlag)
    throw new UsageError('missing-value', `${token.rawName} needs a value: ${flag.value ?? 'VALUE'}, ${flag.help}`);
  return token.value;
}

/** A value right after an unknown flag reads as a positional, so unknown flags are told first. */
function checkFlags(tokens: readonly Token[], command: CommandName | undefined): void {
  const own = command === undefined ? ALL_FLAGS.values() : [...GLOBAL_FLAGS, ...COMMAND_USAGE[command].flags];
  const known = new Set([...own].map((flag) => flag.name));
  for (const token of tokens) if (token.kind === 'option' && !known.has(token.name)) unknownFlag(token, command);
}

function asksFor(tokens: readonly Token[], name: string): boolean {
  return tokens.some((token) => token.kind === 'option' && token.name === name);
}

function unexpectedArgument(command: CommandName, argument: string | undefined, extra: string): never {
  const taken =
    argument === undefined
      ? `no argument ${shown(extra)}`
      : `${argument.includes(' ') ? '' : 'one '}${argument}, and not ${shown(extra)} too`;
  throw new UsageError('unexpected-argument', `${PROGRAM} ${command} takes ${taken}`, {
    hint: 'Values belong to flags: --name value or --name=value.',
  });
}

function helpRequest(command: CommandName | undefined): Request {
  return { command: 'help', text: command === undefined ? programUsage() : commandUsage(command) };
}

/** A command line without the program's name. Throws UsageError with the nearest valid name where there is one. */
export function parseCliArgs(argv: readonly string[]): Request {
  const asked = argv[0] === 'help';
  const tokens = tokenize(asked ? argv.slice(1) : argv);
  const [guess] = positionals(tokens).flatMap(({ value }) => asCommand(value) ?? []);
  checkFlags(tokens, guess);
  const command = commandOf(tokens);
  if (asked || asksFor(tokens, 'help')) return helpRequest(command);
  if (asksFor(tokens, 'version')) return { command: 'version' };
  if (command === undefined)
    throw new UsageError('missing-command', `no command is given; commands are ${CLI_COMMANDS.join(', ')}`, {
      hint: `${PROGRAM} --help shows them all.`,
    });
  const { argument } = COMMAND_USAGE[command];
  const [, ...given] = positionals(tokens).map(({ value }) => value);
  const extra = given[argument?.split(' ').length ?? 0];
  if (extra !== undefined) unexpectedArgument(command, argument, extra);
  const raw = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const flag = ALL_FLAGS.get(token.name);
    if (flag !== undefined) raw.set(token.name, [...(raw.get(token.name) ?? []), valueFor(token, flag)]);
  }
  if (given[0] !== undefined) raw.set(ARGUMENT, given);
  return buildRequest(command, new OptionValues(raw, (name) => (name === ARGUMENT ? `${argument}` : `--${name}`)));
}
