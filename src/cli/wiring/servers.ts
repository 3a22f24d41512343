import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';

/** Connections to the servers that commands speak with. */
export interface Servers {
  readonly temporal: Client;
  /** For messages. */
  readonly temporalAddress: string;
  readonly database: Pool;
}
