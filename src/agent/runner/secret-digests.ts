import type { SecretSource } from '../../campaign/endpoint-spec.ts';
import { isNetwork, type NetworkSpec, type TargetSpec } from '../../campaign/target-spec.ts';
import { ownSecrets, secretValue } from '../../targets/endpoint/secret.ts';
import { scriptEnvironment } from '../k6/secrets.ts';
import { secretKey } from '../secret-key.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What stands in results in place of the secrets that a target sends: by where each stands in the campaign, a digest under
 * this agent's key. Null: it sends none. @throws SecretError, TargetRefused
 */
export async function secretDigests(
  target: TargetSpec,
  env: Environment,
): Promise<Readonly<Record<string, string>> | null> {
  const secrets = isNetwork(target) ? ofEndpoint(target, env) : target.kind === 'k6' ? await ofScript(target, env) : [];
  if (secrets.length === 0) return null;
  const key = secretKey(env);
  return Object.fromEntries(secrets.map(([where, value]) => [where, key.digest(value)]));
}

type Secret = readonly [where: string, value: string];

function ofEndpoint({ kind, headers, tls }: NetworkSpec, env: Environment): readonly Secret[] {
  const places = ownSecrets(env);
  const resolved = (where: string, source: SecretSource): Secret => [where, secretValue(source, places)];
  const inHeaders = kind === 'grpc' ? 'metadata' : 'headers';
  const key = tls?.key ?? null;
  return [
    ...Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' ? [] : [resolved(`${inHeaders}.${name}`, value.secret)],
    ),
    ...(key === null ? [] : [resolved('tls.key', key)]),
  ];
}

async function ofScript(script: Extract<TargetSpec, { kind: 'k6' }>, env: Environment): Promise<readonly Secret[]> {
  const names = Object.entries(script.env).flatMap(([name, value]) => (typeof value === 'string' ? [] : [name]));
  if (names.length === 0) return [];
  const resolved = await scriptEnvironment(script, { ...env });
  return names.map((name) => [`env.${name}`, resolved[name] ?? '']);
}
