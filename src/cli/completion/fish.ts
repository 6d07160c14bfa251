import { type CommandShape, type OptionShape, type Pathed, pathed, spellings, type Value } from './shape.ts';

/** Completion for fish 3.5 and later. */
export function fishCompletion(program: CommandShape): string {
  const all = pathed(program);
  const verbs = all.slice(1).map(({ path }) => quoted(path));
  const withValue = all.flatMap(({ path, command }) =>
    command.options
      .filter(({ value }) => value !== null)
      .flatMap((option) => spellings(option).map((spelling) => quoted(`${path} ${spelling}`))),
  );
  return `# fish completion for ${program.name}; put it into ~/.config/fish/completions/${program.name}.fish
function __loadcell_at --argument-names wanted place
    set -l path ${program.name}
    set -l count 0
    set -l skip 0
    set -l tokens (commandline -opc)
    for token in $tokens[2..-1]
        if test $skip -eq 1
            set skip 0
            continue
        end
        switch "$path $token"
            case ${verbs.join(' ')}
                set path "$path $token"
                set count 0
            case ${withValue.join(' ')}
                set skip 1
            case '* -*'
            case '*'
                set count (math $count + 1)
        end
    end
    test "$path" = "$wanted"; and begin
        test -z "$place"; or test $count -eq $place
    end
end
function __loadcell_files
    set -l token (commandline -ct)
    for name in $token*
        if test -d $name
            echo $name/
        else if contains -- (string split -r -m1 . -- $name)[-1] $argv
            echo $name
        end
    end
end
function __loadcell_runs
    set -l results results
    set -l tokens (commandline -opc)
    if set -l at (contains -i -- --results $tokens)
        set results $tokens[(math $at + 1)]
    end
    echo latest
    for folder in $results/*/
        path basename $folder
    end
    __fish_complete_directories (commandline -ct)
end
complete -c ${program.name} -f
${all.flatMap(lines).join('\n')}
`;
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const at = (path: string, place?: number): string =>
  `-n ${quoted(`__loadcell_at '${path}'${place === undefined ? '' : ` ${place}`}`)}`;

function lines({ path, command }: Pathed): string[] {
  const verbs = command.verbs.map((verb) => line(at(path, 0), `-a ${verb.name} -d ${quoted(verb.description)}`));
  const places =
    command.verbs.length > 0 ? [] : command.places.map(({ value }, index) => placeLine(path, index, value));
  return [...verbs, ...command.options.map((option) => optionLine(path, option)), ...places.flat()];
}

const line = (condition: string, rest: string): string => `complete -c loadcell ${condition} ${rest}`;

function optionLine(path: string, { long, short, description, value }: OptionShape): string {
  const name = `${short === null ? '' : `-s ${short.slice(1)} `}-l ${long.slice(2)} -d ${quoted(description)}`;
  return line(at(path), value === null ? name : `${name} ${valueFlags(value)}`);
}

function placeLine(path: string, index: number, value: Value): string[] {
  return value.kind === 'text' ? [] : [line(at(path, index), valueFlags(value).replace(/^-x ?/, ''))];
}

/** `-x`: a value is needed, and files are not offered of themselves. */
function valueFlags(value: Value): string {
  switch (value.kind) {
    case 'words':
      return `-x -a ${quoted(value.words.join(' '))}`;
    case 'files':
      return `-x -k -a ${quoted(withEndings(value.endings))}`;
    case 'model':
      return `-x -k -a ${quoted(`${value.words.join(' ')} ${withEndings(value.endings)}`)}`;
    case 'run':
      return `-x -a '(__loadcell_runs)'`;
    case 'folder':
      return `-x -a '(__fish_complete_directories (commandline -ct))'`;
    case 'file':
      return '-r -F';
    case 'text':
      return '-x';
  }
}

const withEndings = (endings: readonly string[]): string => `(__loadcell_files ${endings.join(' ')})`;
