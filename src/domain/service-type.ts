/** The service types that ship with a contract, in the order in which reports list them. */
export const SERVICE_TYPES = ['discord-webhook'] as const;

export type ServiceType = (typeof SERVICE_TYPES)[number];
