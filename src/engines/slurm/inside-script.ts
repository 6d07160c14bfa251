import { END_WARNING_S, type InsideOrder } from '../inside-place.ts';
import { type AgentSource, directoryLines, JOB, resourceArguments, shellWord } from './job-script.ts';

/** Name of the job in which a run's coordinator is. */
export const insideJobName = (runId: string): string => `loadcell-${runId}-inside`;

/**
 * What sbatch is told of a coordinator's job: one task, a bounded stay, and a SIGTERM to the coordinator alone before that
 * is over. `room`: where what it writes to its standard error goes.
 */
export const insideArguments = ({ runId, instance, stayNs }: InsideOrder, room: string): string[] => [
  ...JOB,
  `--job-name=${insideJobName(runId)}`,
  '--comment=coordinator',
  '--nodes=1',
  '--ntasks=1',
  `--output=${room}/log`,
  `--signal=B:TERM@${END_WARNING_S}`,
  ...resourceArguments(instance, stayNs),
];

/** Everything that a node needs to become the coordinator of a room. */
export interface InsideTask {
  /** On a path that every node reads and writes. */
  readonly room: string;
  readonly source: AgentSource;
  /** The program's entry below its directory. */
  readonly entry: string;
  /** Where this machine finds Slurm's tools, for nodes whose own environment does not say. */
  readonly path: string;
}

/**
 * The batch script: the program takes the script's place, so that a signal to the batch script is one to it. Agents find
 * the node by the address that Slurm's daemons dial, since names of hosts are not always what others can resolve.
 */
export const insideScript = ({ room, source, entry, path }: InsideTask): string => `#!/bin/sh
umask 077
unset NODE_OPTIONS
export PATH="\${PATH:-/usr/bin:/bin}":${shellWord(path)}
refuse() { printf 'loadcell inside: %s\\n' "$1" >&2; exit 64; }
${directoryLines(source)}
address=$(sinfo -h -N -n "$SLURMD_NODENAME" -o %o | head -n 1)
exec "$agent/node" "$agent"/${shellWord(entry)} inside ${shellWord(room)} --advertise "\${address:-$SLURMD_NODENAME}"
`;
