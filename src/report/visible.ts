/**
 * Control characters, and those that turn the direction of writing, written out: a message of a target or a quoted file
 * must not move a terminal's cursor, colour it, or show another text than it holds. Line ends and tabs stay.
 */
export const visible = (text: string): string =>
  text.replace(/(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (unseen) => {
    const code = (unseen.codePointAt(0) ?? 0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });
