import type { Pool } from 'pg';
import type { HostRegistry } from '../../ports/host-registry.js';
import { ask } from './query.js';
import { iso } from './times.js';

/** After this long without a sign of life a worker counts as gone. */
export const SILENCE = `interval '15 seconds'`;

/**
 * `$1` host id, `$2` boot id, `$3` instance, `$4` uid, `$5` namespace UUID, `$6` instance of a worker that is over. Of
 * two boots that come at once the row of `boots` lets one in. Of two workers that do the same each takes the other's
 * row away: whoever finds his own gone, and another's there, is the one too many.
 */
const CLAIM = `
WITH held AS (
  INSERT INTO signalbox.boots AS boot (host_id, boot_id) VALUES ($1, $2)
  ON CONFLICT (host_id) DO UPDATE SET boot_id = excluded.boot_id, last_seen = now()
    WHERE boot.boot_id = excluded.boot_id OR boot.last_seen < now() - ${SILENCE}
  RETURNING host_id
),
rival AS (
  SELECT host.boot_id, host.last_seen FROM signalbox.hosts AS host
  WHERE host.host_id = $1 AND host.boot_id = $2 AND host.uid = $4::bigint AND host.temporal_namespace_id = $5
    AND host.instance <> $3 AND host.instance IS DISTINCT FROM $6 AND host.last_seen >= now() - ${SILENCE}
    AND NOT EXISTS (
      SELECT FROM signalbox.hosts AS own WHERE own.host_id = $1 AND own.boot_id = $2 AND own.instance = $3
    )
  ORDER BY host.last_seen DESC LIMIT 1
),
serving AS (
  INSERT INTO signalbox.hosts AS host (host_id, boot_id, instance, uid, temporal_namespace_id)
  SELECT host_id, $2, $3, $4::bigint, $5 FROM held WHERE NOT EXISTS (SELECT FROM rival)
  ON CONFLICT (host_id, boot_id, instance) DO UPDATE SET last_seen = now()
),
over AS (
  DELETE FROM signalbox.hosts AS host USING held
  WHERE host.host_id = held.host_id AND host.uid = $4::bigint AND host.temporal_namespace_id = $5
    AND host.instance <> $3 AND NOT EXISTS (SELECT FROM rival)
),
other AS (
  SELECT boot_id, last_seen FROM rival
  UNION ALL SELECT boot_id, last_seen FROM signalbox.boots WHERE host_id = $1 AND NOT EXISTS (SELECT FROM rival)
)
SELECT EXISTS (SELECT FROM held) AND NOT EXISTS (SELECT FROM rival) AS is_ours, other.boot_id,
  ${iso('other.last_seen')} AS last_seen
FROM (VALUES (true)) AS always LEFT JOIN other ON true`;

interface Row {
  readonly is_ours: boolean;
  readonly boot_id: string | null;
  readonly last_seen: string | null;
}

export function makeHostRegistry(pool: Pool): HostRegistry {
  return {
    async claim({ hostId, bootId, instance, uid, temporalNamespaceId }, predecessor) {
      const { rows } = await ask<Row>(pool, 'DATABASE_UNREACHABLE', {
        text: CLAIM,
        values: [hostId, bootId, instance, uid, temporalNamespaceId, predecessor],
      });
      const [row] = rows;
      if (row === undefined || row.is_ours) return { isOurs: true };
      return { isOurs: false, otherBootId: row.boot_id ?? '', otherSeenAt: row.last_seen ?? '' };
    },
  };
}
