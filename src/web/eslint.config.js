import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/* The folders of the phone, from the bottom to the top: each may import from those before it. */
const LAYERS = [
  'model',
  'tones',
  'media',
  'sip',
  'lines',
  'quality',
  'account-data',
  'continuity',
  'calls',
  'precall',
  'ui',
  'app',
];

/**
 * Forbids imports of these folders, at whatever depth the importing file stands.
 * @param {readonly string[]} folders
 * @param {string} message
 */
function noImports(folders, message) {
  const group = folders.map((folder) => `**/${folder}/**`);
  // The rule for imports does not see those that are loaded later.
  const later = `:matches(ImportExpression, TSImportType) Literal[value=/\\u002F(${folders.join('|')})\\u002F/]`;
  return {
    'no-restricted-imports': ['error', { patterns: [{ group, message }] }],
    'no-restricted-syntax': ['error', { selector: later, message }],
  };
}

const tests = ['**/*.test.ts', 'phone/testing/**'];

export default defineConfig(
  { ignores: ['node_modules', 'coverage'] },
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      'no-console': 'error',
      'no-eval': 'error',
      eqeqeq: 'error',
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
      // Numbers in a template literal read well: `${seconds} s`.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // The compiler asks for brackets on index signatures (noPropertyAccessFromIndexSignature).
      '@typescript-eslint/dot-notation': 'off',
    },
  },
  ...LAYERS.map((layer, index) => ({
    files: [`phone/${layer}/**/*.ts`],
    ignores: tests,
    rules: noImports(
      ['admin', 'testing', ...LAYERS.slice(index + 1)],
      `phone/${layer} may import only from these folders of the phone: ${LAYERS.slice(0, index + 1).join(', ')}.`,
    ),
  })),
  {
    files: ['shared/**/*.ts', 'admin/**/*.ts'],
    rules: noImports(
      ['phone', ...LAYERS, 'testing'],
      'What phone and admin share stands in shared; neither imports the other.',
    ),
  },
  {
    // A describe() block is a list of tests, not a function to read at once.
    files: ['**/*.test.ts'],
    rules: { 'max-lines-per-function': 'off' },
  },
);
