import type { Instance } from '../../campaign/instance.ts';
import { type Ns, toSeconds } from '../../time/ns.ts';
import type { AgentGroup, AttemptKey } from '../engine.ts';
import { UNUSED_DAYS } from './unused.ts';

/** Before every job's name, so that orphans are one query. */
const NAME = 'loadcell-';

export const jobName = ({ runId, attempt }: AttemptKey): string => `${NAME}${runId}-${attempt}`;

/** Null: the name of somebody else's job. */
export function keyOfName(name: string): AttemptKey | null {
  const [, runId, attempt] = /^loadcell-(.+)-(\d+)$/.exec(name) ?? [];
  return runId === undefined ? null : { runId, attempt: Number(attempt) };
}

/** What a job's comment says of its attempt, so that whoever finds the job finds everything. Any user may read it. */
export interface Whereabouts {
  /** Places in the fleet, in the order of the job's tasks. */
  readonly indices: readonly number[];
  /** The folder that nodes and coordinator share. */
  readonly shared: string;
}

export const commentOf = ({ indices, shared }: Whereabouts): string => `places ${indices.join(',')} in ${shared}`;

/** Null: the comment of somebody else's job. */
export function whereaboutsOf(comment: string): Whereabouts | null {
  const [, list, shared] = /^places (\d+(?:,\d+)*) in (\/.*)$/.exec(comment) ?? [];
  return list === undefined || shared === undefined ? null : { indices: list.split(',').map(Number), shared };
}

/**
 * The generic resource of one node. Where the site's own word is not given, a GPU's type is the first part of its model's
 * name in lower case, which is how sites name them: `A100-SXM4-40GB` is `gpu:a100:1`.
 */
export function gresOf({ gres, gpu, gpusPerAgent }: Instance): string | null {
  if (gres !== null) return gres;
  if (gpusPerAgent === 0) return null;
  const type = gpu?.split(/[-\s]/)[0]?.toLowerCase();
  return type === undefined ? `gpu:${gpusPerAgent}` : `gpu:${type}:${gpusPerAgent}`;
}

/** What sbatch is told: one job, one task on each of its nodes, never put back into the queue. */
export const sbatchArguments = (
  { instance, indices, stayNs }: AgentGroup,
  key: AttemptKey,
  shared: string,
): string[] => [
  ...JOB,
  `--job-name=${jobName(key)}`,
  `--comment=${commentOf({ indices, shared })}`,
  `--nodes=${indices.length}`,
  `--ntasks=${indices.length}`,
  '--ntasks-per-node=1',
  '--output=/dev/null',
  ...resourceArguments(instance, stayNs),
];

/** Of every job: sbatch names it, it is never put back into the queue, and nothing of this environment goes with it. */
export const JOB = ['--parsable', '--no-requeue', '--export=NIL'];

/** What a node of a job must have, where it is looked for, and for how long. */
export function resourceArguments(instance: Instance, stayNs: Ns | null): string[] {
  const gres = gresOf(instance);
  const of = (option: string, value: string | number | null): string[] =>
    value === null ? [] : [`--${option}=${value}`];
  return [
    ...of('gres', gres),
    ...of('cpus-per-task', instance.cpus),
    ...of('mem', instance.memoryBytes === null ? null : `${Math.ceil(instance.memoryBytes / 2 ** 20)}M`),
    ...of('partition', instance.partition),
    ...of('account', instance.account),
    ...of('qos', instance.qos),
    ...of('constraint', instance.constraint),
    ...of('time', stayNs === null ? null : minutesText(stayNs)),
    ...instance.arguments,
  ];
}

/** Slurm counts walltime in minutes. */
const minutesText = (stayNs: Ns): string => `${Math.max(1, Math.ceil(toSeconds(stayNs) / 60))}`;

/** A word that a POSIX shell takes as it is. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** What an agent is started from on a node. */
export type AgentSource =
  /** A packed agent directory on a path that every node reads, and what it must hold. */
  | { readonly kind: 'pack'; readonly path: string; readonly sha256: string }
  /** An unpacked one, at a path that the site names. */
  | { readonly kind: 'folder'; readonly path: string };

/**
 * The batch script. `path`: where this machine finds Slurm's tools, for nodes whose own environment does not say. `pin`:
 * whether tasks are bound to the processors that they are given.
 */
