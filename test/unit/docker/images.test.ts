import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { programOf } from '../../../src/cli/command-line.ts';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

const DOCKERFILES = ['docker/Dockerfile', 'docker/cuda.Dockerfile'];
const pack = JSON.parse(read('package.json')) as { version: string; devDependencies: Record<string, string> };

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly ports?: readonly string[];
  readonly privileged?: boolean;
  readonly user?: string;
}

const compose = parse(read('docker/compose.yaml'), { merge: true }) as { services: Record<string, Service> };
const services = Object.entries(compose.services);

/** Instructions with their continued lines, comments left out. */
const instructions = (dockerfile: string): readonly string[] =>
  read(dockerfile)
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');

const defaults = (dockerfile: string): Record<string, string> =>
  Object.fromEntries(
    instructions(dockerfile).flatMap((line) => [...line.matchAll(/^ARG (\w+)=(\S+)/g)].map(nameAndValue)),
  );

const nameAndValue = ([, name = '', value = '']: RegExpMatchArray): [string, string] => [name, value];

test.for(DOCKERFILES)(
  '%s is built from images of a stated version and nothing that is fetched by address',
  (dockerfile) => {
    const args = defaults(dockerfile);
    const stages = instructions(dockerfile).flatMap((line) => / AS (\S+)$/.exec(line)?.[1] ?? []);
    const bases = instructions(dockerfile).flatMap((line) => /^FROM (\S+)/.exec(line)?.[1] ?? []);
    for (const base of bases.filter((name) => !stages.includes(name))) {
      const image = args[/^\$\{(\w+)\}$/.exec(base)?.[1] ?? ''] ?? base;
      expect(image).toMatch(/^(docker\.io\/[a-z]+\/[a-z]+:\d+\.\d+[\w.-]*|localhost\/loadcell-agent:latest)$/);
    }
    expect(instructions(dockerfile).filter((line) => /^ADD /.test(line))).toEqual([]);
  },
);

test.for(DOCKERFILES)(
  '%s runs as a user by number that is not root, tells its health, and names its version',
  (dockerfile) => {
    const lines = instructions(dockerfile);
    const users = lines.flatMap((line) => /^USER (\S+)/.exec(line)?.[1] ?? []);
    expect(users.at(-1)).toBe('1000:1000');
    for (const needed of [
      /^HEALTHCHECK .* CMD \["healthy"\]$/,
      /^STOPSIGNAL SIGTERM$/,
      /^ENTRYPOINT \["loadcell"\]$/,
    ]) {
      expect(lines.filter((line) => needed.test(line))).toHaveLength(1);
    }
    expect(lines.join('\n')).toContain(`org.opencontainers.image.version="${pack.version}"`);
    expect(lines.filter((line) => /^(ARG|ENV) (.* )?\w*(TOKEN|PASSWORD|SECRET)\w*=/i.test(line))).toEqual([]);
  },
);

test('the images hold the Node that the project is tested with, and a Go that k6 builds with', () => {
  expect(defaults('docker/Dockerfile').NODE_IMAGE).toContain(`node:${pack.devDependencies.node}-`);
  const least = /^go (\d+)\.(\d+)/m.exec(read('k6/go.mod'));
  const [, major, minor] = /golang:(\d+)\.(\d+)/.exec(defaults('docker/cuda.Dockerfile').GO_IMAGE ?? '') ?? [];
  expect([Number(major), Number(minor) >= Number(least?.[2])]).toEqual([Number(least?.[1]), true]);
});

test('nothing reaches a build that was not named', () => {
  const [first] = read('.dockerignore')
    .split('\n')
    .filter((line) => !line.startsWith('#'));
  expect(first).toBe('*');
});

test.for(services)(
  'the service %s is read-only, without capabilities, and open to this machine alone',
  ([, service]) => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    expect([service.privileged, service.user]).toEqual([undefined, undefined]);
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
    expect(service.image).toMatch(/^(localhost\/loadcell-(agent|coordinator):latest|docker\.io\/.+:v\d.*)$/);
  },
);

test('every flag in the compose file is one of its verb', () => {
  const program = programOf({ exitWith: () => {}, supervise: () => expect.fail('nothing is run') });
  const called = services.flatMap(([, { image, command }]) =>
    image.startsWith('localhost/') && command !== undefined ? [command] : [],
  );
  expect(called.map(([verb]) => verb).sort()).toEqual(['coordinator', 'serve']);
  for (const [verb, ...words] of called) {
    const options = program.commands.find((command) => command.name() === verb)?.options.map(({ long }) => long);
    const flags = words.flatMap((word) => /^--[\w-]+/.exec(word)?.[0] ?? []);
    expect(options).toEqual(expect.arrayContaining(flags));
  }
});

test('agents are as many as the campaign asks for, and pass for one machine', () => {
  const { agents } = (parse(read('docker/campaign.yaml')) as { fleet: { agents: number } }).fleet;
  expect(compose.services.agent).toMatchObject({ deploy: { replicas: agents }, hostname: expect.any(String) });
});

test('Prometheus follows services that are there', () => {
  const config = parse(read('docker/prometheus.yml')) as {
    scrape_configs: { static_configs: { targets: string[] }[] }[];
  };
  const targets = config.scrape_configs.flatMap((job) => job.static_configs.flatMap((each) => each.targets));
  expect(targets.map((target) => target.split(':')[0])).toEqual(['coordinator', 'endpoint']);
});
