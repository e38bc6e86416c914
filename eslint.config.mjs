import tseslint from 'typescript-eslint';

/** Arrows point one way: workflows → activities → systems → hosts → inventory (docs/architecture.md). */
const forbid = (patterns, message, names = []) => ({
  'no-restricted-imports': 'off',
  '@typescript-eslint/no-restricted-imports': [
    'error',
    {
      paths: names.map((name) => ({ name, message, allowTypeImports: true })),
      patterns: [{ group: patterns, message, allowTypeImports: true }],
    },
  ],
});

export default tseslint.config(
  { ignores: ['lib/**', 'node_modules/**', 'coverage/**', '*.js', '*.mjs'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
    },
  },
  {
    files: ['src/workflows/**/*.ts'],
    rules: forbid(
      [
        'node:*',
        '@temporalio/activity',
        '@temporalio/worker',
        '@temporalio/client',
        '**/activities/*',
        '**/hosts/*',
        '**/inventory/*',
      ],
      'Workflow code is deterministic: it imports types and pure functions only.',
      ['fs', 'path', 'os', 'crypto', 'child_process', 'pg', 'ssh2'],
    ),
  },
  // Workflows take the activities' types from what the factories return.
  { files: ['src/activities/**/*.ts'], rules: { '@typescript-eslint/explicit-module-boundary-types': 'off' } },
  {
    files: ['src/hosts/**/*.ts'],
    rules: forbid(
      ['**/workflows/*', '**/activities/*', '**/postgres/*'],
      'hosts knows nothing of PostgreSQL or Temporal workflows.',
    ),
  },
  {
    files: ['src/inventory/**/*.ts'],
    rules: forbid(
      ['**/workflows/*', '**/activities/*', '**/postgres/*', '**/hosts/*'],
      'inventory is the lowest room.',
    ),
  },
  {
    files: ['src/postgres/**/*.ts', 'src/ruvector/**/*.ts'],
    rules: forbid(['**/workflows/*', '**/activities/*', '@temporalio/*'], 'systems know nothing of Temporal.'),
  },
  {
    files: ['src/client.ts', 'src/cli/**/*.ts'],
    rules: forbid(['**/postgres/*', '**/ruvector/*', '**/hosts/*', 'pg'], 'The CLI knows nothing of PostgreSQL.'),
  },
);
