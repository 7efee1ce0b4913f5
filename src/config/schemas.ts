/** The JSON Schemas of contracts/schemas/, read once by the composition root and passed on as values. */
export interface Schemas {
  readonly manifest: object;
  readonly config: object;
  readonly results: object;
  readonly run: object;
  readonly baseline: object;
  readonly plan: object;
  readonly vectors: object;
  readonly contract: object;
}
