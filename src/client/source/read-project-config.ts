import { join } from 'node:path';
import type { Issue } from '../../core/definition/issue.js';
import { mergeConfigs, type ProjectConfig } from '../../core/project-config/project-config.js';
import {
  readConfigFile,
  type ConfigReading,
  type ConfigScope,
} from '../../core/project-config/read-config.js';
import { unreadableIssue } from './file-issue.js';
import { readRegularFile } from './folder-entries.js';
import type { Scopes } from './scopes.js';

/** What the config files say, or what is wrong with them. */
export type ProjectConfigReading =
  | { readonly kind: 'read'; readonly config: ProjectConfig; readonly warnings: readonly Issue[] }
  /** Nothing is started: a key that does not count might be the one that matters. */
  | { readonly kind: 'refused'; readonly issues: readonly Issue[] };

/** What is said where there are no files. */
export const DEFAULT_CONFIG: ProjectConfig = mergeConfigs([]);

/** Reads `$ARCHON_HOME/config.yaml` and `<root>/.archon/config.yaml`; one that is missing says nothing. */
export async function readProjectConfig({ archonHome, root }: Scopes): Promise<ProjectConfigReading> {
  const readings = await Promise.all([
    readScope(join(archonHome, 'config.yaml'), 'global'),
    readScope(join(root, '.archon', 'config.yaml'), 'project'),
  ]);
  const issues = readings.flatMap((reading) =>
    reading.kind === 'refused' ? reading.issues : reading.warnings,
  );
  const values = readings.flatMap((reading) => (reading.kind === 'read' ? [reading.values] : []));
  return values.length < readings.length
    ? { kind: 'refused', issues }
    : { kind: 'read', config: mergeConfigs(values), warnings: issues };
}

async function readScope(file: string, scope: ConfigScope): Promise<ConfigReading> {
  const reading = await readRegularFile(file);
  switch (reading.kind) {
    case 'read':
      return readConfigFile({ file, text: reading.bytes }, scope);
    case 'missing':
      return { kind: 'read', values: {}, warnings: [] };
    case 'unreadable':
      return { kind: 'refused', issues: [unreadableIssue(file, reading.reason)] };
  }
}
