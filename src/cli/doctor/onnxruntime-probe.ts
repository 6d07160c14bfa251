// Loads onnxruntime and opens a tiny model with every provider of its build, in a process of its own: a native library
// that crashes or hangs takes nothing else with it. Prints one RuntimeReport as JSON.
import type { RuntimeReport } from './runtime.ts';

async function report(): Promise<RuntimeReport> {
  const { env, InferenceSession, listSupportedBackends } = await import('onnxruntime-node');
  env.logLevel = 'fatal';
  const { encodeReferenceModel, REFERENCE_WEIGHTS_SEED } = await import('../../models/reference-file.ts');
  const model = Buffer.concat([...encodeReferenceModel('tiny-mlp', REFERENCE_WEIGHTS_SEED).chunks()]);
  const problemOf = async (name: string): Promise<string | null> => {
    try {
      const session = await InferenceSession.create(model, { executionProviders: [name], logSeverityLevel: 4 });
      await session.release();
      return null;
    } catch (error) {
      return shortened(error);
    }
  };
  const providers: { name: string; problem: string | null }[] = [];
  for (const { name } of listSupportedBackends()) providers.push({ name, problem: await problemOf(name) });
  return { kind: 'loaded', version: env.versions.node ?? env.versions.common, providers };
}

/** onnxruntime's last clause: the part that says what is missing. */
function shortened(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).trim().split('\n');
  return (
    line
      .replace(/^\/\S+\.(?:cc|h):\d+ .*? was false\. /, '')
      .replace(/^OrtSessionOptionsAppend\w+: /, '')
      .slice(0, 120)
      .trim() || 'does not load'
  );
}

const result = await report().catch((error: unknown): RuntimeReport => ({ kind: 'broken', why: shortened(error) }));
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
