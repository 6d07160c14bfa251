import { arrivalProblem, type FoundGpu, type WantedGpus } from '../gpu/arrival.ts';
import { assignedDevices } from '../gpu/assigned.ts';
import { numberOf } from '../gpu/reading.ts';
import type { ChosenSource } from '../gpu/source-names.ts';
import type { Arrival } from '../wire/arrival.ts';
import { FrameReader } from '../wire/framing.ts';
import { LIFELINE_FD, lifelineStdio } from '../wire/lifeline.ts';
import { type Block, decodeBlock } from '../wire/telemetry-codec.ts';
import type { InventoryReport } from './sampler/sampler.ts';
import type { SamplerOrders, ToSampler } from './sampler/words.ts';
import type { SamplerSource } from './sampler-process.ts';

const WITHIN_MS = 20_000;
const NOW: ToSampler = { kind: 'flush' };

/** What one look at a node's GPUs saw, or why it saw nothing, a clause. */
export type GpuLook =
  | { readonly kind: 'seen'; readonly inventory: InventoryReport; readonly block: Block }
  | { readonly kind: 'failed'; readonly why: string };

/** Looks once by a sampler of its own, which is ended then, for a driver may hang. */
export async function lookOnce(sources: readonly ChosenSource[], source: SamplerSource): Promise<GpuLook> {
  const block = await firstBlock({ sources, fastMs: 1_000, dcgm: [], pages: [], processes: [] }, source);
  if (typeof block === 'string') return { kind: 'failed', why: block };
  return { kind: 'seen', inventory: JSON.parse(block.inventoryJson) as InventoryReport, block };
}

/**
 * What GPUs this agent was given, and whether they are those that its place is to have.
 */
export async function lookAtGpus(wanted: WantedGpus, source: SamplerSource): Promise<Arrival> {
  const look = await lookOnce(['nvml', 'nvidia-smi'], source);
  if (look.kind === 'failed') return { gpus: [], problem: `its GPUs cannot be looked at: ${look.why}` };
  const { block, inventory } = look;
  const { devices, refused } = inventory;
  const found = assignedDevices(devices, source.env.CUDA_VISIBLE_DEVICES).map((device): FoundGpu => {
    return { ...device, freeBytes: freeBytesOf(block, device.uuid) };
  });
  const why = refused.length > 0 ? ` (${refused.join('; ')})` : '';
  const problem = arrivalProblem(wanted, found);
  return {
    gpus: found.slice(0, wanted.count).map(({ uuid, name }) => ({ uuid, name })),
    problem: problem === null ? null : `${problem}${why}`,
  };
}

function freeBytesOf({ samples }: Block, uuid: string): number | null {
  const last = (metric: 'memory.total' | 'memory.used'): number | null =>
    samples.reduce<number | null>((found, { device, readings }) => {
      return device.uuid === uuid ? (numberOf(readings[metric]) ?? found) : found;
    }, null);
  const [total, used] = [last('memory.total'), last('memory.used')];
  return total === null || used === null ? null : total - used;
}

/** The first that a sampler says of this node; else why it says nothing, a clause. */
function firstBlock(orders: SamplerOrders, { spawn, entry, env }: SamplerSource): Promise<Block | string> {
  return new Promise((resolve) => {
    const stdio: ('pipe' | 'ignore' | number)[] = ['pipe', 'pipe', 'ignore'];
    stdio[LIFELINE_FD] = lifelineStdio(env);
    const child = spawn(process.execPath, [entry], { stdio, env: { ...env } });
    const conclude = (end: Block | string): void => {
      clearTimeout(patience);
      child.kill('SIGKILL');
      resolve(end);
    };
    const patience = setTimeout(() => conclude(`no answer within ${WITHIN_MS / 1000} s`), WITHIN_MS);
    const reader = new FrameReader();
    child.stdout?.on('data', (piece: Buffer) => {
      const [record] = reader.push(piece);
      if (record !== undefined) conclude(decodeBlock(record));
    });
    child.on('error', (error) => conclude(error.message));
    child.on('close', (code, signal) =>
      conclude(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`),
    );
    child.stdin?.on('error', () => {});
    child.stdin?.write(`${JSON.stringify(orders)}\n${JSON.stringify(NOW)}\n`);
  });
}
