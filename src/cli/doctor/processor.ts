import type { NodeFacts } from '../../agent/node-facts.ts';
import { type Finding, ok, warning } from './finding.ts';
import type { Machine } from './machine.ts';

export interface ProcessorFacts {
  readonly cpu: NodeFacts['cpu'];
  readonly isVirtual: boolean | null;
  /** One word per CPU that shows one. */
  readonly governors: readonly string[];
  readonly turbo: 'on' | 'off' | null;
  readonly clockSource: string | null;
}

/** Reading one of these costs tens of nanoseconds; others cost a system call or a walk over a bus. */
const CHEAP_CLOCKS = ['tsc', 'kvm-clock', 'hyperv_clocksource_tsc_page', 'arch_sys_counter', 'arch_mmio_counter'];

const CPUS = '/sys/devices/system/cpu';

export function processorFacts(node: NodeFacts, { readText }: Pick<Machine, 'readText'>): ProcessorFacts {
  const word = (path: string): string | null => readText(path)?.trim() || null;
  const governors = Array.from({ length: node.cpu.logical }, (_, cpu) =>
    word(`${CPUS}/cpu${cpu}/cpufreq/scaling_governor`),
  );
  return {
    cpu: node.cpu,
    isVirtual: node.machine.virtual,
    governors: governors.filter((governor) => governor !== null),
    turbo: turboOf(word(`${CPUS}/intel_pstate/no_turbo`), word(`${CPUS}/cpufreq/boost`)),
    clockSource: node.clockSource,
  };
}

function turboOf(intelNoTurbo: string | null, boost: string | null): ProcessorFacts['turbo'] {
  if (intelNoTurbo !== null) return intelNoTurbo === '0' ? 'on' : 'off';
  if (boost !== null) return boost === '0' ? 'off' : 'on';
  return null;
}

export const judgeProcessor = (facts: ProcessorFacts): readonly Finding[] => [
  cpus(facts),
  governor(facts),
  turbo(facts),
  clockSource(facts),
];

function cpus({ cpu }: ProcessorFacts): Finding {
  const cores = cpu.physical === null ? '' : `, ${cpu.physical} cores`;
  const found = `${cpu.available} usable of ${cpu.logical}${cores}${cpu.model === null ? '' : `, ${cpu.model}`}`;
  if (cpu.available >= 2) return ok('CPUs', found);
  return warning(
    'CPUs',
    found,
    'the load and the target share one CPU: give the run two or more (taskset, cpuset, a larger machine)',
  );
}

const hostDecides = ({ isVirtual }: ProcessorFacts): string =>
  isVirtual === true ? 'not shown: the host of this virtual machine decides' : 'not shown by this system';

function governor(facts: ProcessorFacts): Finding {
  const kinds = [...new Set(facts.governors)];
  if (kinds.length === 0) return ok('governor', hostDecides(facts));
  const found = kinds.join(', ');
  if (kinds.every((kind) => kind === 'performance')) return ok('governor', found);
  return warning(
    'governor',
    found,
    'clocks rise only after load does, which latencies show: sudo cpupower frequency-set -g performance',
  );
}

function turbo(facts: ProcessorFacts): Finding {
  if (facts.turbo === null) return ok('turbo', hostDecides(facts));
  if (facts.turbo === 'off') return ok('turbo', 'off');
  return warning(
    'turbo',
    'on',
    'clocks follow temperature and neighbours, so runs differ more: switch it off (intel_pstate/no_turbo = 1 or cpufreq/boost = 0) to compare small differences',
  );
}

function clockSource({ clockSource: source }: ProcessorFacts): Finding {
  if (source === null) return ok('clock source', 'not shown by this system');
  if (CHEAP_CLOCKS.includes(source)) return ok('clock source', source);
  return warning(
    'clock source',
    source,
    `every reading of the clock is slow: boot with clocksource=tsc where the processor allows it, and see \`loadcell calibrate\``,
  );
}
