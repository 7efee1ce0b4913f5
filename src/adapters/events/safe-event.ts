import { printable } from '../../documents/show.ts';
import type { RunEvent } from '../../domain/event.ts';
import { maskSecrets } from '../logging/masking.ts';

/** An event stays a few kilobytes: many receivers refuse more than 64 KiB. */
const LISTED_FINDINGS = 50;
const FINDING_CHARACTERS = 300;
const MESSAGE_CHARACTERS = 500;

/** The event as it may leave: errors and services may have quoted secrets, and texts have any length and character. */
export function safeEvent(event: RunEvent, secrets: readonly string[]): RunEvent {
  // Masked before it is cut: the rest of a cut secret would not be found.
  const safe = (text: string, longest?: number) => printable(maskSecrets(text, secrets), longest);
  const { findings, message } = event;
  const more = (event.moreFindings ?? 0) + Math.max(0, (findings?.length ?? 0) - LISTED_FINDINGS);
  return {
    ...event,
    ...(message === undefined ? {} : { message: safe(message, MESSAGE_CHARACTERS) }),
    ...(findings === undefined
      ? {}
      : {
          findings: findings.slice(0, LISTED_FINDINGS).map(({ serviceType, profile, implementation, kind, text }) => ({
            serviceType: safe(serviceType),
            ...(profile === undefined ? {} : { profile: safe(profile) }),
            implementation: safe(implementation),
            kind,
            text: safe(text, FINDING_CHARACTERS),
          })),
        }),
    ...(more > 0 ? { moreFindings: more } : {}),
  };
}
