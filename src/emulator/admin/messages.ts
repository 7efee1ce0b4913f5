/**
 * The parts of `google.cloud.run.v2` that the emulator reads or writes, as the protobuf library gives them: camel case,
 * enums as names, 64-bit integers as text, absent fields left out. Fields that are not named here pass through unread.
 */
export interface Timestamp {
  readonly seconds: string | number;
  readonly nanos: number;
}

export interface Duration {
  readonly seconds?: string | number | undefined;
  readonly nanos?: number | undefined;
}

export interface EnvVar {
  readonly name?: string;
  readonly value?: string;
  readonly valueSource?: { readonly secretKeyRef?: { readonly secret?: string; readonly version?: string } };
}

export interface Probe {
  readonly initialDelaySeconds?: number;
  readonly timeoutSeconds?: number;
  readonly periodSeconds?: number;
  readonly failureThreshold?: number;
  readonly httpGet?: { readonly path?: string; readonly port?: number };
  readonly tcpSocket?: { readonly port?: number };
  readonly grpc?: { readonly port?: number; readonly service?: string };
}

export interface ContainerPort {
  readonly name?: string;
  readonly containerPort?: number;
}

export interface Container {
  readonly name?: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly resources?: {
    readonly limits?: Readonly<Record<string, string>>;
    readonly cpuIdle?: boolean;
    readonly startupCpuBoost?: boolean;
  };
  readonly ports?: readonly ContainerPort[];
  readonly volumeMounts?: readonly object[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
}

export interface RevisionTemplate {
  readonly revision?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly scaling?: { readonly minInstanceCount?: number; readonly maxInstanceCount?: number };
  readonly timeout?: Duration;
  readonly serviceAccount?: string;
  readonly containers?: readonly Container[];
  readonly volumes?: readonly object[];
  readonly executionEnvironment?: string;
  readonly maxInstanceRequestConcurrency?: number;
  readonly healthCheckDisabled?: boolean;
  readonly sessionAffinity?: boolean;
}

export interface TrafficTarget {
  readonly type?: string;
  readonly revision?: string;
  readonly percent?: number;
  readonly tag?: string;
}

export interface TrafficTargetStatus extends TrafficTarget {
  readonly uri?: string;
}

export interface Condition {
  readonly type: string;
  readonly state: string;
  readonly message?: string;
  readonly lastTransitionTime?: Timestamp;
  readonly severity?: string;
  readonly reason?: string;
  readonly revisionReason?: string;
  readonly executionReason?: string;
}

export interface ServiceScaling {
  readonly minInstanceCount?: number;
  readonly maxInstanceCount?: number;
  readonly scalingMode?: string;
  /** Absent differs from 0. */
  readonly manualInstanceCount?: number;
}

/** What a client may set. */
export interface ServiceInput {
  readonly description?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly client?: string;
  readonly clientVersion?: string;
  readonly ingress?: string;
  readonly launchStage?: string;
  readonly template?: RevisionTemplate;
  readonly traffic?: readonly TrafficTarget[];
  readonly scaling?: ServiceScaling;
  readonly invokerIamDisabled?: boolean;
  readonly defaultUriDisabled?: boolean;
  readonly customAudiences?: readonly string[];
}

export interface Service extends ServiceInput {
  readonly name?: string;
  readonly uid?: string;
  readonly generation?: string;
  readonly observedGeneration?: string;
  readonly createTime?: Timestamp;
  readonly updateTime?: Timestamp;
  readonly deleteTime?: Timestamp;
  readonly urls?: readonly string[];
  readonly uri?: string;
  readonly terminalCondition?: Condition;
  readonly conditions?: readonly Condition[];
  readonly latestReadyRevision?: string;
  readonly latestCreatedRevision?: string;
  readonly trafficStatuses?: readonly TrafficTargetStatus[];
  readonly reconciling?: boolean;
  readonly etag?: string;
}

export interface Revision {
  readonly name: string;
  readonly uid: string;
  readonly generation: string;
  readonly observedGeneration?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly createTime: Timestamp;
  readonly updateTime: Timestamp;
  readonly deleteTime?: Timestamp;
  readonly service: string;
  readonly scaling?: RevisionTemplate['scaling'];
  readonly maxInstanceRequestConcurrency?: number;
  readonly timeout?: Duration;
  readonly serviceAccount?: string;
  readonly containers?: readonly Container[];
  readonly executionEnvironment?: string;
  readonly sessionAffinity?: boolean;
  readonly reconciling?: boolean;
  readonly conditions?: readonly Condition[];
  readonly etag?: string;
}

export interface Any {
  readonly type_url: string;
  readonly value: Uint8Array;
}

export interface Operation {
  readonly name: string;
  readonly metadata?: Any;
  readonly done?: boolean;
  readonly error?: { readonly code: number; readonly message: string };
  readonly response?: Any;
}
