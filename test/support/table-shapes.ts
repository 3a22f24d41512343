import type { Pool } from 'pg';

const SHAPES = {
  columns: `
    SELECT table_name, ordinal_position, column_name, data_type, character_maximum_length, is_nullable, column_default
    FROM information_schema.columns WHERE table_name = ANY ($1) ORDER BY 1, 2`,
  constraints: `
    SELECT conrelid::regclass::text AS table_name, conname, contype, pg_get_constraintdef(oid) AS definition
    FROM pg_constraint WHERE conrelid::regclass::text = ANY ($1) ORDER BY 1, 2`,
  indexes: `SELECT tablename, indexname, indexdef FROM pg_indexes WHERE tablename = ANY ($1) ORDER BY 1, 2`,
  triggers: `
    SELECT tgrelid::regclass::text AS table_name, pg_get_triggerdef(oid) AS definition
    FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text = ANY ($1) ORDER BY 1, 2`,
};

/** Everything that makes the shape of tables: columns, keys, checks, indexes, triggers. */
export async function shapesOf(pool: Pool, tables: readonly string[]): Promise<Record<string, unknown[]>> {
  const shapes: Record<string, unknown[]> = {};
  for (const [aspect, query] of Object.entries(SHAPES)) {
    shapes[aspect] = (await pool.query<Record<string, unknown>>(query, [tables])).rows;
  }
  return shapes;
}

export async function archonTables(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_name LIKE 'remote\\_agent\\_%' ORDER BY 1`,
  );
  return rows.map((row) => row.name);
}
