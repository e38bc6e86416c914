import type { RewriteOptions } from '../../ruvector/rewrite/names';

/** Options of `rewrite-sql`. */
export interface RewriteSqlOptions {
  write?: boolean;
  check?: boolean;
  to: RewriteOptions['to'];
  schema?: string[];
  innerProduct: RewriteOptions['innerProduct'];
  fragments: boolean;
  cluster?: string;
  database?: string;
}

/** What of them shapes the text. */
export function rewriteOptions({ to, schema, innerProduct, fragments }: RewriteSqlOptions): RewriteOptions {
  return { to, innerProduct, fragments, ...(schema && { schemas: schema }) };
}
