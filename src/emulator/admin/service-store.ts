import { alreadyExists, failedPrecondition, invalidArgument, notFound, requireEtag } from './admin-error.ts';
import { reconciling } from './conditions.ts';
import { withDefaults } from './defaults.ts';
import { applyMask, inputOf } from './field-mask.ts';
import type { Operation, Revision, RevisionTemplate, Service, ServiceInput } from './messages.ts';
import { revisionName } from './names.ts';
import type { Operations, Outcome } from './operations.ts';
import { packRevision, packService } from './protos.ts';
import { dismantle, type Reconciliation, reconcile } from './reconcile.ts';
import {
  generatedRevisionId,
  newRevisionRecord,
  newServiceRecord,
  nextGeneration,
  type RevisionRecord,
  type ServiceRecord,
  sameTemplate,
} from './service-record.ts';
import { timestampOf } from './times.ts';
import { missingSecrets } from './validate-secrets.ts';
import { validateService, validateServiceId } from './validate-service.ts';
import { type Violation, violationMessage } from './violation.ts';

/** Services and revisions of one location. Accepts or refuses a change at once and carries it out as an operation. */
export class ServiceStore {
  readonly #context: Reconciliation;
  readonly #operations: Operations;
  readonly #services = new Map<string, ServiceRecord>();

  constructor(context: Reconciliation, operations: Operations) {
    this.#context = context;
    this.#operations = operations;
  }