export function batchScript(folder: string, tasks: number, path: string, pin: Instance['pin'] = null): string {
  const srun = [
    'exec srun --export=ALL --no-kill --kill-on-bad-exit=0 --wait=0',
    // A step is given no more processors than it asks for.
    `\${SLURM_CPUS_PER_TASK:+--cpus-per-task=$SLURM_CPUS_PER_TASK}`,
    ...(pin === 'cpus' ? ['--cpu-bind=cores'] : []),
    `--ntasks=${tasks} --ntasks-per-node=1 --input=none --output=/dev/null`,
    `--error=${shellWord(`${folder}/srun-%t.log`)} /bin/sh ${shellWord(`${folder}/agent.sh`)}`,
  ].join(' ');
  return `#!/bin/sh\nexport PATH="\${PATH:-/usr/bin:/bin}":${shellWord(path)}\n${srun}\n`;
}

/** Everything that a task needs to become the agent of its place. */
export interface AgentTask {
  /** Of the attempt, on a path that every node reads and writes. */
  readonly folder: string;
  /** In the order of the tasks. */
  readonly indices: readonly number[];
  readonly source: AgentSource;
  /** The agent's entry below its directory. */
  readonly entry: string;
  readonly runId: string;
  /** What all agents of the attempt are told, but for their place. */
  readonly argv: readonly string[];
}

/**
 * What every task runs. It says which node it is on and how its agent ended, by files in the attempt's folder: Slurm's text
 * output tells of jobs and not of their tasks.
 */
export function agentScript({ folder, indices, source, entry, runId, argv }: AgentTask): string {
  const cases = indices.map((index, task) => `  ${task}) index=${index} ;;`).join('\n');
  return `#!/bin/sh
umask 077
unset NODE_OPTIONS
folder=${shellWord(folder)}
exec 2>>"$folder/log-$SLURM_PROCID"
tell() { printf '%s\n' "$2" >"$folder/$1.part" && mv -f "$folder/$1.part" "$folder/$1"; }
leave() { tell "exit-$SLURM_PROCID" "$1"; exit "$1"; }
refuse() { printf 'loadcell agent: %s\n' "$1" >&2; leave 64; }
case $SLURM_PROCID in
${cases}
  *) refuse "found task $SLURM_PROCID, expected at most ${indices.length - 1}" ;;
esac
${directoryLines(source)}
tell "node-$SLURM_PROCID" "$SLURMD_NODENAME \${CUDA_VISIBLE_DEVICES:-}"
"$agent/node" "$agent"/${shellWord(entry)} ${argv.map(shellWord).join(' ')} --index "$index" --node "$SLURMD_NODENAME" --spool "$cache/"${shellWord(`${runId}.spool`)} --files "$cache/files" >/dev/null &
child=$!
trap 'kill -TERM "$child" 2>/dev/null' TERM INT
wait "$child" 2>/dev/null
code=$?
while kill -0 "$child" 2>/dev/null; do
  wait "$child" 2>/dev/null
  code=$?
done
leave "$code"
`;
}

/**
 * Sets `agent` to the agent's directory on the node: a pack is verified and unpacked once per node and content, below a
 * folder of the user's own, `cache`; those that nothing was started from for two months go. `refuse` must say why not, and end.
 */
export const directoryLines = (source: AgentSource): string => `cache="\${TMPDIR:-/tmp}/loadcell-$(id -u)"
mkdir -p "$cache" && [ -O "$cache" ] || refuse "$cache: cannot be made, or belongs to somebody else"
${source.kind === 'folder' ? namedDirectory(source) : unpackedDirectory(source)}`;

const namedDirectory = ({ path }: Extract<AgentSource, { kind: 'folder' }>): string => `agent=${shellWord(path)}
[ -x "$agent/node" ] || refuse "$agent: holds no agent on $SLURMD_NODENAME; expected an unpacked agent directory"`;

const unpackedDirectory = ({
  path,
  sha256,
}: Extract<AgentSource, { kind: 'pack' }>): string => `agent="$cache/agent-${sha256}"
touch -c "$agent"
if [ ! -d "$agent" ]; then
  pack=${shellWord(path)}
  found=$(sha256sum <"$pack" | cut -c1-64)
  [ "$found" = ${sha256} ] || refuse "$pack: found SHA-256 \${found:-of no file} on $SLURMD_NODENAME, expected ${sha256}"
  part=$(mktemp -d "$cache/unpack.XXXXXX") && tar -xf "$pack" -C "$part" && touch "$part" || refuse "$pack: cannot be unpacked into $cache"
  mv -T "$part" "$agent" 2>/dev/null || rm -rf "$part"
fi
find "$cache" -maxdepth 1 -name 'agent-*' -mtime +${UNUSED_DAYS} -exec rm -rf {} + 2>/dev/null`;
