import { expect, test } from 'vitest';
import { adviceOn } from '../../../src/models/advice.ts';
import { buildReferenceModel } from '../../../src/models/reference-file.ts';
import { type ModelSurvey, surveyModel } from '../../../src/models/survey.ts';
import { modelBytes, temporaryFile, tensorValue } from '../../support/onnx-files.ts';

test('a reference model tells its nodes by operator and its weights by type', () => {
  const survey = surveyModel(temporaryFile(buildReferenceModel('mobilenet-v2-0.35-96', '7')));
  expect(survey).toMatchObject({ producer: 'loadcell', opsets: { 'ai.onnx': 17 }, opset: 17 });
  expect(Object.entries(survey.operators)).toEqual([
    ['Conv', 52],
    ['Clip', 35],
    ['Add', 10],
    ['Flatten', 1],
    ['Gemm', 1],
    ['GlobalAveragePool', 1],
  ]);
  expect(survey.weights).toEqual({ float32: { tensors: 108, elements: survey.parameters } });
  expect(adviceOn(survey)).toEqual([]);
});

/** A condition of which one branch holds a constant of doubles, and an operator of somebody’s own. */
const branching = (): ModelSurvey =>
  surveyModel(
    temporaryFile(
      modelBytes({
        node: [
          { opType: 'Shape', input: ['x'], output: ['s'] },
          {
            opType: 'If',
            input: ['c'],
            output: ['y'],
            attribute: [
              {
                name: 'then_branch',
                type: 5,
                g: {
                  initializer: [{ name: 'w', dataType: 1, dims: [4n], rawData: new Uint8Array(16) }],
                  node: [
                    {
                      opType: 'Constant',
                      output: ['k'],
                      attribute: [
                        { name: 'value', type: 4, t: { dataType: 11, dims: [2n, 3n], rawData: new Uint8Array(48) } },
                      ],
                    },
                    { opType: 'Fancy', domain: 'com.example', input: ['k'], output: ['z'] },
                  ],
                },
              },
            ],
          },
        ],
        input: [tensorValue('x', 'float32', ['N', 'S', '']), tensorValue('c', 'bool', [])],
        output: [tensorValue('y', 'float32', ['N'])],
      }),
    ),
  );

test('nodes and weights in branches count, operators of other domains by their full names', () => {
  const { operators, weights } = branching();
  expect(operators).toEqual({ Constant: 1, If: 1, Shape: 1, 'com.example.Fancy': 1 });
  expect(weights).toEqual({ float64: { tensors: 1, elements: 6 }, float32: { tensors: 1, elements: 4 } });
});

test('what hurts is said, each in a sentence', () => {
  const survey = branching();
  expect(adviceOn({ ...survey, opsets: { ...survey.opsets, 'com.example': 1, 'com.microsoft': 1 } })).toEqual([
    'free dimensions that a campaign must size, for example bind: { S: 128, "x.2": 128 }',
    'operators of com.example, which onnxruntime-node does not bring along: it will not load the model',
    '1 Shape node: shapes are computed at run time, which onnxruntime leaves to the CPU where a GPU runs the rest',
    'control flow (If): time depends on the values of the inputs',
    '1 weights of float64, of which GPUs compute a fraction of their float32 rate',
  ]);
});

test('a fixed batch and weights in other files are said', () => {
  const survey = branching();
  const plain = { ...survey, operators: {}, weights: {}, externalData: [{ location: 'w.bin', bytes: 8 }] };
  const inputs = [{ name: 'x', type: 'float32', shape: [8, 3], rows: null }];
  expect(adviceOn({ ...plain, inputs })).toEqual([
    'every shape is fixed: a request carries 8 in its first dimension, which a campaign tells by batch: 8',
    'weights in w.bin, which must lie beside the file',
  ]);
});
