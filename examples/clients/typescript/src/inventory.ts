import type { TypedDocumentString } from "./gql/graphql.js";

/** What the service said instead of an answer. `code` is stable; `message` is for people. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly code: string | undefined,
  ) {
    super(message);
  }
}

interface Reply<Result> {
  data?: Result | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

/** Asks one operation; its result and variables have the types that the schema gives them. */
export type Ask = <Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
) => Promise<Result>;

export function inventory(url: string, token?: string): Ask {
  const headers = {
    "content-type": "application/json",
    accept: "application/graphql-response+json, application/json",
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
  return async <Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
  ) => {
    const body = JSON.stringify({ query: document.toString(), variables });
    const response = await fetch(url, { method: "POST", headers, body });
    const reply = (await response.json()) as Reply<Result>;
    const error = reply.errors?.[0];
    if (error || !reply.data) {
      throw new Refused(error?.message ?? `HTTP ${response.status}`, error?.extensions?.code);
    }
    return reply.data;
  };
}
