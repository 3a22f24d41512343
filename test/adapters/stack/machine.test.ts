import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chooseAccount, databaseAccount } from '../../../src/adapters/stack/account.js';
import { systemFailure } from '../../../src/adapters/stack/failure.js';
import { isRoot } from '../../../src/adapters/stack/layout.js';
import { logTail, trimLog } from '../../../src/adapters/stack/log-file.js';
import { serverEnvironment } from '../../../src/adapters/stack/server-environment.js';

describe('the account of the database', () => {
  const line = (name: string, uid: number) => `${name}:x:${uid}:${uid + 1}::/:/bin/false`;

  test('is the first that the system knows, in our order', () => {
    const passwd = [line('root', 0), line('nobody', 65_534), line('postgres', 104)].join('\n');
    expect(chooseAccount(passwd)).toEqual({ name: 'postgres', uid: 104, gid: 105 });
    expect(chooseAccount(line('nobody', 65_534))).toMatchObject({ name: 'nobody' });
  });

  test('is never one that is root by another name', () => {
    expect(chooseAccount([line('postgres', 0), line('daemon', 2)].join('\n'))).toMatchObject({
      name: 'daemon',
    });
  });

  test('that does not exist is refused with what to do', () => {
    expect(() => chooseAccount(line('root', 0))).toThrow(
      expect.objectContaining({ code: 'STACK_NO_ACCOUNT', message: expect.stringContaining('useradd') }),
    );
  });

  test('is needed by root alone', () => {
    expect(databaseAccount() === null).toBe(!isRoot());
  });
});

describe('what the system refuses', () => {
  test.each([
    ['ENOSPC', 'STACK_DISK_FULL'],
    ['EDQUOT', 'STACK_DISK_FULL'],
    ['EACCES', 'STACK_DIRECTORY_UNUSABLE'],
    ['EROFS', 'STACK_DIRECTORY_UNUSABLE'],
    ['EMFILE', 'STACK_RESOURCES_EXHAUSTED'],
    ['EAGAIN', 'STACK_RESOURCES_EXHAUSTED'],
  ])('%s becomes %s, with a sentence that says what to do', (errno, code) => {
    const failure = systemFailure('/home/me', Object.assign(new Error(errno), { code: errno }));
    expect(failure?.code).toBe(code);
    expect(failure?.message).toMatch(/\. \w.*\.$/);
  });

  test('says nothing about the machine when it is about something else', () => {
    expect(systemFailure('/home/me', Object.assign(new Error('x'), { code: 'ECONNRESET' }))).toBeNull();
  });
});

describe('a log', () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'signalbox-log-'));
    file = join(directory, 'part.log');
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  test('is left alone while it is small', () => {
    writeFileSync(file, 'a line\n');
    trimLog(file);
    trimLog(join(directory, 'none.log'));
    expect(readFileSync(file, 'utf8')).toBe('a line\n');
    expect(existsSync(`${file}.old`)).toBe(false);
  });

  test('that has grown is moved aside, and its writer goes on at the beginning', () => {
    const writer = openSync(file, 'a');
    writeSync(writer, 'x'.repeat(9 * 1024 * 1024));
    trimLog(file);
    writeSync(writer, 'after\n');
    closeSync(writer);
    expect(readFileSync(file, 'utf8')).toBe('after\n');
    expect(statSync(`${file}.old`).size).toBe(9 * 1024 * 1024);
  });

  test('shows its last lines since an offset, and a bounded part of them', () => {
    writeFileSync(file, 'old\n');
    appendFileSync(file, Array.from({ length: 5000 }, (_, line) => `line ${line}\n`).join(''));
    const tail = logTail(file, 4);
    expect(tail).toHaveLength(12);
    expect(tail.at(-1)).toBe('line 4999');
    writeFileSync(file, 'old\nnew\n');
    expect(logTail(file, 4)).toEqual(['new']);
    expect(logTail(join(directory, 'none.log'), 0)).toEqual([]);
  });
});

test('servers get nothing of a person’s environment that changes what they do', () => {
  const environment = { PATH: '/bin', HOME: '/home/me', PGPORT: '1', TEMPORAL_ADDRESS: 'x', TZ: undefined };
  expect(serverEnvironment(environment)).toEqual({ PATH: '/bin', HOME: '/home/me', LC_ALL: 'C' });
});
