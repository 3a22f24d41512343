// node sampler.mjs FILE PREFIX: until SIGTERM, looks every 20 ms for processes that belong to a run, by their
// environment or by an argument --run=ID, of runs or programs below PREFIX. Appends one line of JSON for each
// that is gone: {run, pid, from, to, command}, in milliseconds of CLOCK_MONOTONIC, first and last sample.
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';

const [file, prefix] = process.argv.slice(2);
const EVERY_MS = 20;
/** A process that has shown no marker for so long is looked at less often: it will hardly execute another program. */
const YOUNG_MS = 2000;
const LOOK_AGAIN_MS = 500;

const now = () => Number(process.hrtime.bigint()) / 1e6;

/** By pid: processes of runs, and when a process of nobody's was first seen and last looked at. */
const ofRuns = new Map();
const others = new Map();

function read(pid, what) {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8');
  } catch {
    return '';
  }
}

/** The run of a living process; a zombie has neither environment nor arguments. */
function runOf(pid) {
  const environment = read(pid, 'environ');
  const marked = /(?:^|\0)SIGNALBOX_RUN_ID=([^\0]+)/.exec(environment)?.[1];
  if (marked !== undefined && environment.includes(prefix)) return marked;
  return /(?:^|\0)--run=([^\0]+)/.exec(read(pid, 'cmdline'))?.[1] ?? null;
}

function note({ run, pid, from, to, command }) {
  appendFileSync(file, `${JSON.stringify({ run, pid, from, to, command })}\n`);
}

function isDue(pid, at) {
  const other = others.get(pid);
  return other === undefined || at - other.from < YOUNG_MS || at - other.looked >= LOOK_AGAIN_MS;
}

function forget(pid) {
  const known = ofRuns.get(pid);
  if (known !== undefined) note(known);
  ofRuns.delete(pid);
}

function look(pid, at) {
  const run = runOf(pid);
  const known = ofRuns.get(pid);
  if (known?.run === run) known.to = now();
  else forget(pid);
  if (run === null) {
    others.set(pid, { from: others.get(pid)?.from ?? at, looked: at });
    return;
  }
  others.delete(pid);
  if (ofRuns.has(pid)) return;
  const command = read(pid, 'cmdline').replaceAll('\0', ' ').trim().slice(0, 200);
  ofRuns.set(pid, { run, pid, from: now(), to: now(), command });
}

function sample() {
  const at = now();
  const living = new Set(readdirSync('/proc').map(Number).filter(Number.isInteger));
  living.delete(process.pid);
  for (const pid of living) if (isDue(pid, at)) look(pid, at);
  for (const pid of ofRuns.keys()) if (!living.has(pid)) forget(pid);
  for (const pid of others.keys()) if (!living.has(pid)) others.delete(pid);
}

process.on('SIGTERM', () => {
  sample();
  for (const known of ofRuns.values()) note(known);
  process.exit(0);
});
setInterval(sample, EVERY_MS);