  /** Newest first, as Google lists them. */
  services(): readonly Service[] {
    return [...this.#services.values()].map(({ message }) => message).reverse();
  }

  has(id: string): boolean {
    return this.#services.has(id);
  }

  service(id: string): Service {
    return this.#record(id).message;
  }

  /** Of one service, or of all; newest first. */
  revisions(id: string | undefined): readonly Revision[] {
    const records = id === undefined ? [...this.#services.values()] : [this.#record(id)];
    return records
      .flatMap(({ revisions }) => revisions.map(({ message }) => message))
      .reverse()
      .sort((a, b) => compareTimes(b, a));
  }

  revision(service: string, id: string): Revision {
    return this.#revision(service, id).message;
  }

  create(id: string, given: Service, validateOnly: boolean): Operation {
    if ((given.name ?? '') !== '') {
      throw invalidArgument(
        violationMessage('CreateServiceRequest', [
          { path: 'service.name', text: `must be empty; the id goes into service_id, found '${given.name}'.` },
        ]),
      );
    }
    refuse('CreateServiceRequest', validateServiceId(id));
    if (this.#services.has(id)) throw alreadyExists(id);
    const input = withDefaults(inputOf(given));
    const created = newServiceRecord(this.#context.location, id, input, this.#context.now());
    this.#accept('CreateServiceRequest', created, input, undefined);
    if (validateOnly) return this.#operations.finished(packService(created.message));
    this.#services.set(id, created);
    return this.#enqueue(created, () => reconcile(this.#context, created));
  }

  update(id: string, given: Service, paths: readonly string[], validateOnly: boolean): Operation {
    const record = this.#record(id);
    requireEtag(id, given.etag, record.message.etag);
    const input = withDefaults(applyMask(inputOf(record.message), inputOf(given), paths));
    const message = nextGeneration(record.message, input, this.#context.now());
    const draft: ServiceRecord = { ...record, message, revisions: [...record.revisions] };
    this.#accept('UpdateServiceRequest', draft, input, record.message.template);
    if (validateOnly) return this.#operations.finished(packService(draft.message));
    record.message = draft.message;
    record.revisions.splice(0, record.revisions.length, ...draft.revisions);
    return this.#enqueue(record, () => reconcile(this.#context, record));
  }

  delete(id: string, etag: string | undefined, validateOnly: boolean): Operation {
    const record = this.#record(id);
    requireEtag(id, etag, record.message.etag);
    if (validateOnly) return this.#operations.finished(packService(record.message));
    const nowMs = this.#context.now();
    record.message = {
      ...record.message,
      deleteTime: timestampOf(nowMs),
      reconciling: true,
      terminalCondition: reconciling(nowMs),
    };
    return this.#enqueue(record, async () => {
      await dismantle(this.#context, record);
      if (this.#services.get(id) === record) this.#services.delete(id);
      return { ok: true, resource: packService(record.message) };
    });
  }

  deleteRevision(service: string, id: string, etag: string | undefined, validateOnly: boolean): Operation {
    const record = this.#record(service);
    const revision = this.#revision(service, id);
    requireEtag(id, etag, revision.message.etag);
    const name = revisionName(this.#context.location, service, id);
    const { latestCreatedRevision, latestReadyRevision, traffic = [] } = record.message;
    const used = traffic.some((target) => target.revision === id);
    if (used || name === latestCreatedRevision || name === latestReadyRevision) {
      throw failedPrecondition(
        `Revision '${id}' of service '${service}' cannot be deleted: it serves traffic, has a tag, or is the latest revision.`,
      );
    }
    if (validateOnly) return this.#operations.finished(packRevision(revision.message));
    return this.#enqueue(
      record,
      async () => {
        await this.#context.dataPlane.removeRevision(id);
        record.revisions.splice(record.revisions.indexOf(revision), 1);
        const deleted = { ...revision.message, deleteTime: timestampOf(this.#context.now()) };
        return { ok: true, resource: packRevision(deleted) };
      },
      packRevision(revision.message),
    );
  }

  /** Validates the desired state, and adds a pending revision to the record when its template is new. */
  #accept(request: string, record: ServiceRecord, input: ServiceInput, before: RevisionTemplate | undefined): void {
    const { location, now } = this.#context;
    const template = input.template ?? {};
    const changed = before === undefined || !sameTemplate(before, template);
    const id = template.revision || generatedRevisionId(record);
    const known = record.revisions.filter(({ state }) => state !== 'failed').map((revision) => revision.id);
    refuse(request, validateService(record.id, input, changed ? [...known, id] : known));
    refuse(request, missingSecrets(template, this.#context.secret));
    if (!changed) return;
    if (this.#hasRevision(record, id)) {
      throw alreadyExists(id, `Revision named '${id}' with different configuration already exists.`);
    }
    record.revisions.push(newRevisionRecord(location, record, id, template, now()));
    record.message = { ...record.message, latestCreatedRevision: revisionName(location, record.id, id) };
  }

  #hasRevision(record: ServiceRecord, id: string): boolean {
    return [record, ...this.#services.values()].some(({ revisions }) => revisions.some((one) => one.id === id));
  }

  #record(id: string): ServiceRecord {
    const record = this.#services.get(id);
    if (record === undefined) throw notFound('SERVICE', id, this.#context.location);
    return record;
  }

  #revision(service: string, id: string): RevisionRecord {
    const revision = this.#record(service).revisions.find((one) => one.id === id);
    if (revision === undefined) throw notFound('REVISION', id, this.#context.location);
    return revision;
  }

  /** Operations of one service run one after the other, so that a later update never overtakes an earlier one. */
  #enqueue(record: ServiceRecord, work: () => Promise<Outcome>, metadata = packService(record.message)): Operation {
    const before = record.queue;
    const { promise, resolve } = Promise.withResolvers<void>();
    record.queue = promise;
    return this.#operations.start(metadata, async () => {
      await before;
      try {
        return await work();
      } finally {
        resolve();
      }
    });
  }
}

function refuse(request: string, violations: readonly Violation[]): void {
  if (violations.length > 0) throw invalidArgument(violationMessage(request, violations));
}

function compareTimes(left: Revision, right: Revision): number {
  const seconds = Number(left.createTime.seconds) - Number(right.createTime.seconds);
  return seconds === 0 ? left.createTime.nanos - right.createTime.nanos : seconds;
}
