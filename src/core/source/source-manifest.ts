import { isJsonObject, type Json } from '../json.js';

/** One file of a captured source. */
export interface SourceFile {
  /** Where it lies in the run's copy: `project/scripts/report.ts`. */
  readonly path: string;
  /** Of its text in the text store, lowercase hex. */
  readonly sha256: string;
  /** `base64`: the file is no UTF-8, and its text is it in that encoding. */
  readonly encoding: 'utf8' | 'base64';
  readonly isExecutable: boolean;
}

/** Names the files that a run takes along: the text of a manifest, by digest. */
export interface CapturedSource {
  /** Of the manifest's text, lowercase hex. */
  readonly sha256: string;
  readonly fileCount: number;
  readonly byteCount: number;
}

/** The files of a captured source as one text; equal files give an equal text. */
export function manifestText(files: readonly SourceFile[]): string {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return JSON.stringify({ version: 1, files: sorted });
}

/** @returns null when it is no manifest, or names a place outside of the copy */
export function parseManifest(text: string): readonly SourceFile[] | null {
  const value = parsed(text);
  if (!isJsonObject(value) || value['version'] !== 1 || !Array.isArray(value['files'])) return null;
  const files: readonly unknown[] = value['files'];
  return files.every(isSourceFile) ? files : null;
}

export function isCapturedSource(value: unknown): value is CapturedSource {
  return (
    isJsonObject(value) &&
    isDigest(value['sha256']) &&
    [value['fileCount'], value['byteCount']].every((count) => Number.isSafeInteger(count))
  );
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

function isSourceFile(value: unknown): value is SourceFile {
  return (
    isJsonObject(value) &&
    isInside(value['path']) &&
    isDigest(value['sha256']) &&
    (value['encoding'] === 'utf8' || value['encoding'] === 'base64') &&
    typeof value['isExecutable'] === 'boolean'
  );
}

const isDigest = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

const isInside = (value: unknown): boolean =>
  typeof value === 'string' &&
  value.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
