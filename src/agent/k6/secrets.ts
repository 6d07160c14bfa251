import { readFile } from 'node:fs/promises';
import type { K6Spec } from '../../campaign/target-spec.ts';
import { TargetRefused } from '../runner/crew.ts';

/** The environment that a script sees, secrets resolved here and nowhere else. Throws a `TargetRefused` where one is not here. */
export async function scriptEnvironment(spec: K6Spec, env: NodeJS.ProcessEnv): Promise<Record<string, string>> {
  const resolved: Record<string, string> = {};
  for (const [name, value] of Object.entries(spec.env)) {
    resolved[name] = typeof value === 'string' ? value : await secret(name, value, env);
  }
  return resolved;
}

type SecretSource = Exclude<K6Spec['env'][string], string>['secret'];

async function secret(
  name: string,
  { secret: source }: { readonly secret: SecretSource },
  env: NodeJS.ProcessEnv,
): Promise<string> {
  if (source.kind === 'env') {
    const value = env[source.name];
    if (value !== undefined) return value;
    throw new TargetRefused(
      `k6: ${name}: found no environment variable ${source.name} on the agent, expected the secret in it`,
    );
  }
  try {
    return (await readFile(source.path, 'utf8')).trimEnd();
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'it cannot be read';
    throw new TargetRefused(
      `k6: ${name}: found no readable file ${source.path} on the agent (${why}), expected the secret in it`,
    );
  }
}
