import type { ServiceType } from '../domain/service-type.ts';
import { discordWebhook } from './discord-webhook.ts';
import type { Protocol } from './protocol.ts';

/** Every service type has its protocol; the compiler names the missing one. */
export const PROTOCOLS = {
  'discord-webhook': discordWebhook,
} as const satisfies Record<ServiceType, Protocol>;
