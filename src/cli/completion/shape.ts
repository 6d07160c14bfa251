import type { Argument, Command, Option } from 'commander';
import { referenceModelNames } from '../../models/registry.ts';

/** What may stand in a place of the command line. */
export type Value =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Files that end in one of these, without the dot, and folders on the way there. */
  | { readonly kind: 'files'; readonly endings: readonly string[] }
  /** A name of a reference model, or a file. */
  | { readonly kind: 'model'; readonly words: readonly string[]; readonly endings: readonly string[] }
  /** `latest`, the id of a run below --results, or a folder. */
  | { readonly kind: 'run' }
  | { readonly kind: 'folder' }
  | { readonly kind: 'file' }
  /** Anything: nothing can be offered. */
  | { readonly kind: 'text' };

export interface OptionShape {
  readonly long: string;
  readonly short: string | null;
  readonly description: string;
  /** Null: a flag. */
  readonly value: Value | null;
}

/** The program, or a verb of it, as far as completing needs to know it. */
export interface CommandShape {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionShape[];
  /** By position. */
  readonly places: readonly { readonly name: string; readonly value: Value }[];
  readonly verbs: readonly CommandShape[];
}

const TEXT: Value = { kind: 'text' };

/** Read from the program itself, so that completion knows every verb and option there is. */
export const shapeOf = (program: Command): CommandShape => shapeBeside(program, []);

/** `siblings`: the verbs that the help verb may be asked about. */
function shapeBeside(command: Command, siblings: readonly string[]): CommandShape {
  const help = command.createHelp();
  const verbs = help.visibleCommands(command);
  const names = verbs.map((verb) => verb.name());
  return {
    name: command.name(),
    description: oneLine(command.description()),
    options: help.visibleOptions(command).flatMap(optionShape),
    places: command.registeredArguments.map((place) => ({
      name: place.name(),
      value: placeValue(place, siblings),
    })),
    verbs: verbs.map((verb) => shapeBeside(verb, names)),
  };
}

function optionShape(option: Option): OptionShape[] {
  if (option.long === undefined) return [];
  const value = option.required || option.optional ? optionValue(option) : null;
  return [{ long: option.long, short: option.short ?? null, description: oneLine(option.description), value }];
}

function optionValue(option: Option): Value {
  if (option.argChoices !== undefined) return { kind: 'words', words: option.argChoices };
  return valueNamed(/[<[](.+?)[>\]]/.exec(option.flags)?.[1] ?? '');
}

function placeValue(place: Argument, verbs: readonly string[]): Value {
  if (place.argChoices !== undefined) return { kind: 'words', words: place.argChoices };
  return place.name() === 'verb' ? { kind: 'words', words: verbs } : valueNamed(place.name());
}

/** By the name that the place bears in the help: `campaign.yaml`, `file.onnx`, `model`, `run`, `dir`, `file`. */
function valueNamed(name: string): Value {
  const ending = /\.([a-z]+)$/.exec(name)?.[1];
  if (ending === 'yaml') return { kind: 'files', endings: ['yaml', 'yml'] };
  if (ending !== undefined) return { kind: 'files', endings: [ending] };
  switch (name) {
    case 'model':
      return { kind: 'model', words: referenceModelNames, endings: ['onnx'] };
    case 'reference-model':
      return { kind: 'words', words: referenceModelNames };
    case 'run':
      return { kind: 'run' };
    case 'dir':
    case 'folder':
      return { kind: 'folder' };
    case 'file':
      return { kind: 'file' };
    default:
      return TEXT;
  }
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** A verb and the words that lead to it: `loadcell model make`. */
export interface Pathed {
  readonly path: string;
  readonly command: CommandShape;
}

/** The program and every verb below it, each after the one that holds it. */
export const pathed = (command: CommandShape, above = ''): readonly Pathed[] => {
  const path = above === '' ? command.name : `${above} ${command.name}`;
  return [{ path, command }, ...command.verbs.flatMap((verb) => pathed(verb, path))];
};

/** Every way to write an option. */
export const spellings = ({ long, short }: OptionShape): readonly string[] => (short === null ? [long] : [short, long]);
