import { fileURLToPath } from 'node:url';

import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Rules beyond the presets; each has found or would find a real mistake here. */
const extra = {
  '@typescript-eslint/consistent-type-imports': 'error',
  '@typescript-eslint/explicit-module-boundary-types': 'error',
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': [
    'error',
    { considerDefaultExhaustiveForUnions: true },
  ],
  // Numbers read well in messages.
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
  // `() => clearTimeout(timer)` is a fine arrow function.
  '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
  // Waiting loops.
  '@typescript-eslint/no-unnecessary-condition': [
    'error',
    { allowConstantLoopConditions: 'only-allowed-literals' },
  ],
  // An observer that takes no notice is a fine one.
  '@typescript-eslint/no-empty-function': 'off',
  // A port is implemented by async methods that need not wait.
  '@typescript-eslint/require-await': 'off',
  // A CommonJS package: `import` would first look through its text for the names it exports.
  '@typescript-eslint/no-require-imports': ['error', { allowAsImport: true }],
  eqeqeq: 'error',
  'no-console': 'error',
  'prefer-const': 'error',
};

/** NODE_TLS_REJECT_UNAUTHORIZED=0 turns off each verification that does not ask for itself. */
const verified = 'verify the server: end the options with `rejectUnauthorized: true`';
const tlsRules = [
  {
    selector:
      "CallExpression[callee.name='connectTls']:not(:has(ObjectExpression > Property:last-child[key.name='rejectUnauthorized'][value.value=true]))",
    message: verified,
  },
  {
    selector:
      "ImportDeclaration[source.value=/^(node:)?(tls|https)$/]:not([importKind='type']) > :matches(ImportNamespaceSpecifier, ImportDefaultSpecifier, ImportSpecifier[imported.name=/^(connect|request|get|Agent|TLSSocket)$/]:not([importKind='type']):not([local.name='connectTls']))",
    message: 'import { connect as connectTls }: its calls are held to verify the server',
  },
];

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', '.cache/', '**/*.generated.ts', 'src/observe/page/**/*.js'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['tsconfig.json', 'src/observe/page/tsconfig.json'],
        tsconfigRootDir: root,
      },
    },
    rules: extra,
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/main.ts'],
    rules: {
      'no-restricted-globals': ['error', { name: 'process', message: 'only main.ts touches it' }],
    },
  },
  {
    // They run on a loop that Node's timers and immediates do not wake.
    files: ['src/{data-path,kernel,pool,proxy}/**/*.ts'],
    ignores: [
      'src/data-path/{client,start-thread,thread-loop}.ts',
      'src/kernel/portable/**',
      'src/kernel/loop.ts',
    ],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'process', message: 'only main.ts touches it' },
        ...['setTimeout', 'setInterval', 'setImmediate'].map((name) => {
          return { name, message: 'take the clock, or `soon` of the loop' };
        }),
      ],
    },
  },
  { files: ['src/**/*.ts'], rules: { 'no-restricted-syntax': ['error', ...tlsRules] } },
  {
    // Commands print; tests print why they are skipped.
    files: ['scripts/**', 'test/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { globals: { console: 'readonly', process: 'readonly', URL: 'readonly' } },
    rules: { 'no-console': 'off' },
  },
);
