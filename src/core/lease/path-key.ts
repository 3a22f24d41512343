import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { HostId, PathKey, WorkingPath } from '../ids.js';

/**
 * The key under which a run holds the lease on its working path.
 *
 * Frozen: a change would let two versions of the product admit two runs on one path.
 * @param hostId identity of the machine that owns the path
 * @param workingPath absolute, symlinks resolved, no trailing slash
 * @returns the first 128 bits of SHA-256 over the UTF-8 text `hostId \0 workingPath`, in lowercase hex
 */
export function pathKey(hostId: HostId, workingPath: WorkingPath): PathKey {
  return bytesToHex(sha256(utf8ToBytes(`${hostId}\0${workingPath}`))).slice(0, 32) as PathKey;
}
