import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { caseOf, decodeCase, encodeCase } from './kind.js';
import { KINDS } from './kinds.js';
import { tryCase } from './try-case.js';

/** A case that takes longer hangs: by the processor's time, since a busy host lets it wait. */
const HANG_S = 5;
/** And one that waits for something that never comes. */
const STUCK_MS = 60_000;
const LOOK_MS = 500;
const MOST_MEMORY_MB = 700;
const HEAP_MB = 400;
/** More of a kind say nothing new. */
const MOST_FINDINGS = 50;
const TICKS = 100;
const SHARED_MEMORY = '/dev/shm';

const worker = fileURLToPath(new URL('worker.js', import.meta.url));

interface Outcome {
  readonly kind: string;
  tried: number;
  findings: number;
  memory_mb: number;
  slowest_s: number;
}

const statOf = (pid: number): { readonly cpu_s: number; readonly memory_mb: number } => {
  const cells = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    cpu_s: (Number(cells[11]) + Number(cells[12])) / TICKS,
    memory_mb: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024,
  };
};

const { values } = parseArgs({
  options: {
    kind: { type: 'string', multiple: true },
    seed: { type: 'string', default: String(Math.floor(Date.now() / 1000) % 1_000_000) },
    first: { type: 'string', default: '0' },
    count: { type: 'string', default: '0' },
    time: { type: 'string', default: '60' },
    out: { type: 'string', default: 'build/fuzz-found' },
    input: { type: 'string' },
  },
});

const seed = Number(values.seed);
const kinds = values.kind ?? Object.keys(KINDS);

const replay = async (path: string): Promise<boolean> => {
  const kind = await KINDS[kinds[0] ?? '']?.();
  const found = kind === undefined ? 'no such kind' : await tryCase(kind, decodeCase(readFileSync(path)));
  process.stdout.write(`${found ?? 'nothing found'}\n`);
  await kind?.close?.();
  return found === null;
};

const save = async (name: string, number: number, found: string): Promise<void> => {
  const kind = await KINDS[name]?.();
  if (kind === undefined) return;
  const path = join(values.out, `${name}-${seed}-${number}`);
  mkdirSync(values.out, { recursive: true });
  writeFileSync(path, encodeCase(caseOf(await kind.corpus(), seed, number, kind.make)));
  process.stdout.write(
    `${name}, seed ${seed}, case ${number}: ${path}\n  ${found.split('\n').join('\n  ')}\n`,
  );
};

/** Of every kind something is tried, however long a busy host takes to begin. */
const isOver = (until_ms: number, { tried }: Outcome): boolean => tried > 0 && Date.now() >= until_ms;

/** One worker, until it is done or dies. @returns the number of the case to go on with. */
const watch = (
  name: string,
  first: number,
  last: number,
  until_ms: number,
  outcome: Outcome,
): Promise<number> =>
  new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [`--max-old-space-size=${HEAP_MB}`, worker, name, String(seed), String(first)],
      {
        stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
        // Files are made and taken away by the thousand: in memory, where the system has such a folder.
        env: { ...process.env, ...(existsSync(SHARED_MEMORY) ? { TMPDIR: SHARED_MEMORY } : {}) },
      },
    );
    let [number, since_ms, since_cpu] = [first, Date.now(), 0];
    let fate: string | null = null;
    let errors = '';
    const saving: Promise<void>[] = [];
    const found = (what: string): void => {
      outcome.findings += 1;
      saving.push(save(name, number, what));
    };
    child.stderr?.on('data', (data: Buffer) => (errors = (errors + data.toString()).slice(-4000)));
    createInterface(child.stdio[3] as NodeJS.ReadableStream).on('line', (line) => {
      const [which = '', what] = /^(\d+)(?: (.*))?$/.exec(line)?.slice(1) ?? [];
      number = Number(which);
      if (what !== undefined) return found(JSON.parse(what) as string);
      outcome.tried = Math.max(outcome.tried, number - Number(values.first));
      since_ms = Date.now();
      since_cpu = -1;
      if (
        (number >= last || isOver(until_ms, outcome) || outcome.findings >= MOST_FINDINGS) &&
        fate === null
      ) {
        fate = 'done';
        child.kill('SIGTERM');
      }
    });
    const look = setInterval(() => {
      try {
        const { cpu_s, memory_mb } = statOf(child.pid as number);
        outcome.memory_mb = Math.max(outcome.memory_mb, memory_mb);
        if (since_cpu < 0) since_cpu = cpu_s;
        outcome.slowest_s = Math.max(outcome.slowest_s, cpu_s - since_cpu);
        if (memory_mb > MOST_MEMORY_MB) fate ??= `${memory_mb.toFixed(0)} MB`;
        else if (cpu_s - since_cpu > HANG_S) fate ??= `no end within ${HANG_S} s of the processor's time`;
        else if (Date.now() - since_ms > STUCK_MS) fate ??= `no end within ${STUCK_MS / 1000} s`;
        if (fate !== null && (fate !== 'done' || Date.now() - since_ms > STUCK_MS)) child.kill('SIGKILL');
      } catch {
        // It ended in this very moment.
      }
    }, LOOK_MS);
    child.on('close', () => {
      clearInterval(look);
      if (fate !== 'done') found(fate ?? `its process ended: ${errors}`);
      void Promise.all(saving).then(() => resolve(number + (fate === 'done' ? 0 : 1)));
    });
  });

const run = async (name: string, time_ms: number): Promise<Outcome> => {
  const outcome: Outcome = { kind: name, tried: 0, findings: 0, memory_mb: 0, slowest_s: 0 };
  const until_ms = Date.now() + time_ms;
  const last = values.count === '0' ? Infinity : Number(values.first) + Number(values.count);
  for (
    let at = Number(values.first);
    at < last && !isOver(until_ms, outcome) && outcome.findings < MOST_FINDINGS;
  )
    at = await watch(name, at, last, until_ms, outcome);
  return outcome;
};

const fuzz = async (): Promise<boolean> => {
  process.stdout.write(`seed ${seed}\n`);
  let findings = 0;
  for (const name of kinds) {
    const outcome = await run(name, (Number(values.time) * 1000) / kinds.length);
    findings += outcome.findings;
    const { tried, memory_mb, slowest_s } = outcome;
    process.stdout.write(
      `${name.padEnd(10)} ${String(tried).padStart(7)} cases, ${outcome.findings} findings, ` +
        `at most ${memory_mb.toFixed(0)} MB, the slowest ${slowest_s.toFixed(1)} s\n`,
    );
  }
  return findings === 0;
};

const unknown = kinds.find((name) => KINDS[name] === undefined);
if (unknown !== undefined) {
  process.stderr.write(`no kind ${unknown}: ${Object.keys(KINDS).join(', ')}\n`);
  process.exitCode = 64;
} else {
  const well = values.input === undefined ? await fuzz() : await replay(values.input);
  process.exitCode = well ? 0 : 1;
}
