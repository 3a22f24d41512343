import type { Pool } from 'pg';
import type { HostRegistry } from '../../ports/host-registry.js';
import { ask } from './query.js';
import { iso } from './times.js';

/** After this long without a sign of life a worker counts as gone. */
export const SILENCE = `interval '15 seconds'`;

/**
 * `$1` host id, `$2` boot id, `$3` instance, `$4` uid, `$5` namespace UUID. Of two boots that come at once the
 * row of `boots` lets one in. Earlier workers of the same user and namespace are over: they shared our lock.
 */
const CLAIM = `
WITH held AS (
  INSERT INTO signalbox.boots AS boot (host_id, boot_id) VALUES ($1, $2)
  ON CONFLICT (host_id) DO UPDATE SET boot_id = excluded.boot_id, last_seen = now()
    WHERE boot.boot_id = excluded.boot_id OR boot.last_seen < now() - ${SILENCE}
  RETURNING host_id
),
serving AS (
  INSERT INTO signalbox.hosts AS host (host_id, boot_id, instance, uid, temporal_namespace_id)
  SELECT host_id, $2, $3, $4::bigint, $5 FROM held
  ON CONFLICT (host_id, boot_id, instance) DO UPDATE SET last_seen = now()
),
over AS (
  DELETE FROM signalbox.hosts AS host USING held
  WHERE host.host_id = held.host_id AND host.uid = $4::bigint AND host.temporal_namespace_id = $5
    AND host.instance <> $3
)
SELECT EXISTS (SELECT FROM held) AS is_ours, boot.boot_id, ${iso('boot.last_seen')} AS last_seen
FROM (VALUES (true)) AS always LEFT JOIN signalbox.boots AS boot ON boot.host_id = $1`;

interface Row {
  readonly is_ours: boolean;
  readonly boot_id: string | null;
  readonly last_seen: string | null;
}

export function makeHostRegistry(pool: Pool): HostRegistry {
  return {
    async claim({ hostId, bootId, instance, uid, temporalNamespaceId }) {
      const { rows } = await ask<Row>(pool, 'DATABASE_UNREACHABLE', {
        text: CLAIM,
        values: [hostId, bootId, instance, uid, temporalNamespaceId],
      });
      const [row] = rows;
      if (row === undefined || row.is_ours) return { isOurs: true };
      return { isOurs: false, otherBootId: row.boot_id ?? '', otherSeenAt: row.last_seen ?? '' };
    },
  };
}
