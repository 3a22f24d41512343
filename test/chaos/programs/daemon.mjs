// node daemon.mjs PROGRAM ARGUMENTS...: leaves the program behind, detached.
import { spawn } from 'node:child_process';

const [program, ...args] = process.argv.slice(2);
spawn(program, args, { detached: true, stdio: 'inherit' }).unref();
