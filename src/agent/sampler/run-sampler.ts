import { createInterface } from 'node:readline';
import { nodeMonotonic, systemWallClock, uniformDraw } from '../../time/monotonic.ts';
import { frame } from '../../wire/framing.ts';
import { readText } from '../../wire/read-text.ts';
import { encodeBlock } from '../../wire/telemetry-codec.ts';
import { Sampler } from './sampler.ts';
import { toolsCpuS } from './tools-cpu.ts';
import type { SamplerOrders, ToSampler } from './words.ts';

/** One sampler from its orders, the first line on standard input, to the end of that stream. */
export async function runSampler(process: NodeJS.Process): Promise<void> {
  const words = createInterface({ input: process.stdin });
  process.stdout.on('error', () => process.exit(0));
  let sampler: Sampler | null = null;
  for await (const line of words) {
    if (sampler !== null) sampler.hear(JSON.parse(line) as ToSampler);
    else sampler = await begin(JSON.parse(line) as SamplerOrders, process);
  }
  sampler?.close();
  process.exit(0);
}

const begin = (orders: SamplerOrders, { stdout, env, pid, ppid, cpuUsage }: NodeJS.Process): Promise<Sampler> =>
  Sampler.open(orders, {
    nowNs: () => Number(nodeMonotonic()),
    wallMs: systemWallClock.nowMs,
    env,
    read: readText,
    draw: uniformDraw,
    cpuS: () => {
      const { user, system } = cpuUsage();
      return (user + system) / 1e6 + toolsCpuS(readText, pid);
    },
    agent: ppid,
    send: (block) => stdout.write(frame(encodeBlock(block))),
  });
