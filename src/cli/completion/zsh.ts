import { type CommandShape, type OptionShape, type Pathed, pathed, type Value } from './shape.ts';

/** Completion for zsh: a function for each verb, made of `_arguments` (zshcompsys(1)). */
export function zshCompletion(program: CommandShape): string {
  return `#compdef ${program.name}
# zsh completion for ${program.name}; put it on the fpath as _${program.name}, or: source <(${program.name} completion zsh)
${HELPERS}
${pathed(program).map(commandFunction).join('\n')}
if [[ $funcstack[1] == _${program.name} ]]; then
  _${program.name} "$@"
else
  compdef _${program.name} ${program.name}
fi
`;
}

const HELPERS = `_loadcell__runs() {
  local -a runs
  runs=(latest \${~opt_args[--results]:-results}/*(N/:t))
  compadd -X run -a runs
  _files -/
}
_loadcell__model() {
  compadd -X 'reference model' -- "$@"
  _files -g '*.onnx'
}`;

const functionName = (path: string): string => `_${path.replaceAll(' ', '_').replaceAll('-', '_')}`;

function commandFunction({ path, command }: Pathed): string {
  const name = functionName(path);
  const options = command.options.map(optionSpec);
  if (command.verbs.length === 0) {
    const places = command.places.map((place, index) =>
      quoted(`${index + 1}:${escaped(place.name)}:${action(place.value)}`),
    );
    return `${name}() {\n  local -A opt_args\n  _arguments -S ${[...options, ...places].join(' \\\n    ')}\n}`;
  }
  const verbs = command.verbs.map((verb) => `    ${quoted(`${verb.name}:${verb.description}`)}`);
  const branches = command.verbs.map((verb) => `        ${verb.name}) ${functionName(`${path} ${verb.name}`)} ;;`);
  return `${name}() {
  local line state
  local -a verbs
  verbs=(
${verbs.join('\n')}
  )
  _arguments -C ${options.join(' \\\n    ')} \\
    '1: :->verb' '*:: :->rest'
  case $state in
    verb) _describe verb verbs ;;
    rest)
      case $line[1] in
${branches.join('\n')}
      esac
      ;;
  esac
}`;
}

/** May be given again (`*`): the program itself says which may not. */
function optionSpec({ long, short, description, value }: OptionShape): string {
  const end = `[${escaped(description)}]${value === null ? '' : `:${long.slice(2)}:${action(value)}`}`;
  if (short === null) return quoted(`*${long}${end}`);
  return `'*'{${short},${long}}${quoted(end)}`;
}

function action(value: Value): string {
  switch (value.kind) {
    case 'words':
      return `(${value.words.join(' ')})`;
    case 'files':
      return `_files -g "*.(${value.endings.join('|')})"`;
    case 'model':
      return `_loadcell__model ${value.words.join(' ')}`;
    case 'run':
      return '_loadcell__runs';
    case 'folder':
      return '_files -/';
    case 'file':
      return '_files';
    case 'text':
      return ' ';
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Inside a specification brackets, colons and backslashes would end or change it. */
const escaped = (text: string): string => text.replaceAll(/[\\[\]:]/g, '\\$&');
