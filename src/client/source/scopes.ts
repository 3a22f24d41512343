import { join } from 'node:path';

/** Where a file was found: in the project, with its user, or shipped with signalbox. */
export type Scope = 'project' | 'global' | 'bundled';

/** Where workflows, commands and scripts are looked for. */
export interface Scopes {
  /** The working path: `<root>/.archon`. */
  readonly root: string;
  /** `$ARCHON_HOME`. */
  readonly archonHome: string;
  /** Folder of what is shipped; absent: nothing is. */
  readonly bundled?: string;
}

/** What lies below a scope's folder. */
type Kind = 'workflows' | 'commands' | 'scripts';

/** The folder of one kind in each scope, from the strongest to the weakest. */
export function scopeFolders(
  { root, archonHome, bundled }: Scopes,
  kind: Kind,
): readonly { readonly scope: Scope; readonly folder: string }[] {
  return [
    { scope: 'project', folder: join(root, '.archon', kind) },
    { scope: 'global', folder: join(archonHome, kind) },
    ...(bundled === undefined ? [] : [{ scope: 'bundled' as const, folder: join(bundled, kind) }]),
  ];
}
