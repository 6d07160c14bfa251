import { Gauge, type Registry } from 'prom-client';
import type { HostSecond } from '../gen/loadcell/v1/telemetry_pb.ts';

type Told = Partial<HostSecond>;

/** What a second of a host tells, by name: help, and where it stands. */
const GAUGES: Readonly<Record<string, readonly [help: string, value: (second: Told) => number | undefined]>> = {
  loadcell_host_cpu_ratio: ['Share of the CPU time of the node spent working.', ({ cpu }) => cpu],
  loadcell_host_steal_ratio: ['Share of the CPU time that the hypervisor gave to others.', ({ steal }) => steal],
  loadcell_host_pressure_cpu_ratio: ['Share of time in which some task waited for a CPU.', (s) => s.pressureCpu],
  loadcell_host_pressure_memory_ratio: ['Share of time in which some task waited for memory.', (s) => s.pressureMemory],
  loadcell_host_pressure_io_ratio: ['Share of time in which some task waited for storage.', (s) => s.pressureIo],
  loadcell_host_memory_available_bytes: ['Memory that is available on the node.', (s) => s.memoryAvailableBytes],
  loadcell_host_context_switches_per_second: ['Context switches of the node.', (s) => s.contextSwitches],
  loadcell_host_receive_bytes_per_second: [
    'Bytes received over all interfaces but the loopback.',
    (s) => s.receivedBytes,
  ],
  loadcell_host_transmit_bytes_per_second: ['Bytes sent over all interfaces but the loopback.', (s) => s.sentBytes],
  loadcell_host_package_power_watts: ['Power of all CPU packages (RAPL).', ({ packageJoules }) => packageJoules],
  loadcell_agent_resident_memory_bytes: ['Resident memory of the agent.', (s) => s.agentRssBytes],
  loadcell_runner_resident_memory_bytes: ['Resident memory of the runner.', (s) => s.runnerRssBytes],
  loadcell_agent_event_loop_delay_seconds: [
    '99th percentile of the delay of the agent’s event loop.',
    ({ loopDelayP99Ms }) => (loopDelayP99Ms === undefined ? undefined : loopDelayP99Ms / 1e3),
  ],
};

/** Hosts as Prometheus knows them. What a node does not tell is absent. */
export class HostMetrics {
  readonly #gauges: readonly (readonly [Gauge<'node'>, (second: Told) => number | undefined])[];
  readonly #cores: Gauge<'node' | 'core'>;

  constructor(registry: Registry) {
    this.#gauges = Object.entries(GAUGES).map(([name, [help, value]]) => [
      new Gauge({ name, help, labelNames: ['node'], registers: [registry] }),
      value,
    ]);
    this.#cores = new Gauge({
      name: 'loadcell_host_core_ratio',
      help: 'Share of the time of each processor spent working.',
      labelNames: ['node', 'core'],
      registers: [registry],
    });
  }

  add(node: string, second: Told): void {
    for (const [gauge, value] of this.#gauges) {
      const found = value(second);
      if (found !== undefined) gauge.set({ node }, found);
    }
    second.cores?.forEach((share, core) => {
      this.#cores.set({ node, core: String(core) }, share);
    });
  }
}
