import { parseArgs } from 'node:util';

/** What the Job of a coordinator tells the process of its pod. */
export interface RoomArguments {
  readonly folder: string;
  readonly runId: string;
  readonly tokenDigest: string;
  readonly port: number;
  /** By which address agents find this pod. */
  readonly advertise: string;
  readonly staySeconds: number;
  readonly keepSeconds: number;
}

/** As {@link roomArguments} reads it. */
export const roomArgv = (room: RoomArguments): readonly string[] => [
  ...['--room', room.folder, '--run', room.runId, '--token-digest', room.tokenDigest, '--port', `${room.port}`],
  ...['--advertise', room.advertise, '--stay', `${room.staySeconds}`, '--keep', `${room.keepSeconds}`],
];

/** Throws with a sentence. */
export function roomArguments(argv: readonly string[]): RoomArguments {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...argv],
    strict: true,
    options: {
      room: text,
      run: text,
      'token-digest': text,
      port: text,
      advertise: text,
      stay: text,
      keep: text,
    },
  });
  const said = (name: keyof typeof values): string => {
    const value = values[name];
    if (value === undefined || value === '')
      throw new Error(`--${name}: found nothing, expected what the Job says there`);
    return value;
  };
  return {
    folder: said('room'),
    runId: said('run'),
    tokenDigest: said('token-digest'),
    port: Number(said('port')),
    advertise: said('advertise'),
    staySeconds: Number(said('stay')),
    keepSeconds: Number(said('keep')),
  };
}
