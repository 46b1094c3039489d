// port: how the response looks that says that a whole request failed.
import type { ApiName, RequestOf, ResponseOf } from "../../proto/kafka/apis.ts";
import type { Input } from "../../proto/kafka/schema.ts";

export interface Failure {
  readonly code: number;
  readonly message: string;
}

export type Builder<Name extends ApiName> = (
  request: RequestOf<Name>,
  failure: Failure,
) => Input<ResponseOf<Name>> | null;

export type Builders = { readonly [Name in ApiName]?: Builder<Name> };
