export { checkTables } from './check-tables.js';
export { makeHostRegistry } from './host-registry.js';
export { migrate } from './migrate.js';
export { makePool } from './pool.js';
export { requireTables } from './require-tables.js';
export { makeRunReader } from './run-reader.js';
export { makeRunTable } from './run-table.js';
export { makeTextStore } from './text-store.js';
