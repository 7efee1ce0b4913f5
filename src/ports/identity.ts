/** Who this tool is to Google Cloud. One per process: all clients share its tokens. */
export interface Identity {
  /**
   * OAuth access token for scope cloud-platform, cached until shortly before its expiry; callers at the same time share
   * one exchange. Ask again for every request and never keep it: a long job outlives many. Throws PerfError.
   */
  accessToken(): Promise<string>;
  /** ID token for private services that accept `audience`, cached as accessToken is. Throws PerfError. */
  idToken(audience: string): Promise<string>;
}
