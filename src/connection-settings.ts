import { loadClientConnectConfig } from '@temporalio/envconfig';

/** Temporal's settings can't be read; the message says what to look at. */
export class SettingsUnreadable extends Error {
  override name = 'SettingsUnreadable';
}

/**
 * How to connect, the Temporal way: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS…, or a profile of
 * the configuration file.
 * @throws SettingsUnreadable
 */
export function connectionSettings(profile?: string): ReturnType<typeof loadClientConnectConfig> {
  try {
    return loadClientConnectConfig({ profile });
  } catch (error) {
    const what = profile === undefined ? 'the Temporal settings' : `the Temporal profile "${profile}"`;
    throw new SettingsUnreadable(
      `Can't read ${what}: ${(error as Error).message}. Look at TEMPORAL_CONFIG_FILE and TEMPORAL_PROFILE ` +
        '(a file without any profile is refused), or list the profiles with `temporal config list`.',
      { cause: error },
    );
  }
}
