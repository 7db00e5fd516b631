// What the measurements of a whole gateway share: a gateway over the ledger that hot_paths.sh has made in
// a folder, and wrk that posts that folder's notifications.
import { spawn } from 'node:child_process';
import { closeSync, copyFileSync, fsyncSync, openSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';

const scripts = join(dirname(fileURLToPath(import.meta.url)), 'wrk');

export const number = (name, otherwise) => Number(process.env[name] ?? otherwise);
export const rounds = number('TOLLGATE_BENCH_ROUNDS', 5);
export const seconds = number('TOLLGATE_BENCH_SECONDS', 5);
export const connections = number('TOLLGATE_BENCH_CONNECTIONS', 64);
export const median = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

export const PORT = 18600;
const READY = 'http://127.0.0.1:18602/readyz';

// A copy that is on the disk: else the first sync of what is measured waits until all of it is.
export function copy_ledger(from, to) {
    copyFileSync(from, to);
    const file = openSync(to, 'r+');
    fsyncSync(file);
    closeSync(file);
}

export class Gateway {
    // Over a fresh copy of the ledger.
    static async start(folder) {
        for (const end of ['', '-wal', '-shm']) rmSync(join(folder, `ours.db${end}`), { force: true });
        copy_ledger(join(folder, 'ours.full.db'), join(folder, 'ours.db'));
        return Gateway.again(folder);
    }

    // Over the ledger as the last one left it.
    static async again(folder) {
        const one = new Gateway();
        const begun = performance.now();
        one.process = spawn(process.env.TOLLGATE_BINARY, ['serve', '--config', 'ours.json'],
            { stdio: 'ignore', cwd: folder });
        while (!await fetch(READY).then(answer => answer.ok, () => false)) {
            if (one.process.exitCode !== null) throw new Error('the gateway has ended');
            await pause(2);
        }
        one.ready_ms = performance.now() - begun;
        return one;
    }

    resident_mib() {
        const status = readFileSync(`/proc/${this.process.pid}/status`, 'utf8');
        return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 102.4) / 10;
    }

    async stop() {
        const gone = once(this.process, 'exit');
        this.process.kill('SIGTERM');
        await gone;
    }
}

// Posts a file of notifications, from its beginning, over and over; each connection rests so long
// between two. wrk's figures.
export async function callbacks(file, { rest_ms, during = seconds } = {}) {
    const wrk = spawn('wrk', ['-t1', `-c${connections}`, `-d${during}s`, '-s', join(scripts, 'callbacks.lua'),
        `http://127.0.0.1:${PORT}`, '--', file, '/alipay/shop/notify', ...(rest_ms ? [String(rest_ms)] : [])],
    { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, WRK_SCRIPTS: scripts } });
    let text = '';
    for await (const part of wrk.stdout) text += part;
    return JSON.parse(text.split('\n').find(line => line.startsWith('{')));
}

export function summary(runs) {
    return {
        per_s: median(runs.map(run => run.per_s)), p99_ms: median(runs.map(run => run.p99_ms)),
        not_as_expected: runs.reduce((sum, run) => sum + run.answered - run.good + run.failed, 0),
        runs_per_s: runs.map(run => run.per_s), runs_p99_ms: runs.map(run => run.p99_ms),
    };
}
