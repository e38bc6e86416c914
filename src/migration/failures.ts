/** Failure types that callers and retry policies refer to. Stable: histories and scripts hold them. */
export const FAILURE = {
  /** The input names something that does not exist or can't be done. Nothing was touched. */
  invalidInput: 'InvalidInput',
  /** Installing the target's packages would touch the running server, or packages are not to be had. Nothing was touched. */
  packagesRefused: 'PackagesRefused',
  /** The pre-flight found blockers. Nothing was touched. */
  preflight: 'PreflightBlocked',
  /** The rehearsal on a clone failed. The real cluster was not touched. */
  rehearsal: 'RehearsalFailed',
  /** Clients could not be held back within the deadline, or at all. The old server was not stopped. */
  clientsNotDrained: 'ClientsNotDrained',
  /** The outage failed and the old server serves again. */
  outageRolledBack: 'OutageRolledBack',
  /** A conversion of vectors was refused by PostgreSQL, which put everything back. */
  conversionRefused: 'ConversionRefused',
  /** Vectors, neighbours or indexes were not the same afterwards, and the old version is back. */
  vectorsDiffer: 'VectorsDiffer',
  /** No server runs; the compensation restores the old one. */
  serviceDown: 'ServiceDown',
  /** A rollback would lose something that the operator has not named. Nothing was touched. */
  lossNotAccepted: 'LossNotAccepted',
  /** A compensation did not succeed. A person has to look; the message says where. */
  rollbackIncomplete: 'RollbackIncomplete',
} as const;
