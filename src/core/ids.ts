declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** UUID of one run: primary key of its row, what people type a prefix of. */
export type RunId = Branded<'RunId'>;
/** Name of a node, unique in its definition. */
export type NodeId = Branded<'NodeId'>;
/** Identity of the machine that owns a working path: `SIGNALBOX_HOST_ID`, else its machine id. */
export type HostId = Branded<'HostId'>;
/** Absolute path of a directory, symlinks resolved by the machine that owns it, no trailing slash. */
export type WorkingPath = Branded<'WorkingPath'>;
/** 32 lowercase hex characters made of host and working path (`core/lease/path-key`). */
export type PathKey = Branded<'PathKey'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Canonical lower-case UUID text. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

export function isRunId(text: string): text is RunId {
  return isUuid(text);
}

/** What people are shown of a run id: its first eight characters. */
export function shortRunId(runId: string): string {
  return runId.slice(0, 8);
}
