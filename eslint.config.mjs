import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { ambientRules, ROOMS, roomsPlugin } from './scripts/lint/rooms.mjs';

const HOUSE = ['src/**/*.ts', 'workflows/**/*.ts', 'activities/**/*.ts', 'worker/**/*.ts'];
const TESTS = ['test/**/*.ts', 'vitest.config.ts'];
const SCRIPTS = ['**/*.mjs', 'bin/*.js'];

const codeLines = (max) => ['error', { max, skipBlankLines: true, skipComments: true }];

/** Hard stops; what to aim at is about half. */
const SIZES = {
  'max-lines': codeLines(300),
  'max-lines-per-function': codeLines(60),
  'max-params': ['error', 4],
  'max-depth': ['error', 3],
  complexity: ['error', 12],
};

const TYPED_RULES = {
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-unused-vars': [
    'error',
    { ignoreRestSiblings: true, argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
  ],
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  '@typescript-eslint/consistent-type-imports': 'error',
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
  '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
  // An aborted signal's reason is thrown on as it is, whatever it is.
  '@typescript-eslint/only-throw-error': ['error', { allowThrowingAny: false, allowThrowingUnknown: true }],
  // `noPropertyAccessFromIndexSignature` asks for brackets where this rule would ask for dots.
  '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
  // Spreading a text gives its code points, which is why it is spread.
  '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
  eqeqeq: 'error',
  'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'] }],
};

const TEST_RULES = {
  'max-lines': codeLines(500),
  'max-lines-per-function': 'off',
  '@typescript-eslint/no-non-null-assertion': 'off',
  '@typescript-eslint/no-unsafe-assignment': 'off',
  '@typescript-eslint/no-unsafe-member-access': 'off',
};

export default defineConfig(
  globalIgnores(['dist/', 'node_modules/', 'coverage/', '.cache/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: [...HOUSE, ...TESTS],
    extends: [js.configs.recommended, tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: { ...TYPED_RULES, ...SIZES },
  },
  { files: HOUSE, plugins: { house: roomsPlugin }, rules: { 'house/rooms': 'error' } },
  // Of several entries that match a file ESLint takes the last: folders before the files in them.
  ...[...ROOMS]
    .sort((a, b) => a.at.length - b.at.length)
    .map((room) => ({
      files: [room.at.endsWith('.ts') ? room.at : `${room.at}/**/*.ts`],
      rules: ambientRules(room),
    })),
  { files: ['workflows/**/*.ts', 'activities/**/*.ts'], rules: { 'max-lines': codeLines(150) } },
  { files: TESTS, rules: TEST_RULES },
  {
    files: SCRIPTS,
    extends: [js.configs.recommended],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        AbortSignal: 'readonly',
        performance: 'readonly',
      },
    },
    rules: SIZES,
  },
);
