import { expect, test } from 'vitest';
import { readSmiXml } from '../../../../src/gpu/recorded/smi-xml.ts';
import { ownRecordings, recordingOf, shortReadings } from '../../../support/gpu-recordings.ts';

const text = ownRecordings.find(({ name }) => name === 'smi-v12-mig.xml')?.text ?? '';

test('of a document that was cut off the GPUs that are whole are read, and that is said', () => {
  const cut = text.slice(0, text.indexOf('[GPU requires reset]'));
  const recording = readSmiXml(cut);
  expect(recording.devices.map(({ device }) => device.uuid)).toEqual([
    'GPU-aaaaaaaa-0000-1111-2222-333333333333',
    'MIG-GPU-aaaaaaaa-0000-1111-2222-333333333333/7/0',
  ]);
  expect(recording.samples[0]?.readings).toEqual(readSmiXml(text).samples[0]?.readings);
  expect(recording.findings).toMatchObject([{ code: 'malformed', reason: 'parse_error' }]);
  expect(recording.findings[0]?.sentence).toMatch(/^the XML is not well-formed at its line \d+: /);
});

test('what the tool writes around the document is no part of it', () => {
  const error = 'Unable to determine the device handle for GPU2: 0000:5E:00.0: Unknown Error';
  const recording = readSmiXml(`${error}\n${text}\n${error}\n`);
  expect(recording.samples).toEqual(readSmiXml(text).samples);
  expect(recording.findings.map(({ reason }) => reason)).toEqual(['gpu_lost', 'gpu_lost']);
});

test('a power reading lies where the schema of its driver puts it', () => {
  expect(shortReadings(recordingOf(ownRecordings, 'smi-v11.xml'))['power.draw']).toBe(27.41);
  expect(shortReadings(recordingOf(ownRecordings, 'smi-v12-mig.xml'))['power.draw']).toBe(221.07);
});

test('a reason that is told no word of makes the mask missing, not zero', () => {
  const without = text.replace(/\s*<clocks_event_reason_hw_slowdown>.*/, '');
  expect(shortReadings(readSmiXml(without)).events).toBe('not_collected');
});

test('an entity that grows without bounds does not', () => {
  const bomb = `<?xml version="1.0"?><!DOCTYPE nvidia_smi_log [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]>
<nvidia_smi_log><gpu id="0"><uuid>GPU-1234</uuid><product_name>&d;</product_name></gpu></nvidia_smi_log>`;
  const name = readSmiXml(bomb).devices[0]?.device.name ?? '';
  expect(name.length).toBeLessThan(1000);
});
