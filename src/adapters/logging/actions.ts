import * as core from '@actions/core';
import { neutral, withoutCommands } from '../../documents/neutral.ts';
import type { LogFields, Logger } from '../../ports/logger.ts';
import { fieldsText, type LoggerOptions, maskSecrets } from './masking.ts';
import { createPace } from './pace.ts';

/** The runner's log. Annotations are commands, which @actions/core escapes; plain lines must not look like commands. */
export function createActionsLogger({ secrets, verbose }: LoggerOptions): Logger {
  for (const secret of secrets) core.setSecret(secret);
  const text = (message: string, fields: LogFields | undefined) =>
    withoutCommands(neutral(maskSecrets(`${message}${fieldsText(fields)}`, secrets)));
  const isDue = createPace();
  return {
    debug: (message, fields) => (verbose ? core.info(text(message, fields)) : core.debug(text(message, fields))),
    info: (message, fields) => core.info(text(message, fields)),
    warn: (message, fields) => core.warning(text(message, fields)),
    error: (message, fields) => core.error(text(message, fields)),
    progress: (message, fields) => {
      if (isDue()) core.info(text(message, fields));
    },
  };
}
