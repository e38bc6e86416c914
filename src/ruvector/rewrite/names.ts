/**
 * The distance functions of extension 0.1.0 and what says the same.
 *
 * Source: crate ruvector-postgres 2.0.6, `sql/ruvector--0.1.0.sql` and `sql/ruvector--2.0.0.sql`: both create the operators
 * `<->`, `<=>` and `<#>` with exactly these functions as their FUNCTION, so operator and function are one. The 2.0 names
 * are the runbook's; it gives none for the inner product. What has no operator (`ruvector_l1_distance` and the hyperbolic
 * ones) stays in the published 2.0.0 and is left alone.
 */
export interface Distance {
  operator: string;
  /** The runbook's name in 2.0.0, where it gives one. */
  name?: string;
}

export const DISTANCES: Readonly<Record<string, Distance>> = {
  ruvector_cosine_distance: { operator: '<=>', name: 'cosine_distance' },
  ruvector_l2_distance: { operator: '<->', name: 'l2_distance' },
  ruvector_inner_product: { operator: '<#>' },
};

/** The vectors' type: what an operand without a type is cast to, so that the operator can be found. */
export const VECTOR_TYPE = 'ruvector';

/** What to write in place of the calls. */
export interface RewriteOptions {
  to: 'operators' | 'functions';
  /**
   * Schemas in which the extension is: a call that is qualified with another one is somebody else's function. Where this is
   * not said, it is `public`, and qualified calls of other schemas are reported.
   */
  schemas?: string[];
  /**
   * What `<#>` returns: `plain`, the inner product itself, as in the published extension (crate 2.0.6, operators.rs:
   * `-inner_product_distance(…)`, itself the negative one), or `negative`, as in pgvector and what is built on it.
   */
  innerProduct: 'plain' | 'negative';
  /** Whether to rewrite strings that are a piece of a statement only, such as `"ORDER BY ruvector_l2_distance(…)"`. */
  fragments: boolean;
}

export const DEFAULT_OPTIONS: RewriteOptions = {
  to: 'operators',
  innerProduct: 'plain',
  fragments: false,
};

const NAMES = Object.keys(DISTANCES).join('|');
/** No boundary before it: in E'\\truvector_l2_distance(…)' there is none. */
const NAME = new RegExp(`(?:${NAMES})\\b`, 'i');
const CALL = new RegExp(`\\b(?:${NAMES})"?\\s*\\(`, 'i');

/** Whether a text has one of the names at all: everything else need not be parsed. */
export const mentions = (text: string): boolean => NAME.test(text);

/** Whether a text has something that looks like a call. */
export const looksLikeCall = (text: string): boolean => CALL.test(text);
