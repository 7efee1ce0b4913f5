/** Scalars of proto3. */
export type ScalarName =
  | 'double'
  | 'float'
  | 'int32'
  | 'int64'
  | 'uint32'
  | 'uint64'
  | 'sint32'
  | 'sint64'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed32'
  | 'sfixed64'
  | 'bool'
  | 'string'
  | 'bytes';

export interface EnumType {
  readonly name: string;
  /** Numbers by name; several names may have one number, the first is used for output. */
  readonly values: ReadonlyMap<string, number>;
}

export type FieldValueType =
  | { readonly kind: 'scalar'; readonly scalar: ScalarName }
  | { readonly kind: 'enum'; readonly of: EnumType }
  | { readonly kind: 'message'; readonly of: MessageType };

export interface FieldType {
  /** As in the file. */
  readonly name: string;
  /** lowerCamelCase, or as `json_name` says. */
  readonly jsonName: string;
  readonly number: number;
  readonly label: 'single' | 'repeated' | 'map';
  /** Key of a map. */
  readonly key?: ScalarName;
  readonly value: FieldValueType;
  /** Tells whether it was set: optional fields, members of a oneof, messages. */
  readonly hasPresence: boolean;
  /** Name of the oneof that it is a member of. */
  readonly oneof?: string;
}

export interface MessageType {
  /** `package.Message`. */
  readonly name: string;
  /** In order of their numbers. Asked for late: messages may contain themselves. */
  readonly fields: () => readonly FieldType[];
}

/** Something in a JSON value or in bytes that the descriptor does not allow. */
export interface ProtoProblem {
  /** JSON Pointer below the message. */
  readonly pointer: string;
  readonly message: string;
}
