import type { SubscriptionSettings, SubscriptionState } from './broker.ts';
import { type DeadLetterPolicy, deadLetterPolicy, type RetryPolicy, retryPolicy } from './delivery-rules.ts';
import { PubSubError } from './errors.ts';
import type { Delivery, Draft } from './message.ts';
import type { PushConfig } from './push.ts';

type Fields = Readonly<Record<string, unknown>>;

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

function refuse(): never {
  throw new PubSubError('INVALID_ARGUMENT', "Payload isn't valid for request.");
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The JSON object of a request; an empty body is an empty object. */
export function parseFields(body: string): Fields {
  if (body.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    refuse();
  }
  return isFields(value) ? value : refuse();
}

function optional<T>(fields: Fields, name: string, otherwise: T, accept: (value: unknown) => value is T): T {
  const value = fields[name];
  if (value === undefined || value === null) return otherwise;
  return accept(value) ? value : refuse();
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isTexts = (value: unknown): value is readonly string[] => isList(value) && value.every(isText);
const isTextFields = (value: unknown): value is Readonly<Record<string, string>> =>
  isFields(value) && Object.values(value).every(isText);

export const text = (fields: Fields, name: string): string => optional(fields, name, '', isText);
export const flag = (fields: Fields, name: string): boolean => optional(fields, name, false, isFlag);
export const texts = (fields: Fields, name: string): readonly string[] => optional(fields, name, [], isTexts);

/** Proto3 JSON allows numbers as text. */
export function whole(fields: Fields, name: string): number {
  const value = fields[name] ?? 0;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) ? number : refuse();
}

/** A proto3 JSON duration such as `600s`; 0 when absent. */
function seconds(fields: Fields, name: string): number {
  return givenSeconds(fields, name) ?? 0;
}

function givenSeconds(fields: Fields, name: string): number | undefined {
  const value = text(fields, name);
  if (value === '') return undefined;
  return /^\d+(\.\d+)?s$/.test(value) ? Number.parseFloat(value) : refuse();
}

export function drafts(fields: Fields): Draft[] {
  return optional(fields, 'messages', [], isList).map((entry) => {
    if (!isFields(entry)) refuse();
    const data = text(entry, 'data');
    if (!BASE64.test(data)) refuse();
    const attributes = optional(entry, 'attributes', {}, isTextFields);
    return { data: Buffer.from(data, 'base64'), attributes, orderingKey: text(entry, 'orderingKey') };
  });
}

/** The push settings, or undefined when messages are to be pulled. */
export function pushConfig(fields: Fields): PushConfig | undefined {
  const config = optional(fields, 'pushConfig', {}, isFields);
  const { noWrapper } = config;
  const endpoint = text(config, 'pushEndpoint');
  if (endpoint === '') return undefined;
  return checkedPush(endpoint, isFields(noWrapper));
}

export function checkedPush(endpoint: string, noWrapper: boolean): PushConfig {
  if (!/^https?:$/.test(URL.canParse(endpoint) ? new URL(endpoint).protocol : '')) {
    throw new PubSubError('INVALID_ARGUMENT', `Invalid push endpoint: ${endpoint.slice(0, 300)}`);
  }
  return { endpoint, noWrapper };
}

export function subscriptionSettings(fields: Fields): SubscriptionSettings {
  return {
    topic: text(fields, 'topic'),
    ackDeadlineSeconds: whole(fields, 'ackDeadlineSeconds'),
    retentionSeconds: seconds(fields, 'messageRetentionDuration'),
    push: pushConfig(fields),
    deadLetter: deadLetterOf(fields),
    retry: retryOf(fields),
    ordered: flag(fields, 'enableMessageOrdering'),
  };
}

function deadLetterOf(fields: Fields): DeadLetterPolicy | undefined {
  if (fields.deadLetterPolicy === undefined) return undefined;
  const policy = optional(fields, 'deadLetterPolicy', {}, isFields);
  return deadLetterPolicy(text(policy, 'deadLetterTopic'), whole(policy, 'maxDeliveryAttempts'));
}

function retryOf(fields: Fields): RetryPolicy | undefined {
  if (fields.retryPolicy === undefined) return undefined;
  const policy = optional(fields, 'retryPolicy', {}, isFields);
  return retryPolicy(givenSeconds(policy, 'minimumBackoff'), givenSeconds(policy, 'maximumBackoff'));
}

/** A duration as proto3 JSON writes it: `10s`, `0.100s`. */
function duration(seconds: number): string {
  return `${Number.isInteger(seconds) ? seconds : seconds.toFixed(3)}s`;
}

export function subscriptionJson(state: SubscriptionState): Fields {
  const push = state.push === undefined ? {} : { pushEndpoint: state.push.endpoint };
  return {
    name: state.name,
    topic: state.topic,
    pushConfig: state.push?.noWrapper === true ? { ...push, noWrapper: {} } : push,
    ackDeadlineSeconds: state.ackDeadlineSeconds,
    messageRetentionDuration: `${state.retentionSeconds}s`,
    ...(state.ordered === true ? { enableMessageOrdering: true } : {}),
    ...(state.deadLetter && {
      deadLetterPolicy: {
        deadLetterTopic: state.deadLetter.topic,
        maxDeliveryAttempts: state.deadLetter.maxAttempts,
      },
    }),
    ...(state.retry && {
      retryPolicy: {
        minimumBackoff: duration(state.retry.minimumSeconds),
        maximumBackoff: duration(state.retry.maximumSeconds),
      },
    }),
  };
}

export function deliveryJson({ ackId, message, deliveryAttempt }: Delivery): Fields {
  return {
    ackId,
    message: {
      ...(message.data.length === 0 ? {} : { data: message.data.toString('base64') }),
      ...(Object.keys(message.attributes).length === 0 ? {} : { attributes: message.attributes }),
      messageId: message.messageId,
      publishTime: new Date(message.publishedAtMs).toISOString(),
      ...(message.orderingKey === '' ? {} : { orderingKey: message.orderingKey }),
    },
    ...(deliveryAttempt === undefined ? {} : { deliveryAttempt }),
  };
}
