import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cannedHttp } from '../support/canned-http.ts';
import { freshFolder, loadcell } from '../support/loadcell.ts';
import { testWith } from '../support/tools.ts';

const SCRIPT = `import http from 'k6/http';
import { check } from 'k6';
export default function () {
  check(http.get(__ENV.URL), { 'is 200': ({ status }: { status: number }) => status === 200 });
}
`;

function folderFor(url: string, vus: number, duration: string): string {
  const folder = freshFolder();
  writeFileSync(join(folder, 'get.ts'), SCRIPT);
  writeFileSync(
    join(folder, 'drivers.yaml'),
    `name: drivers
targets:
  script: { k6: { script: get.ts, vus: ${vus}, env: { URL: "${url}" } } }
  endpoint: { http: { url: "${url}", method: GET, connections: 4 } }
scenarios: { short: { load: { rate: 1/s, for: 1s } } }
objectives: [errors < 50%]
warmup: 0s
drain: 3s
`,
  );
  writeFileSync(
    join(folder, 'over.yaml'),
    `scenarios: { short: null, load: { load: { rate: 50/s, for: ${duration} } } }\n`,
  );
  return folder;
}

testWith(
  'k6',
  'one schedule by both drivers is shown side by side, with what k6 did not send',
  async () => {
    const server = await cannedHttp((_, response) => response.end('ok'));
    try {
      const folder = folderFor(server.url, 60, '2s');
      const { stdout } = await loadcell(['compare-drivers', 'drivers.yaml', '--with', 'over.yaml', '--quiet'], folder)
        .ended;
      expect(stdout).toMatch(/load: one schedule, by k6 \(script\) and by the built-in driver \(endpoint\)/);
      expect(stdout).toMatch(/scheduled +100 +100\n/);
      expect(stdout).toMatch(/k6 sent the whole schedule|k6 did not send \d+ of 100|k6 told no end of \d+ of 100/);
      expect(stdout).toMatch(/wait P99, ms +- +\S+/);
    } finally {
      await server.close();
    }
  },
  120_000,
  2,
);

test('a campaign without both kinds of target is refused', async () => {
  const folder = freshFolder();
  writeFileSync(
    join(folder, 'c.yaml'),
    'name: n\ntargets: { t: { null: {} } }\nscenarios: { s: { load: { rate: 9/s, for: 9s } } }\n',
  );
  const { code, stderr } = await loadcell(['compare-drivers', 'c.yaml'], folder).ended;
  expect(code).toBe(64);
  expect(stderr).toContain('found no scenario that a k6 target and another one both ran');
});
