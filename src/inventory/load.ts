import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { inventorySchema, type Inventory } from './schema';

/** The inventory can't be used. The message names the file, the place in it and what is expected there. */
export class InventoryError extends Error {
  override name = 'InventoryError';
}

/**
 * Reads and checks the inventory.
 * @throws InventoryError when the file can't be read, is not YAML, or does not fit the schema.
 */
export function loadInventory(file: string): Inventory {
  const document = parseDocument(read(file), { lineCounter: new LineCounter() });
  if (document.errors.length > 0) {
    throw new InventoryError(`${file} is not valid YAML: ${document.errors[0].message}`);
  }
  const parsed = inventorySchema.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .flatMap(told)
    .map(({ path, message }) => `  ${path.join('.') || '(top)'}: ${message}`);
  throw new InventoryError(`${file} does not fit the inventory's form:\n${problems.join('\n')}`);
}

interface Problem {
  path: PropertyKey[];
  message: string;
}

/** Of a choice of forms, the problems of the one that came furthest: it is the one that was meant. */
function told(issue: z.core.$ZodIssue): Problem[] {
  if (issue.code !== 'invalid_union') return [issue];
  const forms = issue.errors.map((form) => form.flatMap(told));
  const depth = (form: Problem[]) => Math.max(0, ...form.map(({ path }) => path.length));
  const furthest = forms.reduce((one, other) => (depth(other) > depth(one) ? other : one), []);
  if (depth(furthest) === 0)
    return [
      {
        path: issue.path,
        message: forms
          .flat()
          .map(({ message }) => message)
          .join(', or '),
      },
    ];
  return furthest.map(({ path, message }) => ({ path: [...issue.path, ...path], message }));
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InventoryError(
      `The inventory ${file} can't be read (${(error as Error).message}). ` +
        'Name it with PGPASSAGE_INVENTORY; examples/inventory.yaml shows its form.',
    );
  }
}
