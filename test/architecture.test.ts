import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { ESLint } from 'eslint';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import tseslint from 'typescript-eslint';
import { beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Everything that a build puts together, by path from the root. */
const SOURCES = ['src', 'workflows', 'activities', 'worker'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file)),
);

/** Rules that refuse a text when it stands in a file of the house. Types are not looked at. */
const untyped = new ESLint({
  cwd: ROOT,
  overrideConfig: [
    { ...tseslint.configs.disableTypeChecked, files: ['**/*.ts'] },
    { rules: { '@typescript-eslint/no-unused-vars': 'off', '@typescript-eslint/no-require-imports': 'off' } },
  ],
});

/** As above, types and all; the file has to exist, its text is replaced. */
const typed = new ESLint({ cwd: ROOT });

async function refusals(eslint: ESLint, file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: join(ROOT, file) });
  return [...new Set(result!.messages.map(({ ruleId, message }) => ruleId ?? message))].sort();
}

const imports = (specifier: string) => `import { thing } from '${specifier}';\nexport const other = thing;\n`;

describe('a room refuses what it may not import', () => {
  it.each([
    ['src/core/planted.ts', 'node:fs'],
    ['src/core/planted.ts', 'crypto'],
    ['src/core/planted.ts', '@temporalio/common'],
    ['src/core/planted.ts', 'zod'],
    ['src/core/run/planted.ts', '../../contract/memo.js'],
    ['src/core/definition/compile.ts', 'zod'],
    ['src/core/definition/compile.ts', 'yaml'],
    ['src/core/definition/yaml-schema.ts', 'yaml'],
    ['src/contract/planted.ts', '../ports/box.js'],
    ['src/contract/planted.ts', '@temporalio/client'],
    ['src/contract/planted.ts', 'node:path'],
    ['src/ports/planted.ts', '../contract/memo.js'],
    ['src/ports/planted.ts', 'pg'],
    ['src/adapters/postgres/planted.ts', '../box/level-three.js'],
    ['src/adapters/postgres/planted.ts', '../../contract/memo.js'],
    ['src/adapters/postgres/planted.ts', '@temporalio/client'],
    ['src/adapters/box/planted.ts', 'pg'],
    ['src/adapters/temporal/planted.ts', '@temporalio/worker'],
    ['src/adapters/unheard-of/planted.ts', '../../core/ids.js'],
    ['src/client/planted.ts', '../adapters/postgres/pool.js'],
    ['src/client/planted.ts', '../config/config.js'],
    ['src/client/planted.ts', '../../worker/index.js'],
    ['src/cli/planted.ts', '@temporalio/client'],
    ['src/cli/planted.ts', '../adapters/stack/up.js'],
    ['src/cli/planted.ts', '../config/config.js'],
    ['src/cli/commands/planted.ts', '../main.js'],
    ['src/config/planted.ts', '../client/start-run.js'],
    ['src/config/planted.ts', 'node:fs'],
    ['workflows/planted.ts', '../src/core/definition/compile.js'],
    ['workflows/planted.ts', '../src/core/definition/output-shape.js'],
    ['workflows/planted.ts', '../src/core/definition/yaml-schema.js'],
    ['workflows/planted.ts', '../src/ports/box.js'],
    ['workflows/planted.ts', '../activities/index.js'],
    ['workflows/planted.ts', '@temporalio/client'],
    ['workflows/planted.ts', 'assert'],
    ['activities/planted.ts', '../src/adapters/postgres/pool.js'],
    ['activities/planted.ts', '../src/client/start-run.js'],
    ['activities/planted.ts', '../workflows/index.js'],
    ['activities/planted.ts', 'node:fs/promises'],
    ['src/client/planted.ts', 'node:process'],
    ['src/nowhere/planted.ts', '../core/ids.js'],
  ])('%s importing %s', async (file, specifier) => {
    expect(await refusals(untyped, file, imports(specifier))).toEqual(['house/rooms']);
  });

  it.each([
    ['a type', `import type { Thing } from '../ports/box.js';\nexport type Other = Thing;\n`],
    ['a re-export', `export { thing } from '../ports/box.js';\n`],
    ['a re-export of everything', `export * from '../ports/box.js';\n`],
    ['an import expression', `export const thing = () => import('../ports/box.js');\n`],
    ['an import type', `export type Thing = import('../ports/box.js').Thing;\n`],
    ['an import for its effect', `import '../ports/box.js';\n`],
  ])('whatever form it takes: %s', async (_form, code) => {
    expect(await refusals(untyped, 'src/core/planted.ts', code)).toContain('house/rooms');
  });

  it('admits types where it would refuse code: src/cli naming what crosses the wire', async () => {
    const code = `import type { Thing } from '../contract/memo.js';\nexport type Other = Thing;\n`;
    expect(await refusals(untyped, 'src/cli/planted.ts', code)).toEqual([]);
    expect(await refusals(untyped, 'src/cli/planted.ts', imports('../contract/memo.js'))).toEqual([
      'house/rooms',
    ]);
  });

  it.each([
    ['src/core/run/planted.ts', '../expression/reference.js'],
    ['src/core/planted.ts', '@noble/hashes/sha2.js'],
    ['src/core/definition/read-yaml.ts', 'yaml'],
    ['src/core/project-config/config-schema.ts', 'zod'],
    ['src/core/definition/compile.ts', './yaml-schema.js'],
    ['src/core/definition/schema/planted.ts', 'zod'],
    ['src/core/definition/schema-words.ts', 'zod'],
    ['src/core/definition/output-shape.ts', 'ajv'],
    ['src/core/definition/yaml-schema.ts', 'zod'],
    ['src/contract/planted.ts', '../core/ids.js'],
    ['src/ports/planted.ts', '../core/ids.js'],
    ['src/adapters/postgres/planted.ts', 'pg'],
    ['src/adapters/postgres/planted.ts', 'node:fs'],
    ['src/adapters/postgres/planted.ts', './pool.js'],
    ['src/adapters/temporal/planted.ts', '@temporalio/client'],
    ['src/client/planted.ts', '@temporalio/client'],
    ['src/cli/planted.ts', '../client/orchestrator.js'],
    ['src/cli/main.ts', '../adapters/stack/up.js'],
    ['src/index.ts', './adapters/postgres/pool.js'],
    ['src/config/planted.ts', 'zod'],
    ['workflows/planted.ts', '../src/core/run/decide.js'],
    ['workflows/planted.ts', '@temporalio/workflow'],
    ['activities/planted.ts', '@temporalio/activity'],
    ['worker/planted.ts', '../src/adapters/postgres/pool.js'],
  ])('and admits what it may: %s importing %s', async (file, specifier) => {
    expect(await refusals(untyped, file, imports(specifier))).toEqual([]);
  });
});

