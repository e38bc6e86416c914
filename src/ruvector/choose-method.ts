import type { IndexMethod, VectorIndex } from './vector-index';

/** How an index will be built on the new version; or why that can't be told. */
export type Choice = { method: string; operatorClass: string } | { problem: string };

/**
 * The way of indexing on the new version that stands for an index's way on the old one: the operator class of the same
 * name, else the one for the same operator; of several access methods the one of the same name, else the one whose name
 * holds the old name or is held by it (`hnsw`, `ruhnsw`), else the only one. Pure.
 * @param wanted what the operator has said, by field.
 */
export function chooseMethod(
  index: Pick<VectorIndex, 'method' | 'operatorClass' | 'operator'>,
  offered: readonly IndexMethod[],
  wanted: { method?: string; operatorClass?: string } = {},
): Choice {
  const fits = (each: IndexMethod) =>
    (wanted.method === undefined || each.method === wanted.method) &&
    (wanted.operatorClass === undefined || each.operatorClass === wanted.operatorClass);
  const possible = offered.filter(fits);
  const named = possible.filter((each) => each.operatorClass === (wanted.operatorClass ?? index.operatorClass));
  const classes = named.length > 0 ? named : possible.filter((each) => each.operator === index.operator);
  const chosen = onlyMethod(index.method, classes);
  if (chosen) return { method: chosen.method, operatorClass: chosen.operatorClass };
  const list = offered.map(({ method, operatorClass }) => `${method} (${operatorClass})`).join(', ') || 'none';
  return {
    problem:
      classes.length === 0
        ? `nothing offered stands for access method ${index.method} with ${index.operatorClass} (${index.operator}). Offered: ${list}`
        : `more than one access method could stand for ${index.method}: name one as "method". Offered: ${list}`,
  };
}

function onlyMethod(old: string, classes: IndexMethod[]): IndexMethod | undefined {
  const alike = (test: (method: string) => boolean) => classes.filter(({ method }) => test(method));
  const candidates = [
    alike((method) => method === old),
    alike((method) => method.includes(old) || old.includes(method)),
    classes,
  ];
  const first = candidates.find((each) => each.length > 0) ?? [];
  return new Set(first.map(({ method }) => method)).size === 1 ? first[0] : undefined;
}
