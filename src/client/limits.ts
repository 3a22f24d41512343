import { RunError } from '../core/errors.js';
import { inputVariable } from '../core/expression/reference.js';

/** What Linux allows one environment entry, name and final NUL included. */
const ENVIRONMENT_ENTRY_BYTES = 128 * 1024;
const LONGEST_MESSAGE_VARIABLE = 'USER_MESSAGE';

const fits = (name: string, value: string): boolean =>
  Buffer.byteLength(name) + 1 + Buffer.byteLength(value) + 1 <= ENVIRONMENT_ENTRY_BYTES;

/** Why nodes could not be given a message, each continuing "the message"; empty: they can. */
export function messageFaults(message: unknown): readonly string[] {
  if (typeof message !== 'string') return ['is no text; give a string'];
  if (message.includes('\0')) return ['has a NUL byte, which no program can be given; remove it'];
  if (fits(LONGEST_MESSAGE_VARIABLE, message)) return [];
  const bytes = Buffer.byteLength(message);
  return [
    `has ${bytes} bytes, and nodes can be given no more than 128 KiB; put it into a file and name the file`,
  ];
}

/** @throws RunError `MESSAGE_INVALID` when nodes could not be given it */
export function checkMessage(message: unknown): void {
  const [fault] = messageFaults(message);
  if (fault !== undefined) throw new RunError('MESSAGE_INVALID', `the message ${fault}`);
}

/** Why nodes could not be given an input; empty: they can. */
export function checkInputValue(name: string, value: unknown): string[] {
  if (typeof value !== 'string')
    return [`input ${name} is no text; give a string, of lists and maps their JSON`];
  if (value.includes('\0')) return [`input ${name} has a NUL byte, which no program can be given`];
  if (!fits(inputVariable(name), value)) {
    return [
      `input ${name} has ${Buffer.byteLength(value)} bytes, and nodes can be given no more than 128 KiB`,
    ];
  }
  return [];
}
