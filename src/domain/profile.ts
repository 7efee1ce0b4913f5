/** A deployment profile: every field that Cloud Run would otherwise choose by itself is explicit. */
export interface Profile {
  readonly name: string;
  /** vCPU as Cloud Run writes it: "1", "2", "0.5". */
  readonly cpu: string;
  /** Memory limit as Cloud Run writes it: "512Mi", "1Gi". */
  readonly memory: string;
  /** Requests that one instance serves at a time. */
  readonly concurrency: number;
  readonly minInstances: number;
  readonly maxInstances: number;
  readonly executionEnvironment: 'gen1' | 'gen2';
  readonly startupCpuBoost: boolean;
  /** True: request-based billing, CPU only while a request runs. */
  readonly cpuIdle: boolean;
  readonly timeoutMs: number;
  /** E-mail address of the account that instances run as. Absent: the project's default account. */
  readonly serviceAccount?: string;
  /** Plain variables, stored with the results. What the contract itself sets wins over them. */
  readonly env?: Readonly<Record<string, string>>;
  /** Variables by reference to Secret Manager; values never pass through here. */
  readonly secrets?: Readonly<Record<string, SecretReference>>;
  /** Absent: HTTP/1.1 on 8080. */
  readonly port?: ServicePort;
  /** Absent: the platform's own, one TCP attempt of 240 s. */
  readonly startupProbe?: Probe;
  /** Absent: none. */
  readonly livenessProbe?: Probe;
}

export interface SecretReference {
  /** Name in the project, or `projects/<project>/secrets/<name>`. */
  readonly secret: string;
  /** Number as text, or "latest". */
  readonly version: string;
}

export interface ServicePort {
  /** `h2c`: requests reach the container as HTTP/2 without TLS, as gRPC needs it. */
  readonly protocol: 'http1' | 'h2c';
  readonly number: number;
}

/** A probe of the container's one port, in the whole seconds that Cloud Run takes. */
export interface Probe {
  readonly type: 'http' | 'tcp' | 'grpc';
  /** Of `http`. */
  readonly path?: string;
  /** Of `grpc`: the name that its health service is asked for. Absent: the whole server. */
  readonly service?: string;
  readonly initialDelaySeconds: number;
  readonly timeoutSeconds: number;
  readonly periodSeconds: number;
  readonly failureThreshold: number;
}
