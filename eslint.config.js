'use strict';

const js = require('@eslint/js');
const stylistic = require('@stylistic/eslint-plugin');
const jsdoc = require('eslint-plugin-jsdoc');
const globals = require('globals');

/** What makes a mistake likely, or a file harder to read than it need be. */
const sense = {
  'array-callback-return': 'error',
  'dot-notation': 'error',
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'no-duplicate-imports': 'error',
  'no-else-return': 'error',
  'no-implicit-globals': 'error',
  'no-lonely-if': 'error',
  'no-self-compare': 'error',
  'no-shadow': 'error',
  'no-template-curly-in-string': 'error',
  'no-throw-literal': 'error',
  'no-unneeded-ternary': 'error',
  'no-unused-expressions': 'error',
  'no-unused-vars': ['error', {
    argsIgnorePattern: '^_',
    varsIgnorePattern: '^_',
    caughtErrorsIgnorePattern: '^_',
    ignoreRestSiblings: true,
  }],
  'no-use-before-define': ['error', { functions: false, classes: false, variables: false }],
  'no-useless-return': 'error',
  'no-var': 'error',
  'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'] }],
  'object-shorthand': ['error', 'always', { avoidQuotes: true }],
  'prefer-const': 'error',
  yoda: 'error',
};

/** How code looks. */
const looks = {
  '@stylistic/arrow-parens': ['error', 'always'],
  '@stylistic/brace-style': ['error', '1tbs', { allowSingleLine: true }],
  '@stylistic/comma-dangle': ['error', 'always-multiline'],
  '@stylistic/comma-spacing': 'error',
  '@stylistic/eol-last': 'error',
  '@stylistic/indent': ['error', 2, { SwitchCase: 1, offsetTernaryExpressions: true }],
  '@stylistic/keyword-spacing': 'error',
  '@stylistic/max-len': ['error', { code: 120, ignoreUrls: true, ignoreRegExpLiterals: true }],
  '@stylistic/no-multiple-empty-lines': ['error', { max: 1 }],
  '@stylistic/no-tabs': 'error',
  '@stylistic/no-trailing-spaces': 'error',
  '@stylistic/object-curly-spacing': ['error', 'always'],
  '@stylistic/quotes': ['error', 'single', { avoidEscape: true }],
  '@stylistic/semi': 'error',
  '@stylistic/space-before-blocks': 'error',
  '@stylistic/space-infix-ops': 'error',
};

/** Each function says what it does, with what, and in which units. */
const documented = {
  'jsdoc/check-alignment': 'error',
  'jsdoc/check-param-names': ['error', { checkDestructured: false }],
  'jsdoc/check-syntax': 'error',
  'jsdoc/check-tag-names': 'error',
  'jsdoc/no-undefined-types': 'off',
  'jsdoc/require-jsdoc': ['error', {
    checkConstructors: false,
    require: { FunctionDeclaration: true, ClassDeclaration: true, MethodDefinition: true },
  }],
  'jsdoc/require-param': ['error', { checkDestructured: false, checkDestructuredRoots: false }],
  'jsdoc/require-param-type': 'error',
  'jsdoc/require-returns-type': 'error',
  'jsdoc/valid-types': 'error',
};

module.exports = [
  { ignores: ['**/target/', '.cache/', 'dist/', 'coverage/', 'npm/'] },
  js.configs.recommended,
  {
    files: ['**/*.js', '**/*.cjs'],
    languageOptions: { ecmaVersion: 2023, sourceType: 'commonjs', globals: globals.node },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { '@stylistic': stylistic },
    rules: { ...sense, ...looks, strict: ['error', 'global'] },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { ecmaVersion: 2023, sourceType: 'module', globals: globals.node },
    plugins: { '@stylistic': stylistic },
    rules: { ...sense, ...looks },
  },
  {
    files: ['index.js', 'register.js', 'lib/**/*.js', 'scripts/**/*.js'],
    plugins: { jsdoc },
    settings: { jsdoc: { mode: 'typescript' } },
    rules: { ...documented, 'max-lines': ['error', 400] },
  },
  {
    files: ['lib/**/*.js'],
    rules: {
      'no-restricted-syntax': ['error', {
        selector: ':function AssignmentExpression[left.type="MemberExpression"][right.type=/FunctionExpression$/]',
        message: 'V8 puts such a function into the old generation, where it keeps alive what it refers to until a ' +
          'full collection. Assign a constant that holds the function (docs/notes/speed.md).',
      }],
    },
  },
  {
    files: ['__test__/**/*.js'],
    languageOptions: { globals: globals.jest },
  },
];
