import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import svelte from 'eslint-plugin-svelte';
import { defineConfig, globalIgnores } from 'eslint/config';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

// Folders look down only: wire knows nothing, live and rules know wire, the faces know all but each other.
const walls = {
  'src/wire/**': [
    '../live/*',
    '../rules/*',
    '../api/*',
    '../map/*',
    '../ui/*',
    '../wall/*',
    '../console/*',
    '../report/*',
    'svelte',
  ],
  'src/rules/**': [
    '../live/*',
    '../api/*',
    '../map/*',
    '../ui/*',
    '../wall/*',
    '../console/*',
    '../report/*',
    'svelte',
  ],
  'src/live/**': ['../api/*', '../map/*', '../ui/*', '../wall/*', '../console/*', '../report/*'],
  'src/api/**': ['../map/*', '../ui/*', '../wall/*', '../console/*', '../report/*', 'svelte'],
  'src/ui/**': ['../live/*', '../api/*', '../map/*', '../wall/*', '../console/*', '../report/*'],
  'src/map/**': ['../wall/*', '../console/*', '../report/*'],
  'src/wall/**': ['../console/*', '../report/*'],
  'src/console/**': ['../wall/*', '../report/*'],
  'src/report/**': ['../wall/*', '../console/*', '../map/*'],
};

export default defineConfig(
  globalIgnores(['dist/', 'src/i18n/messages/', 'shots/']),
  js.configs.recommended,
  ...svelte.configs.recommended,
  {
    files: ['**/*.ts', '**/*.svelte', '**/*.svelte.ts'],
    extends: [...ts.configs.strictTypeChecked, ...ts.configs.stylisticTypeChecked],
    languageOptions: {
      globals: globals.browser,
      parserOptions: {
        projectService: true,
        extraFileExtensions: ['.svelte'],
        parser: ts.parser,
        svelteConfig,
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
      'no-undef': 'off', // the compiler does it
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
    },
  },
  {
    files: ['**/*.mjs', '*.config.js'],
    languageOptions: { globals: { ...globals.node, document: 'readonly', window: 'readonly' } },
    rules: { 'no-console': 'off' },
  },
  ...Object.entries(walls).map(([files, group]) => ({
    files: [files],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group, message: 'This folder stands below that one (see eslint.config.js).' }] },
      ],
    },
  })),
  prettier,
  ...svelte.configs.prettier,
);
