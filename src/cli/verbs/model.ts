import type { Command } from 'commander';

/** `loadcell model make` and `loadcell model info` */
export function addModel(program: Command): void {
  const model = program
    .command('model')
    .description('reference models, and facts about any ONNX model')
    .addHelpText(
      'after',
      '\nExamples:\n  loadcell model make mobilenet-v2-1.0-128 --out m.onnx\n  loadcell model info m.onnx --json',
    )
    .helpCommand(false);
  model
    .command('make')
    .description('write a reference model')
    .argument('<reference-model>', 'tiny-mlp, mobilenet-v2, mobilenet-v2-<width>-<resolution>, resnet-50 or bert-base')
    .requiredOption('--out <file.onnx>', 'where to write it')
    .addHelpText('after', '\nExample:\n  loadcell model make mobilenet-v2-1.0-128 --out m.onnx')
    .action(async (name: string, options: { out: string }) => {
      const { makeModel } = await import('../model.ts');
      await makeModel(name, options);
    });
  model
    .command('info')
    .description(
      'operator sets, inputs, outputs, nodes by operator and weights of an ONNX model, and what about it hurts',
    )
    .argument('<file.onnx>')
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExample:\n  loadcell model info m.onnx')
    .action(async (file: string, options: { json?: boolean }) => {
      const { showModel } = await import('../model.ts');
      await showModel(file, options);
    });
}
