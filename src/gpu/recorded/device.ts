import type { DeviceId } from '../sample.ts';
import { missingWord } from './missing-words.ts';

const UUID = /^(?:GPU|MIG)-[0-9A-Za-z/-]{4,120}$/;

/** A whole GPU; where the tool tells no UUID, its index names it, and where neither, its place in the output. */
export function wholeGpu(told: {
  readonly uuid?: string | undefined;
  readonly index?: number | null | undefined;
  readonly name?: string | undefined;
  readonly place?: number;
}): DeviceId {
  const { uuid, index = null, name, place = 0 } = told;
  return {
    uuid: uuid !== undefined && UUID.test(uuid) ? uuid : `index:${index ?? place}`,
    index,
    parent: null,
    name: told.name === undefined || name === '' ? null : told.name,
  };
}

/**
 * A MIG instance. Where the tool tells no UUID of its own, it is named as drivers did before they gave it one:
 * `MIG-<UUID of the GPU>/<GPU instance>/<compute instance>`, the last part only where told.
 */
export function migInstance(
  parent: string,
  told: {
    readonly uuid?: string | undefined;
    readonly index?: number | null | undefined;
    readonly gpuInstance?: string | undefined;
    readonly computeInstance?: string | undefined;
    readonly profile?: string | undefined;
  },
): DeviceId {
  const path = [told.gpuInstance, told.computeInstance].filter((part) => part !== undefined).join('/');
  const uuid = told.uuid !== undefined && UUID.test(told.uuid) ? told.uuid : `MIG-${parent}/${path}`;
  return { uuid, index: told.index ?? null, parent, name: told.profile ?? null };
}

/** A whole number as a tool prints an index or a process; null: it is none. */
export function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,10}$/.test(text.trim()) ? Number(text) : null;
}

/** A word that a tool tells; null where it prints one of its words for nothing. */
export function told(text: string | undefined): string | null {
  const bare = text?.trim();
  const isTold = bare !== undefined && bare !== '' && missingWord(bare) === null && !/deprecated\]?$/i.test(bare);
  return isTold ? bare : null;
}
