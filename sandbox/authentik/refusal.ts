/** An answer that refuses: thrown anywhere below the router, sent as it is. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly body: Record<string, unknown>,
  ) {
    super(JSON.stringify(body));
  }
}

/** 400 with messages by field. */
export const invalid = (field: string, ...messages: string[]): Refusal =>
  new Refusal(400, { [field]: messages });

/** 404 as Django says it. */
export const missing = (what: string): Refusal =>
  new Refusal(404, { detail: `No ${what} matches the given query.` });
