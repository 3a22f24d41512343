import type { Logger } from '../../src/ports/logger.js';

const nothing = (): void => undefined;

export const silentLogger: Logger = { info: nothing, warn: nothing, error: nothing };
