// The order of DESIGN: an import may only go to the left.
const layers = [
  ['time'],
  ['scenarios', 'stats', 'oip'],
  ['targets', 'gpu', 'models', 'campaign'],
  ['verdict'],
  ['report', 'wire'],
  ['endpoint'],
  ['agent', 'coordinator', 'engines'],
  ['cli'],
];

const upward = layers.slice(0, -1).map((folders, level) => ({
  name: `only-downward-from-${folders.join('-')}`,
  severity: 'error',
  comment: `${folders.join(', ')} must not import from later layers`,
  from: { path: `^src/(${folders.join('|')})/` },
  to: {
    path: `^src/(${layers
      .slice(level + 1)
      .flat()
      .join('|')})/`,
  },
}));

export default {
  forbidden: [
    ...upward,
    {
      name: 'agent-and-coordinator-are-strangers',
      severity: 'error',
      from: { path: '^src/agent/' },
      to: { path: '^src/(coordinator|engines)/' },
    },
    {
      name: 'coordinator-and-agent-are-strangers',
      severity: 'error',
      from: { path: '^src/coordinator/' },
      to: { path: '^src/agent/' },
    },
    {
      name: 'pure-folders-import-no-node-core',
      severity: 'error',
      from: { path: '^src/(scenarios|stats|oip|campaign|verdict|report)/' },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true, dependencyTypesNot: ['type-only'] } },
    { name: 'nothing-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'product-imports-no-dev-dependency',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
