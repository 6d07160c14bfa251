import { expect, test } from 'vitest';
import { recordingText } from '../../src/cli/gpu/recording-text.ts';
import { ownRecordings, recordingOf } from '../support/gpu-recordings.ts';

test.each(ownRecordings.map(({ name }) => name))('loadcell gpu --from %s', async (name) => {
  const text = recordingText(name, recordingOf(ownRecordings, name));
  await expect(text).toMatchFileSnapshot(`gpu-recordings/${name}.txt`);
});