describe('a pure room refuses clock, chance, environment and what belongs to Node', () => {
  const pure = [
    'src/core/planted.ts',
    'src/contract/planted.ts',
    'src/ports/planted.ts',
    'activities/planted.ts',
  ];
  const forbidden: [code: string, rule: string][] = [
    ['Date.now()', 'no-restricted-properties'],
    ['new Date()', 'no-restricted-syntax'],
    ['Date()', 'no-restricted-syntax'],
    ['Math.random()', 'no-restricted-properties'],
    ['process.cwd()', 'no-restricted-globals'],
    ['globalThis.process.cwd()', 'no-restricted-globals'],
    ["Buffer.from('a')", 'no-restricted-globals'],
    ["console.log('a')", 'no-restricted-globals'],
    ["fetch('http://a')", 'no-restricted-globals'],
    ['performance.now()', 'no-restricted-globals'],
    ['crypto.randomUUID()', 'no-restricted-globals'],
    ['structuredClone({})', 'no-restricted-globals'],
    ['import.meta.url', 'no-restricted-syntax'],
  ];

  it.each(pure.flatMap((file) => forbidden.map(([code, rule]) => [file, code, rule] as const)))(
    '%s with %s',
    async (file, code, rule) => {
      expect(await refusals(untyped, file, `export const thing = (): unknown => ${code};\n`)).toEqual([rule]);
    },
  );

  it.each([
    ['src/core/planted.ts', 'setTimeout(() => undefined, 1)', ['no-restricted-globals']],
    ['workflows/planted.ts', 'setTimeout(() => undefined, 1)', ['no-restricted-globals']],
    ['workflows/planted.ts', 'process.cwd()', ['no-restricted-globals']],
    ['workflows/planted.ts', 'Math.random()', ['no-restricted-properties']],
    ['workflows/planted.ts', 'new Date()', []],
    ['workflows/planted.ts', 'Date.now()', []],
    ['activities/planted.ts', 'setTimeout(() => undefined, 1)', []],
    ['src/core/planted.ts', 'new Date(0)', []],
    ['src/core/planted.ts', "new TextEncoder().encode('a')", []],
    ['src/client/planted.ts', 'new Date()', []],
  ])('but each its own share: %s with %s', async (file, code, rules) => {
    expect(await refusals(untyped, file, `export const thing = (): unknown => ${code};\n`)).toEqual(rules);
  });
});

