import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { ageText, bytesText, numberAt, textAt } from '../../../../src/report/html/facts.ts';
import { eventfulRun, HOSTILE, longRun, pageOf } from '../../../support/report-page.ts';

const page = pageOf(eventfulRun());
const inside = (element: string): string[] =>
  [...page.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, 'gs'))].map(([, text]) => text ?? '');
const sha256 = (text: string): string => `&#39;sha256-${createHash('sha256').update(text).digest('base64')}&#39;`;

test('the policy names the one program and the one style sheet of the page, and lets nothing else in', () => {
  const policy = /Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1] ?? '';
  const [program, ...otherPrograms] = inside('script');
  const [style, ...otherStyles] = inside('style');
  expect([otherPrograms, otherStyles]).toEqual([[], []]);
  expect(policy).toBe(
    `default-src &#39;none&#39;; script-src ${sha256(program ?? '')}; style-src ${sha256(style ?? '')}; base-uri &#39;none&#39;; form-action &#39;none&#39;`,
  );
});

test('nothing in the page leads out of it', () => {
  const markup = page.replaceAll(/<(script|style)[^>]*>.*?<\/\1>/gs, '');
  const places = [...markup.matchAll(/\s(?:href|src|action|srcset)="([^"]*)"/g)].map(([, place]) => place ?? '');
  expect(places.length).toBeGreaterThan(5);
  expect(places.filter((place) => !place.startsWith('#'))).toEqual([]);
  const ids = new Set([...markup.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => `#${id}`));
  expect(places.filter((place) => !ids.has(place))).toEqual([]);
});

test('no id stands twice, and no handler or style stands in an attribute', () => {
  const markup = page.replaceAll(/<(script|style)[^>]*>.*?<\/\1>/gs, '');
  const ids = [...page.matchAll(/<[^>]*\sid="([^"]+)"/g)].map(([, id]) => id);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  expect(markup).not.toMatch(/<[^>]+\s(on\w+|style)=/);
});

test('hostile texts are shown in full and embedded without an end of their element', () => {
  expect(page).not.toContain(HOSTILE);
  expect(page.match(/<img/g)).toBeNull();
  expect(page).toContain('&lt;/script&gt;&lt;img src=x onerror=&quot;');
});

test('every cell has its section and its data, in the order of the campaign', () => {
  const many = pageOf(longRun(3));
  expect([...many.matchAll(/<h3 id="(cell-\d+)">(target-\d+\/load)/g)].map(([, id, name]) => [id, name])).toEqual([
    ['cell-1', 'target-1/load'],
    ['cell-2', 'target-2/load'],
    ['cell-3', 'target-3/load'],
  ]);
  expect(many.match(/id="data-\d-0"/g)).toEqual(['id="data-0-0"', 'id="data-1-0"', 'id="data-2-0"']);
});

test('facts that are not there, or of another kind, are left out', () => {
  const facts = { cpu: { model: 'X', logical: '8' }, memoryBytes: Number.NaN };
  expect(textAt(facts, 'cpu', 'model')).toBe('X');
  expect(textAt(facts, 'os', 'name')).toBeNull();
  expect(numberAt(facts, 'cpu', 'logical')).toBeNull();
  expect(numberAt(facts, 'memoryBytes')).toBeNull();
});

test.each([
  [999, '999 B'],
  [25_276_514_304, '25.3 GB'],
])('%d bytes read %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

test.each([
  [40, '40 s'],
  [720, '12 min'],
  [12_000, '3 h 20 min'],
])('an age of %d s reads %s', (seconds, text) => {
  expect(ageText(seconds)).toBe(text);
});
