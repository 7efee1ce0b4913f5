import { locate } from '../documents/locate.ts';
import { nearest } from '../documents/nearest.ts';
import { pointerTo } from '../documents/pointer.ts';
import { alternatives, printable } from '../documents/show.ts';
import type { Source } from '../documents/source-tree.ts';
import { type PerfError, UsageError } from '../domain/errors.ts';
import type { ChannelEntry } from './contract-file.ts';
import type { DocumentedChannels } from './documents.ts';

/**
 * Channels that neither the AsyncAPI document nor a schema of their own describes, so that whatever came on them would be
 * right or wrong for nothing. A contract without AsyncAPI document may leave them open.
 */
export function channelProblems(
  channels: Readonly<Record<string, ChannelEntry>>,
  documented: DocumentedChannels | undefined,
  source: Source,
): readonly PerfError[] {
  if (documented === undefined) return [];
  return Object.entries(channels).flatMap(([name, { address = name, message }]) => {
    if (message !== undefined || documented.addresses.includes(address) || documented.sent(address) !== undefined) {
      return [];
    }
    const near = nearest(address, documented.addresses);
    const wanted = alternatives(documented.addresses.map((it) => printable(it)));
    const text = `the AsyncAPI document has no channel ${printable(address)}, wanted ${wanted}`;
    const hint = near === undefined ? {} : { hint: `Did you mean "${near}"?` };
    return [new UsageError('channel-undocumented', text, { at: locate(source, pointerTo('channels', name)), ...hint })];
  });
}
