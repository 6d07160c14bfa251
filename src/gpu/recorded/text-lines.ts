/** The lines of a text, whatever ends them, without a byte order mark. */
export const linesOf = (text: string): readonly string[] => text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);

/** The fields of a line of nvidia-smi's CSV: it quotes nothing and puts a blank after each comma. */
export const csvCells = (line: string): readonly string[] => line.split(',').map((cell) => cell.trim());

/** The words of a line of a table that is aligned by blanks. */
export const wordsOf = (line: string): readonly string[] => line.trim().split(/\s+/);

/** A line as a sentence may show it. */
export const excerpt = (line: string): string => {
  const text = line.trim().replace(/[\p{Cc}\p{Cf}]+/gu, ' ');
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};