describe('a room that runs share refuses a module that keeps something', () => {
  const shared = ['src/core/planted.ts', 'src/contract/planted.ts', 'workflows/planted.ts'];
  it.each(
    shared.flatMap((file) =>
      [
        'export let count = 0;',
        'const seen = new Map<string, number>();\nexport const size = (): number => seen.size;',
        'const cache = new WeakMap();\nexport const has = (it: object): boolean => cache.has(it);',
        'const names: string[] = [];\nexport const all = (): readonly string[] => names;',
        'export class Counter {\n  static count = 0;\n}',
      ].map((code) => [file, code] as const),
    ),
  )('%s with %s', async (file, code) => {
    const refused = await refusals(untyped, file, `${code}\n`);
    expect(refused).toContain('no-restricted-syntax');
  });

  it.each([
    "export const NAMES: ReadonlySet<string> = new Set(['a']);",
    'export const gather = (): string[] => {\n  const found: string[] = [];\n  return found;\n};',
  ])('but not %s', async (code) => {
    expect(await refusals(untyped, 'src/core/planted.ts', `${code}\n`)).toEqual([]);
  });
});

describe('the environment has one reader', () => {
  it.each([
    'export const home = process.env;',
    'export const { env } = process;',
    "export const home = process.env['HOME'];",
  ])('%s is refused everywhere but in src/config', async (code) => {
    for (const file of ['src/client/planted.ts', 'src/adapters/stack/planted.ts', 'worker/planted.ts']) {
      expect(await refusals(untyped, file, code)).toEqual(['no-restricted-properties']);
    }
    expect(await refusals(untyped, 'src/config/planted.ts', code)).toEqual([]);
  });
});

describe('a size beyond its stop is refused', () => {
  const lines = (count: number) => Array.from({ length: count }, (_, i) => `export const a${i} = ${i};`);
  const body = (count: number) => Array.from({ length: count }, (_, i) => `  note(${i});`);
  const inFunction = (statements: string[], parameters = 'note: (n: number) => void') =>
    ['export function thing(' + parameters + '): void {', ...statements, '}', ''].join('\n');
  const branches = (count: number) => Array.from({ length: count }, (_, i) => `  if (n > ${i}) note(${i});`);

  it.each([
    ['a file of 300 code lines', 'src/core/planted.ts', lines(300).join('\n'), []],
    ['a file of 301 code lines', 'src/core/planted.ts', lines(301).join('\n'), ['max-lines']],
    ['150 code lines of workflow', 'workflows/planted.ts', lines(150).join('\n'), []],
    ['151 code lines of workflow', 'workflows/planted.ts', lines(151).join('\n'), ['max-lines']],
    ['151 code lines of activity', 'activities/planted.ts', lines(151).join('\n'), ['max-lines']],
    ['a function of 60 code lines', 'src/core/planted.ts', inFunction(body(58)), []],
    ['a function of 61 code lines', 'src/core/planted.ts', inFunction(body(59)), ['max-lines-per-function']],
    [
      'comments and blank lines',
      'src/core/planted.ts',
      inFunction([...body(50), '', '// why', '', '// why', ...Array<string>(20).fill('')]),
      [],
    ],
    [
      'five parameters',
      'src/core/planted.ts',
      'export const f = (a: 1, b: 1, c: 1, d: 1, e: 1) => [a, b, c, d, e];\n',
      ['max-params'],
    ],
    [
      'complexity 12',
      'src/core/planted.ts',
      inFunction(branches(11), 'n: number, note: (n: number) => void'),
      [],
    ],
    [
      'complexity 13',
      'src/core/planted.ts',
      inFunction(branches(12), 'n: number, note: (n: number) => void'),
      ['complexity'],
    ],
    [
      'depth 4',
      'src/core/planted.ts',
      inFunction(
        ['  for (;;) for (;;) { if (n > 0) { while (n > 1) { note(n); } } }'],
        'n: number, note: (n: number) => void',
      ),
      ['max-depth'],
    ],
  ])('%s', async (_case, file, code, rules) => {
    expect(await refusals(untyped, file, code)).toEqual(rules);
  });
});

