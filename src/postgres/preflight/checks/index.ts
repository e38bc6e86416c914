import { pgbouncer, pgbouncerPools, pgbouncerTimeouts } from '../../../pgbouncer/checks';
import type { Check } from '../check';
import { longTransactions, preparedTransactions } from './activity';
import { authenticationRules, md5Passwords } from './authentication';
import { changedBehaviour } from './changed-behaviour';
import { checksumsAndSegmentSize } from './checksums-and-segment-size';
import { clockSkew } from './clock-skew';
import { dataTypes } from './data-types';
import { databasesConnectable } from './databases-connectable';
import { diskSpace } from './disk-space';
import { expressionIndexFunctions } from './expression-index-functions';
import { extensions } from './extensions';
import { functionBodies } from './function-bodies';
import { grantsOnSystemObjects } from './grants-on-system-objects';
import { inheritanceColumns, unloggedPartitionedTables } from './inheritance';
import { collationVersionDrift, localeAndEncoding } from './locale';
import { logFile } from './log-file';
import { disabledForeignKeyTriggers, invalidIndexes, roleAllSettings } from './lost-objects';
import { staleStatistics, wraparoundAge } from './maintenance';
import { oldClusterClean } from './old-cluster-clean';
import { packages } from './packages';
import { pgUpgradeCheck } from './pg-upgrade-check';
import { portsAndDirectories } from './ports-and-directories';
import { preloadLibraries } from './preload-libraries';
import { recordedStatements } from './recorded-statements';
import { removedSettings } from './removed-settings';
import { replicationSlots } from './replication-slots';
import { reservedNames } from './reserved-names';
import { scratchRestore } from './scratch-restore';
import { serverVersion } from './server-version';
import { serviceManager } from './service';
import { settingValues } from './setting-values';
import { standbyHosts } from './standby-hosts';
import { standbys } from './standbys';
import { subscriptions } from './subscriptions';
import { synchronousReplication } from './synchronous-replication';
import { systemColumnViews } from './system-column-views';
import { tablespaces } from './tablespaces';
import { targetBinaries } from './target-binaries';

/** All of them, in the order of the report: what has to be right first comes first. */
export const CHECKS: readonly Check[] = [
  serverVersion,
  clockSkew,
  packages,
  targetBinaries,
  serviceManager,
  portsAndDirectories,
  logFile,
  oldClusterClean,
  diskSpace,
  databasesConnectable,
  localeAndEncoding,
  collationVersionDrift,
  checksumsAndSegmentSize,
  tablespaces,
  preparedTransactions,
  longTransactions,
  pgbouncer,
  pgbouncerPools,
  pgbouncerTimeouts,
  standbys,
  standbyHosts,
  synchronousReplication,
  replicationSlots,
  subscriptions,
  extensions,
  preloadLibraries,
  removedSettings,
  settingValues,
  roleAllSettings,
  authenticationRules,
  md5Passwords,
  dataTypes,
  systemColumnViews,
  functionBodies,
  recordedStatements,
  expressionIndexFunctions,
  inheritanceColumns,
  unloggedPartitionedTables,
  invalidIndexes,
  disabledForeignKeyTriggers,
  reservedNames,
  grantsOnSystemObjects,
  changedBehaviour,
  wraparoundAge,
  staleStatistics,
  pgUpgradeCheck,
  scratchRestore,
];
