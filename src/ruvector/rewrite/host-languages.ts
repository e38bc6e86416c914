/** What has to be known of a programming language to find its strings in the tree of its grammar. */
export interface HostLanguage {
  /** Name of the grammar. */
  grammar: 'python' | 'typescript' | 'tsx' | 'javascript' | 'java' | 'go';
  /** Kinds of nodes: a literal, what puts an expression into one, and literals that stand beside each other. */
  literals: string[];
  interpolations: string[];
  adjacent: string[];
  /** Kind of a node that adds two strings when its operator is `+`. */
  sum: string;
  /** Whether a backslash means nothing in a literal that begins so. */
  raw(delimiter: string): boolean;
}

const PYTHON: HostLanguage = {
  grammar: 'python',
  literals: ['string'],
  interpolations: ['interpolation'],
  adjacent: ['concatenated_string'],
  sum: 'binary_operator',
  raw: (delimiter) => /r/i.test(delimiter),
};

const TYPESCRIPT: HostLanguage = {
  grammar: 'typescript',
  literals: ['string', 'template_string'],
  interpolations: ['template_substitution'],
  adjacent: [],
  sum: 'binary_expression',
  raw: () => false,
};

const JAVA: HostLanguage = { ...TYPESCRIPT, grammar: 'java', literals: ['string_literal'], interpolations: [] };

const GO: HostLanguage = {
  ...JAVA,
  grammar: 'go',
  literals: ['interpreted_string_literal', 'raw_string_literal'],
  raw: (delimiter) => delimiter === '`',
};

/** Languages by the file's extension. */
export const HOST_LANGUAGES: Readonly<Record<string, HostLanguage>> = {
  '.py': PYTHON,
  '.ts': TYPESCRIPT,
  '.mts': TYPESCRIPT,
  '.cts': TYPESCRIPT,
  '.tsx': { ...TYPESCRIPT, grammar: 'tsx' },
  '.js': { ...TYPESCRIPT, grammar: 'javascript' },
  '.mjs': { ...TYPESCRIPT, grammar: 'javascript' },
  '.cjs': { ...TYPESCRIPT, grammar: 'javascript' },
  '.jsx': { ...TYPESCRIPT, grammar: 'javascript' },
  '.java': JAVA,
  '.go': GO,
};
