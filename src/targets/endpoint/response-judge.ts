import type { ResponseCheck } from '../../campaign/endpoint-spec.ts';
import { RequestFailure } from '../target.ts';

/** Longest body that is looked at, bytes. */
export const LONGEST_BODY = 16 * 2 ** 20;

/**
 * Whether an answer is right. Failures of one kind are one and the same object: in the hot path nothing is made for a
 * status that was met before.
 */
export class ResponseJudge {
  readonly needsBody: boolean;
  readonly #check: ResponseCheck;
  readonly #ofStatus = new Map<number, RequestFailure>();

  constructor(check: ResponseCheck) {
    this.#check = check;
    this.needsBody = check.contains !== null || check.json !== null;
  }

  /** Null: the status is right. */
  ofStatus(status: number): RequestFailure | null {
    if (this.#check.status.includes(status)) return null;
    const known = this.#ofStatus.get(status) ?? statusFailure(status, this.#check.status);
    this.#ofStatus.set(status, known);
    return known;
  }

  /** Null: the body is right. */
  ofBody(body: Buffer): RequestFailure | null {
    const { contains, json } = this.#check;
    if (body.byteLength > LONGEST_BODY) return TOO_LONG;
    if (contains !== null && !body.includes(contains))
      return wrong('body', `a body without ${JSON.stringify(contains)}`);
    return json === null ? null : jsonFailure(body, json);
  }
}

function statusFailure(status: number, expected: readonly number[]): RequestFailure {
  const message = `answered ${status}, expected ${expected.join(' or ')}`;
  if (status === 429) return new RequestFailure('rejected', '429', message);
  return new RequestFailure(status >= 500 ? 'target-error' : 'wrong-output', String(status), message);
}

const wrong = (code: string, found: string): RequestFailure =>
  new RequestFailure('wrong-output', code, `found ${found}`);

export const TOO_LONG = wrong('too-long', `a body of more than ${LONGEST_BODY} bytes, which is not looked at`);

function jsonFailure(body: Buffer, { path, equals }: NonNullable<ResponseCheck['json']>): RequestFailure | null {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return wrong('json', 'a body that is no JSON');
  }
  const found = valueAtPath(value, path);
  if (found === equals) return null;
  const shown = JSON.stringify(found)?.slice(0, 60) ?? 'nothing';
  return wrong('json', `${shown} at ${path}, expected ${JSON.stringify(equals)}`);
}

/** The value at `a.b[0].c`; undefined where there is none. */
export function valueAtPath(value: unknown, path: string): unknown {
  let at = value;
  for (const [, name, index] of path.matchAll(/([^.[\]]+)|\[(\d+)\]/gu)) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[name ?? index ?? ''];
  }
  return at;
}
