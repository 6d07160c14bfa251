import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inspectModel } from '../../../src/models/inspect.ts';
import { buildReferenceModel } from '../../../src/models/reference-file.ts';
import { temporaryFile, temporaryFolder } from '../../support/onnx-files.ts';

const sentence = (path: string): string => {
  try {
    inspectModel(path);
  } catch (error) {
    if (error instanceof Error) return error.message.replaceAll(path, 'FILE');
  }
  return 'no error';
};

const latin = (text: string): Uint8Array => Buffer.from(text, 'latin1');

/** A ZIP archive of empty members: local headers, central directory, end record (PKWARE APPNOTE 6.3.10). */
function zip(...names: readonly string[]): Uint8Array {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let at = 0;
  for (const name of names) {
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(at, 42);
    locals.push(local, Buffer.from(name));
    entries.push(entry, Buffer.from(name));
    at += local.length + name.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(names.length, 10);
  end.writeUInt32LE(Buffer.concat(entries).length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, ...entries, end]);
}

const safetensors = (): Uint8Array => {
  const header = '{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, Buffer.from(header), Buffer.alloc(4)]);
};

const FOREIGN: readonly (readonly [name: string, bytes: Uint8Array | string, what: string, remedy: string])[] = [
  ['model.pth', zip('archive/data.pkl', 'archive/data/0'), 'a PyTorch checkpoint', 'load_state_dict'],
  ['old.pt', latin('\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.'), 'a PyTorch checkpoint', 'torch.onnx.export'],
  [
    'script.pt',
    zip('m/data.pkl', 'm/constants.pkl', 'm/code/x.py'),
    'a TorchScript archive of PyTorch',
    'torch.jit.load',
  ],
  [
    'program.pt2',
    zip('serialized_exported_program.json'),
    'an exported program of PyTorch (.pt2)',
    'torch.export.load',
  ],
  ['weights.bin', safetensors(), 'a safetensors file, weights without a graph,', 'optimum-cli export onnx'],
  ['saved_model.pb', '\n\x03abc', "a TensorFlow SavedModel's graph", 'tf2onnx.convert --saved-model'],
  ['frozen.pb', '\n\x03abc', 'a frozen TensorFlow graph', 'tf2onnx.convert --graphdef'],
  ['x.bin', latin('\x1c\x00\x00\x00TFL3\x00'), 'a TensorFlow Lite model', 'tf2onnx.convert --tflite'],
  ['x.bin', latin('\x89HDF\r\n\x1a\n\x00'), 'a Keras model in HDF5', 'tf2onnx.convert --keras'],
  ['x.zip', zip('config.json', 'metadata.json', 'model.weights.h5'), 'a Keras archive', 'format="onnx"'],
  [
    'x.bin',
    latin('ftrt\x00\x01'),
    'a TensorRT engine, built for one kind of GPU,',
    'the .onnx file from which it was built',
  ],
  ['x.plan', latin('\xff\xff\xff'), 'a TensorRT engine, built for one kind of GPU,', 'providers: [tensorrt]'],
  ['x.xml', '<?xml version="1.0"?>\n<net name="m" version="11">', 'an OpenVINO model', 'export the original model'],
  ['x.mlmodel', latin('\x08\x04\xff'), 'a Core ML model', 'export the original model'],
  ['x.bin', latin('GGUF\x03\x00'), 'a GGUF file of llama.cpp', 'optimum-cli'],
  ['x.bin', latin('\x18\x00\x00\x00ORTM'), 'an ORT-format model', 'the .onnx file from which'],
  ['x.bin', latin('\x80\x04\x95\x1f\x8c\x0fsklearn.linear'), 'a pickled scikit-learn model', 'skl2onnx.to_onnx'],
  ['x.bin', latin('\x80\x05\x95\x00'), 'a pickled Python object', 'skl2onnx.to_onnx'],
  ['x.pdmodel', latin('\xff\xff'), 'a PaddlePaddle model', 'paddle2onnx'],
  ['x.npz', zip('arr_0.npy'), 'NumPy arrays', 'give them as inputs'],
  ['x.onnx', latin('\x1f\x8b\x08\x00'), 'a packed archive', 'unpack it'],
  ['x.onnx', '<!DOCTYPE html><html>', 'a web page', 'the download went wrong'],
];

test.each(FOREIGN)('%s is recognised', (name, bytes, what, remedy) => {
  const told = sentence(temporaryFile(bytes, name));
  expect(told.startsWith(`model FILE: found ${what} and no ONNX model; `), told).toBe(true);
  expect(told).toContain(remedy);
  expect(told).not.toContain('\n');
});

test('an ONNX model is one whatever it is called, and a damaged one is told as such', () => {
  const model = buildReferenceModel('tiny-mlp', '7');
  for (const name of ['model.pth', 'model.pb', 'model.h5', 'model.plan']) {
    expect(inspectModel(temporaryFile(model, name)).opset).toBe(17);
  }
  expect(sentence(temporaryFile(model.subarray(0, 9000), 'model.onnx'))).toContain('the file is cut short');
  expect(sentence(temporaryFile(model.subarray(0, 9000), 'model.pb'))).toContain('the file is cut short');
  expect(sentence(temporaryFile('no model', 'model.onnx'))).toContain('it cannot be decoded as one');
});

test('a folder is told by what it holds', () => {
  const folder = (name: string, ...files: readonly string[]): string => {
    const path = join(temporaryFolder(), name);
    mkdirSync(path);
    for (const file of files) writeFileSync(join(path, file), '');
    return sentence(path);
  };
  expect(folder('m', 'saved_model.pb')).toBe(
    'model FILE: found a TensorFlow SavedModel and no ONNX model; python -m tf2onnx.convert --saved-model FILE ' +
      '--output model.onnx writes one',
  );
  expect(folder('m', 'config.json', 'model.safetensors')).toContain('optimum-cli export onnx --model FILE');
  expect(folder('m.mlpackage', 'Manifest.json')).toContain('found a Core ML package');
  expect(folder('m', 'b.onnx', 'a.onnx')).toContain('give the path of a file in it, for example FILE/a.onnx');
  expect(folder('m')).toBe('model FILE: found a folder and no ONNX model; give the path of an ONNX file');
});
