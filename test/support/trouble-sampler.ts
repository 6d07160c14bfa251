// A sampler that misbehaves as its environment says, once its orders have come.
import { createInterface } from 'node:readline';
import { frame } from '../../src/wire/framing.ts';
import { encodeBlock } from '../../src/wire/telemetry-codec.ts';

const nowNs = (): number => Number(process.hrtime.bigint());
const block = (): Uint8Array =>
  frame(
    encodeBlock({
      fromNs: nowNs(),
      toNs: nowNs(),
      samples: [],
      processes: null,
      cost: null,
      inventoryJson: '',
      pages: [],
      exporters: [],
    }),
  );

for await (const _orders of createInterface({ input: process.stdin })) {
  process.stdout.write(block());
  switch (process.env.TROUBLE) {
    case 'hang':
      for (;;);
    case 'flood': {
      const flood = Buffer.concat(Array<Uint8Array>(20_000).fill(block()));
      setInterval(() => process.stdout.write(flood), 5);
      break;
    }
    case 'rubbish':
      process.stdout.write('NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.\n');
      break;
    case 'crash':
      process.stderr.write('libnvidia-ml: assertion failed\n', () => process.abort());
      break;
  }
}
