import { expect, test } from 'vitest';
import { html, inlined, joined, jsonScript, sentence } from '../../../../src/report/html/markup.ts';

test('text becomes part of markup escaped, in elements and in quoted attributes', () => {
  const nasty = `</script><b title="x" y='z'>&`;
  expect(html`<p title="${nasty}">${nasty}</p>`.text).toBe(
    '<p title="&lt;/script&gt;&lt;b title=&quot;x&quot; y=&#39;z&#39;&gt;&amp;">&lt;/script&gt;&lt;b title=&quot;x&quot; y=&#39;z&#39;&gt;&amp;</p>',
  );
});

test('markup stays markup, alone and in lists', () => {
  expect(html`<ul>${[html`<li>1</li>`, html`<li>${2}</li>`]}</ul>`.text).toBe('<ul><li>1</li><li>2</li></ul>');
  expect(joined([html`<i>a</i>`, html`b`], ' & ').text).toBe('<i>a</i> &amp; b');
});

test('control characters and halves of surrogate pairs, which HTML forbids, are replaced; emoji and line ends stay', () => {
  expect(html`${'a\u0000b\u001b[31m\ud800c\n🎯'}`.text).toBe('a\ufffdb\ufffd[31m\ufffdc\n🎯');
});

test('no text ends the element of embedded data, and the data read back unchanged', () => {
  const value = { message: '</script><!-- <script>alert(1)</script> \u2028 🎯 \ud800', n: [1, null] };
  const { text } = jsonScript('data-0-0', value);
  const inside = /^<script type="application\/json" id="data-0-0">(.*)<\/script>$/s.exec(text)?.[1] ?? '';
  expect(inside).not.toContain('<');
  expect(JSON.parse(inside)).toEqual(value);
});

test('what stands between two backticks is code; a lone backtick is itself', () => {
  expect(sentence('write `trials: 5` <or> more').text).toBe('write <code>trials: 5</code> &lt;or&gt; more');
  expect(sentence('a ` b').text).toBe('a ` b');
});

test('a program that would end its own element is refused', () => {
  expect(inlined('script', 'a < b').text).toBe('<script>a < b</script>');
  expect(() => inlined('script', 'x = "</script>"')).toThrow('would end its element');
});
