import { type CommandShape, type OptionShape, type Pathed, pathed, spellings, type Value } from './shape.ts';

/**
 * Completion for bash 4 and later, without bash-completion. Words before the cursor lead to a verb; an option with a
 * value takes the word after it; the others are counted.
 */
export function bashCompletion(program: CommandShape): string {
  const all = pathed(program);
  const withValue = all.flatMap(({ path, command }) => command.options.filter(takesValue).map((o) => ({ path, o })));
  return `# bash completion for ${program.name}; load it with: source <(${program.name} completion bash)
${HELPERS}
_loadcell() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev= path=${program.name} results=results count=0 word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case "$path $word" in
${cased(
  all.slice(1).map(({ path }) => quoted(path)),
  'path="$path $word"; count=0',
)}
${cased(
  withValue.flatMap(({ path, o }) => spellings(o).map((spelling) => quoted(`${path} ${spelling}`))),
  `prev=$word; ((i++)); [[ $word == --results ]] && results=\${COMP_WORDS[i]}; ((i < COMP_CWORD)) && prev=`,
)}
      *' -'*) ;;
      *) ((count++)) ;;
    esac
  done
  if [[ -n $prev ]]; then
    case "$path $prev" in
${withValue.map(({ path, o }) => optionCase(path, o)).join('\n')}
    esac
    return
  fi
  if [[ $cur == -* ]]; then
    case $path in
${all.map(({ path, command }) => `      ${quoted(path)}) _loadcell_words ${words(command.options.flatMap(spellings))} ;;`).join('\n')}
    esac
    return
  fi
  case "$path $count" in
${all.flatMap(placeCases).join('\n')}
  esac
}
complete -F _loadcell ${program.name}
`;
}

const HELPERS = `_loadcell_words() {
  local word
  for word in "$@"; do
    [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
  done
}
_loadcell_files() { # endings, separated by |; none: any
  local name
  compopt -o filenames 2>/dev/null
  while IFS= read -r name; do
    [[ -d $name || -z $1 || $name =~ \\.($1)$ ]] && COMPREPLY+=("$name")
  done < <(compgen -f -- "$cur")
}
_loadcell_folders() {
  local name
  compopt -o filenames 2>/dev/null
  while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -d -- "$cur")
}
_loadcell_runs() {
  local folder
  _loadcell_words latest
  for folder in "$results"/*/; do
    [[ -d $folder ]] && folder=\${folder%/} && _loadcell_words "\${folder##*/}"
  done
  _loadcell_folders
}`;

const takesValue = ({ value }: OptionShape): boolean => value !== null;

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const words = (list: readonly string[]): string => list.map(quoted).join(' ');

/** A branch of a case; nothing where no pattern leads there. */
const cased = (patterns: readonly string[], action: string): string =>
  patterns.length === 0 ? '' : `      ${patterns.join(' | ')}) ${action} ;;`;

function optionCase(path: string, option: OptionShape): string {
  const patterns = spellings(option).map((spelling) => quoted(`${path} ${spelling}`));
  return cased(patterns, offer(option.value ?? { kind: 'text' }));
}

function placeCases({ path, command }: Pathed): string[] {
  if (command.verbs.length > 0) {
    return [cased([quoted(`${path} 0`)], `_loadcell_words ${words(command.verbs.map(({ name }) => name))}`)];
  }
  return command.places.map(({ value }, index) => cased([quoted(`${path} ${index}`)], offer(value)));
}

function offer(value: Value): string {
  switch (value.kind) {
    case 'words':
      return `_loadcell_words ${words(value.words)}`;
    case 'files':
      return `_loadcell_files ${quoted(value.endings.join('|'))}`;
    case 'model':
      return `_loadcell_words ${words(value.words)}; _loadcell_files ${quoted(value.endings.join('|'))}`;
    case 'run':
      return '_loadcell_runs';
    case 'folder':
      return '_loadcell_folders';
    case 'file':
      return "_loadcell_files ''";
    case 'text':
      return ':';
  }
}
