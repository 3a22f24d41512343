import type { StackEndpoints } from '../../ports/stack.js';
import type { StackOptions } from './options.js';
import type { StackSettings } from './stack-state.js';

/** The settings that decide what a stack is, out of all options. */
export function settingsOf(options: StackOptions): StackSettings {
  return {
    temporalAddress: options.temporalAddress ?? null,
    temporalNamespace: options.temporalNamespace,
    databaseUrl: options.databaseUrl ?? null,
  };
}

export function sameSettings(one: StackSettings, other: StackSettings): boolean {
  return (
    one.temporalAddress === other.temporalAddress &&
    one.temporalNamespace === other.temporalNamespace &&
    one.databaseUrl === other.databaseUrl
  );
}

/** Someone else's half as it was given, ours as it was started. */
export function endpointsOf(
  settings: StackSettings,
  own: { readonly temporalPort: number; readonly temporalUiPort: number; readonly databaseUrl: string },
): StackEndpoints {
  const { temporalAddress, temporalNamespace: namespace, databaseUrl } = settings;
  return {
    temporal:
      temporalAddress === null
        ? {
            address: `127.0.0.1:${own.temporalPort}`,
            namespace,
            uiUrl: `http://127.0.0.1:${own.temporalUiPort}`,
            embedded: true,
          }
        : { address: temporalAddress, namespace, uiUrl: null, embedded: false },
    database:
      databaseUrl === null ? { url: own.databaseUrl, embedded: true } : { url: databaseUrl, embedded: false },
  };
}

/** The endpoints when both halves are someone else's, so that there is no stack of ours; else null. */
export function foreignEndpoints(settings: StackSettings): StackEndpoints | null {
  if (settings.temporalAddress === null || settings.databaseUrl === null) return null;
  return endpointsOf(settings, { temporalPort: 0, temporalUiPort: 0, databaseUrl: '' });
}
