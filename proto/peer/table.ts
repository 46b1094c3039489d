// port: a protobuf message as data, for the codec.

export type ScalarKind = "uint32" | "sint32" | "sint64" | "bool" | "string" | "bytes";

/** Names of the values 0, 1, 2, ... */
export interface EnumTable {
  readonly values: readonly string[];
}

export interface FieldTable {
  readonly id: number;
  readonly name: string;
  readonly type: ScalarKind | EnumTable | MessageTable;
  readonly repeated?: boolean;
  /** Null when absent. */
  readonly optional?: boolean;
}

/** `T` exists for the type checker only. */
export interface MessageTable<T = unknown> {
  readonly name: string;
  readonly fields: readonly FieldTable[];
  readonly "~value"?: T;
}
