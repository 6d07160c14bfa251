/**
 * Files that people have where an ONNX file is wanted: what they are, told by their first bytes, their members or their
 * name, and how to make an ONNX file of them.
 */

import { readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { zipNames } from './zip-names.ts';

/** A format that is recognised: `${what} and no ONNX model; ${remedy}` is the sentence. */
export interface ForeignFormat {
  readonly what: string;
  readonly remedy: string;
}

/** What is looked at of a file. */
interface Looked {
  /** Lower case. */
  readonly name: string;
  /** At most 4 KiB from its beginning, each byte one character. */
  readonly head: string;
  readonly size: number;
  /** Members of a ZIP archive; empty for anything else. */
  readonly members: readonly string[];
}

const TORCH_EXPORT = 'torch.onnx.export(model.eval(), (input,), "model.onnx", dynamo=True) in Python writes one';
const TENSORFLOW = 'python -m tf2onnx.convert';
const SKLEARN = 'skl2onnx.to_onnx(model, X[:1]) in Python gives one';

/** In the order in which they are asked; the surest first. */
const FORMATS: readonly (ForeignFormat & { readonly is: (file: Looked) => boolean })[] = [
  {
    what: 'a web page',
    remedy: 'the download went wrong: fetch the file itself',
    is: ({ head }) => /^\s*<(!doctype html|html)/iu.test(head),
  },
  {
    what: 'a TorchScript archive of PyTorch',
    remedy: `load it with torch.jit.load, then ${TORCH_EXPORT}`,
    is: ({ members }) => has(members, /(^|\/)constants\.pkl$/u) && has(members, /(^|\/)data\.pkl$/u),
  },
  {
    what: 'an exported program of PyTorch (.pt2)',
    remedy: 'torch.onnx.export(torch.export.load("model.pt2")).save("model.onnx") in Python writes one',
    is: ({ members }) => has(members, /serialized_exported_program\.json$|(^|\/)models\/[^/]+\.json$/u),
  },
  {
    what: 'a PyTorch checkpoint',
    remedy: `build the model, load the weights with load_state_dict, then ${TORCH_EXPORT}`,
    is: ({ members, head }) => has(members, /(^|\/)data\.pkl$/u) || head.startsWith(TORCH_LEGACY),
  },
  {
    what: 'a Keras archive',
    remedy: 'keras.saving.load_model("model.keras").export("model.onnx", format="onnx") in Python writes one',
    is: ({ members, name }) =>
      (has(members, /^config\.json$/u) && has(members, /^model\.weights\.h5$/u)) || ends(name, '.keras'),
  },
  {
    what: 'a Keras model in HDF5',
    remedy: `${TENSORFLOW} --keras model.h5 --output model.onnx writes one`,
    is: ({ head, name }) => head.startsWith('\x89HDF\r\n\x1a\n') || ends(name, '.h5', '.hdf5'),
  },
  {
    what: 'a safetensors file, weights without a graph,',
    remedy: 'for a Hugging Face model optimum-cli export onnx --model <folder> <folder for ONNX> writes one',
    is: isSafetensors,
  },
  {
    what: 'a TensorFlow Lite model',
    remedy: `${TENSORFLOW} --tflite model.tflite --output model.onnx writes one`,
    is: ({ head, name }) => head.slice(4, 8) === 'TFL3' || ends(name, '.tflite'),
  },
  {
    what: 'an ORT-format model',
    remedy: 'give the .onnx file from which it was converted',
    is: ({ head, name }) => head.slice(4, 8) === 'ORTM' || ends(name, '.ort'),
  },
  {
    what: 'a TensorRT engine, built for one kind of GPU,',
    remedy:
      'give the .onnx file from which it was built, with providers: [tensorrt]; an EP-context file keeps the engine',
    is: ({ head, name }) => head.startsWith('ftrt') || ends(name, '.plan', '.engine', '.trt'),
  },
  {
    what: 'a GGUF file of llama.cpp',
    remedy: 'export the original model: optimum-cli export onnx --model <its name> <folder> writes one',
    is: ({ head, name }) => /^(GGUF|ggjt|tjgg|lmgg)/u.test(head) || ends(name, '.gguf'),
  },
  {
    what: 'an OpenVINO model',
    remedy: 'it cannot be turned back: export the original model, from which it was converted',
    is: ({ head }) => /^\s*(<\?xml[^>]*>\s*)?<net\s/u.test(head),
  },
  {
    what: 'a Core ML model',
    remedy: 'it cannot be turned back in general: export the original model, from which it was converted',
    is: ({ name }) => ends(name, '.mlmodel'),
  },
  {
    what: 'a PaddlePaddle model',
    remedy:
      'paddle2onnx --model_dir . --model_filename model.pdmodel --params_filename model.pdiparams --save_file model.onnx writes one',
    is: ({ name }) => ends(name, '.pdmodel', '.pdiparams'),
  },
  {
    what: "a TensorFlow SavedModel's graph",
    remedy: `${TENSORFLOW} --saved-model <its folder> --output model.onnx writes one`,
    is: ({ name }) => /(^|\/)saved_model\.(pb|pbtxt)$/u.test(name),
  },
  {
    what: 'a frozen TensorFlow graph',
    remedy: `${TENSORFLOW} --graphdef model.pb --inputs <name>:0 --outputs <name>:0 --output model.onnx writes one`,
    is: ({ name, head }) => (ends(name, '.pb') && head.startsWith(GRAPH_DEF)) || ends(name, '.pbtxt'),
  },
  {
    what: 'a TensorFlow checkpoint',
    remedy: `${TENSORFLOW} --checkpoint model.ckpt.meta --inputs <name>:0 --outputs <name>:0 --output model.onnx writes one`,
    is: ({ name }) => ends(name, '.ckpt', '.meta') || /\.data-\d+-of-\d+$/u.test(name),
  },
  {
    what: 'a pickled scikit-learn model',
    remedy: SKLEARN,
    is: ({ head }) => head.startsWith('\x80') && head.includes('sklearn'),
  },
  {
    what: 'a pickled Python object',
    remedy: `of a PyTorch model ${TORCH_EXPORT}; of a scikit-learn one ${SKLEARN}`,
    is: ({ head, name }) =>
      begins(head, '\x80\x02', '\x80\x03', '\x80\x04', '\x80\x05') ||
      ends(name, '.pkl', '.pickle', '.joblib', '.pth', '.pt'),
  },
  {
    what: 'NumPy arrays',
    remedy: 'they are samples: give them as inputs, for example inputs: { npz: { file: samples.npz } }',
    is: ({ head, members }) => head.startsWith('\x93NUMPY') || has(members, /\.npy$/u),
  },
  {
    what: 'a packed archive',
    remedy: 'unpack it and give the .onnx file in it',
    is: ({ head }) => begins(head, '\x1f\x8b', ZIP, 'BZh', '\xfd7zXZ', '\x28\xb5\x2f\xfd'),
  },
];

/** `torch.save` before PyTorch 1.6: a pickle of the magic number 0x1950a86a20f9469cfc6c. */
const TORCH_LEGACY = '\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19';

/** First member of a ZIP archive. */
const ZIP = 'PK\x03\x04';

/** A GraphDef begins with a node, an ONNX model with its version. */
const GRAPH_DEF = '\x0a';

const begins = (head: string, ...magic: readonly string[]): boolean => magic.some((one) => head.startsWith(one));
const has = (members: readonly string[], pattern: RegExp): boolean => members.some((member) => pattern.test(member));
const ends = (name: string, ...endings: readonly string[]): boolean => endings.some((ending) => name.endsWith(ending));

/** A header's length in 64 bits, little-endian, and the header, which is JSON (safetensors' format description). */
function isSafetensors({ head, size, name }: Looked): boolean {
  const length = [...head.slice(0, 8)].reduceRight((sum, byte) => sum * 256 + byte.charCodeAt(0), 0);
  return (head.length > 8 && head[8] === '{' && length >= 2 && length + 8 <= size) || ends(name, '.safetensors');
}

const HEAD_BYTES = 4096;

/** What a file is that is no ONNX model; null where that is not known. */
export function foreignFile(path: string, descriptor: number, size: number): ForeignFormat | null {
  const bytes = Buffer.alloc(Math.min(size, HEAD_BYTES));
  const head = bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0)).toString('latin1');
  const members = head.startsWith(ZIP) ? zipNames(descriptor, size) : [];
  const file = { name: path.toLowerCase(), head, size, members };
  return FORMATS.find(({ is }) => is(file)) ?? null;
}