describe('a promise is awaited or handed on', () => {
  const floating =
    'export const work = async () => { await Promise.resolve(); };\nexport function f(): void { work(); }\n';

  it.each(['src/core/ids.ts', 'src/contract/memo.ts', 'test/support/global-setup.ts'])(
    'in %s',
    async (file) => {
      expect(await refusals(typed, file, floating)).toContain('@typescript-eslint/no-floating-promises');
      expect(await refusals(typed, file, floating.replace(' work();', ' void work();'))).toEqual([]);
    },
  );
});

describe('the workflow bundle', () => {
  /** Temporal's own workflow runtime, and the one library that the core computes path keys with. */
  const PACKAGES = ['@noble/hashes', '@temporalio/common', '@temporalio/workflow', 'long', 'ms', 'nexus-rpc'];
  let files: string[];

  beforeAll(async () => {
    files = await filesInBundle();
  });

  it('holds files of core, contract and workflows only', () => {
    const ours = files.filter((file) => !file.startsWith('node_modules/'));
    expect(ours.filter((file) => !/^(src\/core|src\/contract|workflows)\//.test(file))).toEqual([]);
    expect(ours).toContain('workflows/index.ts');
  });

  it('holds no compiler and no schema', () => {
    expect(
      files.filter((file) => /definition\/(compile|output-shape|read-yaml|schema|yaml-schema)/.test(file)),
    ).toEqual([]);
  });

  it('holds no package but those that a workflow needs', () => {
    const packages = files
      .filter((file) => file.startsWith('node_modules/'))
      .map((file) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)![1]!);
    expect([...new Set(packages)].filter((name) => !PACKAGES.includes(name))).toEqual([]);
  });
});

/** As much of webpack's compiler as is needed to see what went into a bundle. */
interface Compiler {
  hooks: { done: { tap(name: string, listener: (stats: Stats) => void): void } };
}
interface Stats {
  compilation: { modules: Iterable<{ nameForCondition(): string | null }> };
}

/** What webpack really put in, whatever the imports say. */
async function filesInBundle(): Promise<string[]> {
  const files = new Set<string>();
  const collector = {
    apply: (compiler: unknown) => {
      (compiler as Compiler).hooks.done.tap('collect', ({ compilation }) => {
        for (const module of compilation.modules) {
          const path = module.nameForCondition();
          if (path !== null) files.add(relative(ROOT, path));
        }
      });
    },
  };
  await bundleWorkflowCode({
    workflowsPath: join(ROOT, 'workflows/index.ts'),
    webpackConfigHook: (config) => ({ ...config, plugins: [...(config.plugins ?? []), collector] }),
    logger: new DefaultLogger('ERROR'),
  });
  return [...files].filter((file) => !file.endsWith('entrypoint.cjs'));
}

describe('the source', () => {
  it('has no import cycles', () => {
    const importsOf = new Map(SOURCES.map((file) => [file, importedFiles(file)]));
    expect(findCycle(importsOf)).toEqual([]);
  });

  it('gives a reason wherever it switches a rule off', () => {
    const unexplained = SOURCES.flatMap((file) =>
      readFileSync(join(ROOT, file), 'utf8')
        .split('\n')
        .filter(
          (line) => /eslint-disable|@ts-(expect-error|ignore|nocheck)/.test(line) && !/ -- \w/.test(line),
        )
        .map((line) => `${file}: ${line.trim()}`),
    );
    expect(unexplained).toEqual([]);
  });
});

/** Files that a file loads; imports of types alone are gone before anything runs. */
function importedFiles(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return ts
    .createSourceFile(file, text, ts.ScriptTarget.Latest)
    .statements.flatMap((statement) => {
      if (ts.isImportDeclaration(statement)) {
        return statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
          ? []
          : [statement.moduleSpecifier];
      }
      const isReExport = ts.isExportDeclaration(statement) && !statement.isTypeOnly;
      return isReExport && statement.moduleSpecifier !== undefined ? [statement.moduleSpecifier] : [];
    })
    .filter((specifier) => ts.isStringLiteral(specifier))
    .map(({ text: name }) => name)
    .filter((name) => name.startsWith('.'))
    .map((name) => normalize(join(dirname(file), name)).replace(/\.js$/, '.ts'));
}

/** One cycle, as the files on it; empty when there is none. */
function findCycle(importsOf: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const next of importsOf.get(file) ?? []) {
      const cycle = visit(next, [...path, file]);
      if (cycle.length > 0) return cycle;
    }
    done.add(file);
    return [];
  };
  for (const file of importsOf.keys()) {
    const cycle = visit(file, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
