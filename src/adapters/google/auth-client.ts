import { AuthClient, GoogleAuth } from 'google-auth-library';
import type { Identity } from '../../ports/identity.ts';

type RequestOptions = Parameters<AuthClient['request']>[0];

/** What Google's client libraries ask for tokens, for every call anew: ours, which are cached and shared. */
class IdentityClient extends AuthClient {
  readonly #identity: Identity;

  constructor(identity: Identity) {
    super();
    this.#identity = identity;
  }

  override async getAccessToken(): Promise<{ token: string }> {
    return { token: await this.#identity.accessToken() };
  }

  override async getRequestHeaders(): Promise<Headers> {
    return new Headers({ authorization: `Bearer ${await this.#identity.accessToken()}` });
  }

  override async request<T>(options: RequestOptions) {
    const headers = new Headers(options.headers);
    for (const [name, value] of await this.getRequestHeaders()) headers.set(name, value);
    return this.transporter.request<T>({ ...options, headers });
  }
}

/** The identity in the form that the official clients take: `new ServicesClient({ auth })`, `new Storage({ authClient })`. */
export function googleAuth(identity: Identity): GoogleAuth {
  return new GoogleAuth({ authClient: new IdentityClient(identity) });
}
