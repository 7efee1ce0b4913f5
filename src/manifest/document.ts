import type { ServiceType } from '../domain/service-type.ts';

/** One implementation as `manifest.yaml` writes it, after the schema accepted it. */
export interface ImplementationDocument {
  readonly name: string;
  readonly path: string;
  readonly dockerfile?: string;
  readonly build_args?: Readonly<Record<string, string | number | boolean>>;
  readonly target?: string;
  readonly language?: string;
  readonly framework?: string;
  readonly supported_features?: readonly string[];
  readonly image?: string;
  readonly local?: {
    readonly build?: string;
    readonly run: string | readonly string[];
    readonly requires?: readonly string[];
  };
}

export interface ManifestDocument {
  readonly service_type: ServiceType;
  readonly contract_version: string;
  readonly implementations: readonly ImplementationDocument[];
}
