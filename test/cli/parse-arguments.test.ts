import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/cli/parse-arguments.js';

describe('a command line that is not understood', () => {
  it.each([
    [['get'], "missing required argument 'run'; signalbox help get tells what there is"],
    [['abandon'], "missing required argument 'run'; signalbox help cancel tells what there is"],
    [['workflow', 'get'], "missing required argument 'run'; signalbox help workflow tells what there is"],
    [['qwertz'], "unknown command 'qwertz'; signalbox help tells what there is"],
    [['rnu'], "unknown command 'rnu'; did you mean run?"],
  ])('%j is told where to read more', (argv, message) => {
    expect(() => parseArguments(argv, '1.2.3')).toThrow(expect.objectContaining({ code: 'USAGE', message }));
  });
});
