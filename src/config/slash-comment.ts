import { parseArgs } from 'node:util';
import { UsageError } from '../domain/errors.ts';
import { shown } from './option-values.ts';

/** What a comment asks for. */
export interface SlashRun {
  /** Empty: those that the pull request changes. */
  readonly implementations: readonly string[];
  /** Fresh instances per side and round. */
  readonly iterations?: number;
}

export const SLASH_USAGE = '/perf [implementation ...] [--iterations N]';

const NAME = /^[a-z](?:[a-z0-9-]{0,47}[a-z0-9])?$/;
const MOST_NAMES = 50;
const MOST_ITERATIONS = 100;

/**
 * The run that a comment asks for in its first line; undefined when the comment is about something else. The text comes
 * from anybody: nothing of it gets further than names and a number that were checked. Throws UsageError.
 */
export function parseSlashComment(body: string): SlashRun | undefined {
  const [line = ''] = body.trimStart().split(/\r?\n/, 1);
  if (!/^\/perf(?:\s|$)/.test(line)) return undefined;
  const words = line.split(/\s+/).filter((word) => word !== '');
  const { values, positionals } = parsed(words.slice(1));
  const names = positionals.flatMap((word) => word.split(',')).filter((name) => name !== '');
  const iterations = values.iterations === undefined ? undefined : iterationsOf(values.iterations);
  const bad = names.find((name) => !NAME.test(name));
  if (bad !== undefined) throw wrong(`found ${shown(bad)}, wanted the name of an implementation`);
  if (names.length > MOST_NAMES) throw wrong(`found ${names.length} names, wanted at most ${MOST_NAMES}`);
  return { implementations: [...new Set(names)], ...(iterations === undefined ? {} : { iterations }) };
}

function parsed(args: string[]) {
  try {
    return parseArgs({ args, options: { iterations: { type: 'string' } }, allowPositionals: true });
  } catch {
    throw wrong('found an option other than --iterations N');
  }
}

function iterationsOf(value: string): number {
  const number = Number(value);
  if (/^\d{1,3}$/.test(value) && number >= 1 && number <= MOST_ITERATIONS) return number;
  throw wrong(`found ${shown(value)} after --iterations, wanted a whole number from 1 to ${MOST_ITERATIONS}`);
}

function wrong(message: string): UsageError {
  return new UsageError('bad-slash-command', message, { hint: `Write ${SLASH_USAGE}` });
}
