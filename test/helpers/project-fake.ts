import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A Google Cloud project as its REST APIs show it; change it before asking. */
export interface FakeProject {
  /** The only one that is known; absent: all are. */
  token: string | undefined;
  email: string | undefined;
  apis: Set<string>;
  permissions: Set<string>;
  /** Of service accounts and repositories by name; what is not in here does not exist. */
  accounts: Map<string, readonly string[]>;
  repositories: Map<string, { readonly format: string; readonly permissions: readonly string[] }>;
  buckets: Map<string, readonly string[]>;
  quotaInfos: object[];
  policies: Set<string>;
  /** Answers of whole APIs, by name, in place of their own; `drop` ends the connection. */
  broken: Map<string, { readonly status: number; readonly body: object } | 'drop'>;
}

export interface ProjectFake {
  readonly project: FakeProject;
  /** Where each API is, as variables of gcloud. */
  readonly env: Readonly<Record<string, string>>;
  readonly asked: readonly string[];
  close(): Promise<void>;
}

const APIS = 'artifactregistry cloudquotas cloudresourcemanager iam openidconnect orgpolicy serviceusage storage'.split(
  ' ',
);
const PAGE = 2;
const error = (status: number, message: string, details: object[] = []) => ({
  status,
  body: { error: { code: status, message, details } },
});
export const SERVICE_DISABLED = error(403, 'The API has not been used in project 123 before or it is disabled.', [
  { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'SERVICE_DISABLED' },
]);
export const DENIED = error(403, 'The caller does not have permission');

export const quotaInfo = (quotaId: string, region: string, value: number, more: object = {}) => ({
  quotaId,
  dimensionsInfos: [
    { dimensions: { region: 'elsewhere' }, details: { value: '1' }, applicableLocations: ['elsewhere'] },
    { dimensions: { region }, details: { value: String(value) }, applicableLocations: [region] },
  ],
  ...more,
});

/** Each API on a port of its own, on 127.0.0.1: a question that goes to the wrong one finds nothing. */
export async function startProjectFake(): Promise<ProjectFake> {
  const project: FakeProject = {
    token: 'planted-token',
    email: 'runner@my-project.iam.gserviceaccount.com',
    apis: new Set(),
    permissions: new Set(),
    accounts: new Map(),
    repositories: new Map(),
    buckets: new Map(),
    quotaInfos: [],
    policies: new Set(),
    broken: new Map(),
  };
  const asked: string[] = [];
  const servers = await Promise.all(
    APIS.map(async (api) => {
      const server = createServer(async (request, response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const url = new URL(request.url ?? '/', 'http://fake');
        asked.push(`${request.method} ${api}${url.pathname}`);
        const broken = project.broken.get(api);
        if (broken === 'drop') return void response.destroy();
        const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
        const known = given !== undefined && given === (project.token ?? given);
        const text = Buffer.concat(chunks).toString();
        const { permissions = [] } = (text === '' ? {} : JSON.parse(text)) as { permissions?: string[] };
        const answer = broken ?? (known ? answerOf(project, api, url, permissions) : error(401, 'Invalid credentials'));
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      return { server, variable: [`CLOUDSDK_API_ENDPOINT_OVERRIDES_${api.toUpperCase()}`, `http://127.0.0.1:${port}`] };
    }),
  );
  return {
    project,
    asked,
    env: Object.fromEntries(servers.map(({ variable }) => variable)),
    async close() {
      await Promise.all(
        servers.map(({ server }) => {
          server.closeAllConnections();
          return new Promise((resolve) => server.close(resolve));
        }),
      );
    },
  };
}

function answerOf(project: FakeProject, api: string, url: URL, wanted: readonly string[]) {
  const ok = (body: object) => ({ status: 200, body });
  const path = decodeURIComponent(url.pathname);
  const granted = (has: readonly string[] | undefined, asked = wanted) =>
    has === undefined ? error(404, 'not found') : ok({ permissions: asked.filter((one) => has.includes(one)) });
  const found = (pattern: RegExp) => pattern.exec(path)?.[1] ?? '';
  switch (api) {
    case 'openidconnect':
      return ok({ sub: '1', ...(project.email === undefined ? {} : { email: project.email }) });
    case 'serviceusage': {
      if (path !== '/v1/projects/my-project/services:batchGet') return error(404, 'no such project');
      const services = url.searchParams.getAll('names').map((name) => {
        const service = name.replace('projects/my-project/services/', '');
        return { name: `projects/123/services/${service}`, state: project.apis.has(service) ? 'ENABLED' : 'DISABLED' };
      });
      return ok({ services });
    }
    case 'cloudresourcemanager':
      if (path !== '/v3/projects/my-project:testIamPermissions') return error(404, 'no such project');
      return granted([...project.permissions]);
    case 'iam':
      return granted(project.accounts.get(found(/^\/v1\/projects\/-\/serviceAccounts\/(.+):testIamPermissions$/)));
    case 'artifactregistry': {
      const repository = project.repositories.get(found(/^\/v1\/([^:]+)(?::testIamPermissions)?$/));
      if (!path.endsWith(':testIamPermissions') && repository !== undefined) return ok({ format: repository.format });
      return granted(repository?.permissions);
    }
    case 'storage':
      return granted(
        project.buckets.get(found(/^\/storage\/v1\/b\/([^/]+)\/iam\/testPermissions$/)),
        url.searchParams.getAll('permissions'),
      );
    case 'orgpolicy': {
      const policy = found(/\/policies\/([^:]+):getEffectivePolicy$/);
      return ok({ spec: { rules: [{ enforce: project.policies.has(policy) }] } });
    }
    default: {
      const from = Number(url.searchParams.get('pageToken') ?? 0);
      const next = from + PAGE < project.quotaInfos.length ? { nextPageToken: String(from + PAGE) } : {};
      return ok({ quotaInfos: project.quotaInfos.slice(from, from + PAGE), ...next });
    }
  }
}