/** What a folder is that stands where a model file is wanted. */
export function foreignFolder(path: string): ForeignFormat {
  const names = readdirSync(path);
  const holds = (pattern: RegExp): boolean => has(names, pattern);
  if (holds(/^saved_model\.(pb|pbtxt)$/u)) {
    return {
      what: 'a TensorFlow SavedModel',
      remedy: `${TENSORFLOW} --saved-model ${path} --output model.onnx writes one`,
    };
  }
  if (/\.mlpackage\/?$|\.mlmodelc\/?$/u.test(path)) {
    return {
      what: 'a Core ML package',
      remedy: 'it cannot be turned back in general: export the original model, from which it was converted',
    };
  }
  const onnx = names.filter((name) => name.endsWith('.onnx')).toSorted();
  if (onnx.length > 0) {
    return { what: 'a folder', remedy: `give the path of a file in it, for example ${join(path, onnx[0] ?? '')}` };
  }
  if (holds(/^config\.json$/u) && holds(/\.(safetensors|bin|h5|msgpack)$/u)) {
    return {
      what: 'a folder of a Hugging Face model',
      remedy: `optimum-cli export onnx --model ${path} <folder for ONNX> writes one`,
    };
  }
  return { what: 'a folder', remedy: 'give the path of an ONNX file' };
}
