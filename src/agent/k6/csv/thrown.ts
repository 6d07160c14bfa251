import { StringDecoder } from 'node:string_decoder';

/** An exception inside an iteration, as an executor of k6 logs it. */
export interface Thrown {
  readonly scenario: string;
  /** When the line was read: wall clock, nanoseconds since 1970. */
  readonly atNs: bigint;
  readonly code: string;
  readonly message: string;
}

/** Finds exceptions in what k6 logs (logfmt on standard error). */
export class ExceptionLog {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  read(chunk: Buffer, atNs: bigint): readonly Thrown[] {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.flatMap((line) => thrownIn(line, atNs) ?? []);
  }
}

const ERROR = / level=error msg=("(?:[^"\\]|\\.)*"|\S*)(.*)$/u;
/** Only executors log with a scenario. */
const SCENARIO = / scenario=("(?:[^"\\]|\\.)*"|\S*)/u;
/** Logged by executors at the same level, and no exception. */
const ALLOCATION = 'Error while allocating unplanned VU';

function thrownIn(line: string, atNs: bigint): Thrown | null {
  const [, message = '', fields = ''] = ERROR.exec(line) ?? [];
  const scenario = SCENARIO.exec(fields)?.[1];
  if (scenario === undefined) return null;
  const trace = unquoted(message);
  return trace === ALLOCATION ? null : { scenario: unquoted(scenario), atNs, ...reasonOf(trace) };
}

/** Of Go's %q: its escapes are those of JSON but for a few of control characters, which say nothing here. */
function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  try {
    return JSON.parse(text.replaceAll(/\\(?:x[0-9a-f]{2}|U[0-9a-f]{8}|[av])/gu, ' ')) as string;
  } catch {
    return text.slice(1, -1);
  }
}

const LONGEST = 200;

/** Of a stack trace: the name of the exception's class, and its first line. As `k6/output/iterations.go` has it. */
export function reasonOf(trace: string): { readonly code: string; readonly message: string } {
  const line = (trace.split('\n')[0] ?? '').trim().replace(/^Uncaught \(in promise\) /u, '');
  const characters = Array.from(line);
  const message = characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join('')}…` : line;
  const name = /^([^: \t/]+):/u.exec(message)?.[1];
  return { code: name ?? 'exception', message };
}
