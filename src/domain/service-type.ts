/** The service types that ship with a contract, in the order in which reports list them. */
export const SERVICE_TYPES = [
  'discord-webhook',
  'rest-crud',
  'grpc-unary',
  'graphql',
  'queue-worker',
  'websocket',
] as const;

export type ShippedType = (typeof SERVICE_TYPES)[number];

/** A shipped type, or one whose contract a service repository brings along. */
export type ServiceType = string;

/** What names of service types look like. */
export const SERVICE_TYPE = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
export const LONGEST_SERVICE_TYPE = 40;
