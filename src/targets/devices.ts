import type { OnnxSpec, SessionSpec } from '../campaign/target-spec.ts';

/** Providers that run on one device of several, which their option `deviceId` chooses. */
const BY_DEVICE = ['cuda', 'tensorrt'] as const;

export const isByDevice = (provider: string): boolean => BY_DEVICE.some((name) => name === provider);

/**
 * The devices that this process may use, as CUDA counts them from 0: `CUDA_VISIBLE_DEVICES` in its order. Empty: it does not
 * say, and sessions take the first.
 */
export const visibleDevices = ({ CUDA_VISIBLE_DEVICES }: Readonly<Record<string, string | undefined>>) =>
  (CUDA_VISIBLE_DEVICES ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

/** The session of a worker, which the devices are dealt to in turn; where the campaign names one itself, on that one. */
export function onDeviceOf<S extends Pick<OnnxSpec, 'providers' | 'session'>>(
  spec: S,
  worker: number,
  devices: readonly string[],
): S {
  if (devices.length < 2) return spec;
  const { providerOptions } = spec.session;
  const dealt = BY_DEVICE.filter(
    (name) => spec.providers.includes(name) && providerOptions[name]?.deviceId === undefined,
  ).map((name) => [name, { ...providerOptions[name], deviceId: worker % devices.length }] as const);
  if (dealt.length === 0) return spec;
  const session: SessionSpec = {
    ...spec.session,
    providerOptions: { ...providerOptions, ...Object.fromEntries(dealt) },
  };
  return { ...spec, session };
}
