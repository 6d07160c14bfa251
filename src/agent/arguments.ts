import { readFile, stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { WantedGpus } from '../gpu/arrival.ts';
import type { JoinTicket } from '../wire/join-file.ts';
import { parsePlaceList } from '../wire/place-list.ts';

/** How an agent lives on its node, whatever place it fills. */
export interface NodeArguments {
  /** Folder for what is not acknowledged; null: below the system's folder for temporary files. */
  readonly spool: string | null;
  /** Folder of caches; null: the user's own. */
  readonly cache: string | null;
  /** Folder for files that are sent to this node; null: below the one of caches. */
  readonly files: string | null;
  readonly registerWithinMs: number;
  /** What the engine calls the node; null: its host name, which several nodes of a cluster may share. */
  readonly node: string | null;
  /** Where Prometheus may scrape this agent; null: nowhere. */
  readonly metrics: { readonly host: string; readonly port: number } | null;
}

/** Which place an agent fills, for whom, and how it lives there. */
export interface AgentArguments extends JoinTicket, NodeArguments {}

/** A mistake of whoever started the agent: one sentence. */
export class UsageError extends Error {}

const TOKEN_FILE_VARIABLE = 'LOADCELL_TOKEN_FILE';
const OTHERS_MAY = 0o077;
const HANDED_BY_ROOT = 0o440;
const ROOT = 0;
const DEFAULT_REGISTER_WITHIN_S = 60;

/** The only argument of an agent that is started before its place is known: it is given all others by standard input. */
export const ARGUMENTS_FROM_INPUT = '--arguments-from-input';

/** What to write to the standard input of an agent started with {@link ARGUMENTS_FROM_INPUT}, and to end it with. */
export const argumentsInput = (argv: readonly string[], token: string): string => `${JSON.stringify(argv)}\n${token}\n`;

/**
 * The arguments of an agent. With {@link ARGUMENTS_FROM_INPUT} they are the first line of standard input and the token
 * follows; null when the input ends without them: there is no place for the agent. Throws a {@link UsageError}.
 */
export async function agentArguments(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  stdin: AsyncIterable<Uint8Array>,
): Promise<AgentArguments | null> {
  if (argv[0] !== ARGUMENTS_FROM_INPUT) return await parseAgentArguments(argv, env, stdin);
  const input = await wholeText(stdin);
  const end = input.indexOf('\n');
  if (end === -1) return null;
  const given = JSON.parse(input.slice(0, end)) as readonly string[];
  return await parseAgentArguments(given, env, [Buffer.from(input.slice(end + 1))]);
}

/**
 * Reads flags, and the token from the file named by `--token-file` or the environment, else from standard input.
 * The token itself is never an argument: any user of the node may read those. Throws a {@link UsageError}.
 */
export async function parseAgentArguments(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  stdin: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<AgentArguments> {
  const flags = readFlags(argv);
  const file = flags['token-file'] ?? env[TOKEN_FILE_VARIABLE];
  return {
    coordinator: address(needed(flags, 'coordinator', 'host:port, for example 127.0.0.1:7070')),
    runId: needed(flags, 'run', 'the id of a run'),
    attempt: count('attempt', needed(flags, 'attempt', 'a number from 1'), 1),
    index: placeIn(flags),
    ...(flags.expects === undefined ? {} : { expects: await wantedGpus(flags.expects) }),
    token: file === undefined ? token(await wholeText(stdin), 'standard input') : await tokenFromFile(file),
    spool: flags.spool ?? null,
    cache: flags.cache ?? null,
    files: flags.files ?? null,
    registerWithinMs: 1000 * count('register-within', flags['register-within'] ?? `${DEFAULT_REGISTER_WITHIN_S}`, 1),
    node: flags.node ?? null,
    metrics: flags.metrics === undefined ? null : listening(flags.metrics),
  };
}

type Flags = Readonly<Record<string, string | undefined>>;

function readFlags(argv: readonly string[]): Flags {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...argv],
      strict: true,
      options: {
        coordinator: text,
        run: text,
        attempt: text,
        index: text,
        places: text,
        nth: text,
        'token-file': text,
        spool: text,
        cache: text,
        files: text,
        expects: text,
        'register-within': text,
        metrics: text,
        node: text,
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function wantedGpus(text: string): Promise<WantedGpus> {
  const { parseWantedGpus } = await import('../wire/arrival.ts');
  const wanted = parseWantedGpus(text);
  if (wanted === null) throw new UsageError(`--expects: found ${text}, expected what an engine writes there`);
  return wanted;
}

function needed(flags: Flags, name: string, expected: string): string {
  const value = flags[name];
  if (value === undefined || value === '') throw new UsageError(`--${name}: found nothing, expected ${expected}`);
  return value;
}

/** `--index`, or of the places of an attempt the one that an engine counted out, from 0. */
function placeIn(flags: Flags): number {
  if (flags.places === undefined) return count('index', needed(flags, 'index', 'a place in the fleet, from 0'), 0);
  const places = parsePlaceList(flags.places);
  if (places === null) {
    throw new UsageError(`--places: found ${flags.places}, expected places of a fleet, for example 0-3,7`);
  }
  const nth = count('nth', needed(flags, 'nth', 'which of the places, from 0'), 0);
  const place = places[nth];
  if (place === undefined) throw new UsageError(`--nth: found ${nth}, expected at most ${places.length - 1}`);
  return place;
}

function count(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) {
    throw new UsageError(`--${name}: found ${text}, expected a whole number of at least ${least}`);
  }
  return value;
}

function address(text: string): string {
  const port = Number(/^.+:(\d+)$/.exec(text)?.[1]);
  if (port >= 1 && port <= 65_535) return text;
  throw new UsageError(`--coordinator: found ${text}, expected host:port, for example 127.0.0.1:7070`);
}

/** Where `--metrics` listens. Throws a {@link UsageError}. */
export function listening(text: string): { readonly host: string; readonly port: number } {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host !== undefined && Number(port) <= 65_535) return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
  throw new UsageError(`--metrics: found ${text}, expected host:port, for example 127.0.0.1:9465`);
}

/**
 * A file with a secret, `where`, is its owner's alone; or it is root's, nobody writes it and a group reads it, which is how
 * Kubernetes hands the files of a Secret to a container's user. Throws a {@link UsageError}.
 */
export function refuseOthers(where: string, { mode, uid }: { readonly mode: number; readonly uid: number }): void {
  if ((mode & OTHERS_MAY) === 0) return;
  if (uid === ROOT && (mode & 0o777) === HANDED_BY_ROOT) return;
  const found = (mode & 0o777).toString(8).padStart(4, '0');
  throw new UsageError(`${where}: found mode ${found}, expected 0600: others must not read it`);
}

async function tokenFromFile(file: string): Promise<string> {
  const stats = await stat(file).catch((error: Error) => {
    throw new UsageError(`token file: cannot be read: ${error.message}`);
  });
  refuseOthers(`token file ${file}`, stats);
  return token(await readFile(file, 'utf8'), `token file ${file}`);
}

async function wholeText(stdin: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stdin) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function token(text: string, where: string): string {
  const value = text.trim();
  if (value === '') throw new UsageError(`${where}: found nothing, expected the run's token`);
  return value;
}
