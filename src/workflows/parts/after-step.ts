/** A step after the outage. Its name is enough to find it again: one that failed is tried again at the gate, by a later run too. */
export interface AfterStep {
  name: string;
  work: () => Promise<unknown>;
  tell?: (result: unknown) => string;
}

/** Makes a step; `tell` says of what `work` returned what a person wants to know. */
export function afterStep<T>(name: string, work: () => Promise<T>, tell?: (result: T) => string): AfterStep {
  return { name, work, tell: tell as AfterStep['tell'] };
}
