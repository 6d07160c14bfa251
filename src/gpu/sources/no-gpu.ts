import type { Source } from '../source.ts';

/** A node without a GPU, or whose GPUs nothing can read: it has nothing to say, and says that. */
export const noGpu: Source = {
  name: 'none',
  inventory: () => ({ driver: null, cuda: null, devices: [] }),
  take: () => [],
  processes: () => null,
  fault: () => null,
  close: () => {},
};
