// A custom target that takes place on the GPUs of its process only if these are the ones that its options name.
import type { MakeTarget } from '../../../src/targets/custom-contract.ts';

const target: MakeTarget<{ readonly visible: string }> = ({ visible }, { Outcome }) => ({
  open: async () => {
    const found = process.env.CUDA_VISIBLE_DEVICES;
    if (found !== visible) throw new Error(`found CUDA_VISIBLE_DEVICES ${found}, expected ${visible}`);
  },
  infer: () => Outcome.ok,
});

export default target;
