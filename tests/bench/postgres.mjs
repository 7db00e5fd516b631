// Measures the two hot paths over PostgreSQL with one, two and three gateways, beside SQLite, over
// real HTTP, with the database and the load generator on the same machine; and what one callback and
// one create cost the gateways and the database. Prints one JSON object.
//   postgres.mjs FOLDER    (made by hot_paths.sh prepare)
// TOLLGATE_BENCH_ROUNDS (3), TOLLGATE_BENCH_SECONDS (5) and TOLLGATE_BENCH_CONNECTIONS (64) in the
// environment change the size.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Postgres } from '../end_to_end/lib/postgres.mjs';
import { until } from '../end_to_end/lib/until.mjs';
import { copy_ledger } from './gateway.mjs';

const folder = process.argv[2];
const tollgate = process.env.TOLLGATE_BINARY;
const scripts = join(dirname(fileURLToPath(import.meta.url)), 'wrk');
const number = (name, otherwise) => Number(process.env[name] ?? otherwise);
const rounds = number('TOLLGATE_BENCH_ROUNDS', 3);
const seconds = number('TOLLGATE_BENCH_SECONDS', 5);
const connections = number('TOLLGATE_BENCH_CONNECTIONS', 64);
const port = 18654;
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

const median = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const sum = values => values.reduce((whole, one) => whole + one, 0);
const file = name => join(folder, name);
const settings = JSON.parse(readFileSync(file('ours.json'), 'utf8'));
const caller = readFileSync(file('caller'), 'utf8').trim();

// Processor seconds of a process and of those that it has waited for.
function cpuOf(pid) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
    return sum(fields.slice(11, 15).map(Number)) / ticksPerSecond;
}

function cpuOfDatabase(pid) {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return sum([pid, ...children.split(' ').filter(Boolean)].map(cpuOf));
}

// Bytes that the database has sent and got, over the connections that are open.
function networkOf() {
    const lines = execFileSync('ss', ['-tinH', 'state', 'established', `( sport = :${port} )`],
        { encoding: 'utf8' });
    const all = name => sum([...lines.matchAll(new RegExp(`${name}:(\\d+)`, 'g'))].map(m => Number(m[1])));
    return all('bytes_acked') + all('bytes_received');
}

class Gateway {
    constructor(index, store) {
        this.index = index;
        const listen = offset => ({ listen: `127.0.0.1:${18600 + index * 10 + offset}` });
        mkdirSync(file(`gateway-${index}`), { recursive: true });
        this.settings = file(`postgres-${index}.json`);
        writeFileSync(this.settings, JSON.stringify({
            ...settings, store, public: { ...settings.public, ...listen(0) },
            api: listen(1), operator: listen(2),
        }));
    }

    url(offset) {
        return `http://127.0.0.1:${18600 + this.index * 10 + offset}`;
    }

    async start() {
        this.process = spawn(tollgate, ['serve', '--config', this.settings], { stdio: 'ignore' });
        await until(async () => (await fetch(`${this.url(2)}/readyz`)).ok, 30_000, 'the gateway is ready');
    }

    async stop() {
        const gone = once(this.process, 'exit');
        this.process.kill('SIGTERM');
        await gone;
    }
}

// Each gateway gets its share of the connections, and of the notifications.
async function load(gateways, what, round) {
    const runs = gateways.map((gateway, i) => {
        const share = Math.floor(connections / gateways.length);
        const options = ['-t1', `-c${share}`, `-d${seconds}s`, '-s', join(scripts, `${what}.lua`)];
        const rest = what === 'callbacks'
            ? [gateway.url(0), '--', file(`notifications.${gateways.length}.${i}`), '/alipay/shop/notify']
            : [gateway.url(1), '--', '/v1/payments', caller, `P${round}_${gateways.length}_${i}_`];
        return new Promise((resolve, reject) => {
            const wrk = spawn('wrk', [...options, ...rest],
                { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, WRK_SCRIPTS: scripts } });
            let text = '';
            wrk.stdout.on('data', part => { text += part; });
            wrk.on('close', () => {
                const line = text.split('\n').find(one => one.startsWith('{'));
                if (line) resolve(JSON.parse(line));
                else reject(new Error(`wrk said nothing: ${text}`));
            });
        });
    });
    return Promise.all(runs);
}

function share(count) {
    const lines = readFileSync(file('notifications'), 'utf8').trimEnd().split('\n');
    for (let i = 0; i < count; ++i) {
        writeFileSync(file(`notifications.${count}.${i}`),
            lines.filter((_, at) => at % count === i).join('\n') + '\n');
    }
}

function figures(lines) {
    return {
        good: sum(lines.map(line => line.good)),
        per_s: sum(lines.map(line => line.per_s)),
        p99_ms: Math.max(...lines.map(line => line.p99_ms)),
        not_as_expected: sum(lines.map(line => line.answered - line.good + line.failed)),
    };
}

async function overSqlite(what, round) {
    const ledger = file('ours.db');
    for (const end of ['', '-wal', '-shm', '-lock']) rmSync(ledger + end, { force: true });
    if (what === 'callbacks') copy_ledger(file('ours.full.db'), ledger);
    const gateway = new Gateway(0, { sqlite_file: 'ours.db' });
    await gateway.start();
    const cpu = cpuOf(gateway.process.pid);
    const run = figures(await load([gateway], what, round));
    run.gateway_us = (cpuOf(gateway.process.pid) - cpu) * 1e6 / run.good;
    await gateway.stop();
    return run;
}

async function overPostgres(postgres, what, round, count) {
    postgres.ask('DROP DATABASE IF EXISTS ledger', 'template1');
    postgres.ask(`CREATE DATABASE ledger TEMPLATE ${what === 'callbacks' ? 'full_ledger' : 'empty_ledger'}`,
        'template1');
    postgres.ask('CHECKPOINT', 'template1');
    const gateways = [...Array(count).keys()].map(i => new Gateway(i, { postgres: {
        conninfo: `host=127.0.0.1 port=${port} user=tollgate dbname=ledger`, folder: `gateway-${i}` } }));
    for (const gateway of gateways) await gateway.start();
    const now = () => ({
        gateway: sum(gateways.map(one => cpuOf(one.process.pid))), database: cpuOfDatabase(postgres.pid),
        wal: Number(postgres.ask("SELECT pg_current_wal_lsn() - '0/0'", 'template1')), network: networkOf(),
    });
    const before = now();
    const run = figures(await load(gateways, what, round));
    const after = now();
    const each = name => (after[name] - before[name]) / run.good;
    Object.assign(run, {
        gateway_us: each('gateway') * 1e6, database_us: each('database') * 1e6,
        wal_bytes: each('wal'), network_bytes: each('network'),
    });
    for (const gateway of gateways) await gateway.stop();
    return run;
}

function summary(runs) {
    const result = {};
    for (const name of Object.keys(runs[0])) result[name] = Math.round(median(runs.map(run => run[name])));
    result.p99_ms = median(runs.map(run => run.p99_ms));
    result.not_as_expected = sum(runs.map(run => run.not_as_expected));
    result.runs_per_s = runs.map(run => run.per_s);
    return result;
}

const postgres = await Postgres.make({ port });
const result = { rounds, seconds, connections };
try {
    for (const database of ['full_ledger', 'empty_ledger']) {
        postgres.ask(`CREATE DATABASE ${database}`, 'template1');
        new Gateway(0, { postgres: {
            conninfo: `host=127.0.0.1 port=${port} user=tollgate dbname=${database}`, folder: 'gateway-0' } });
        const begun = Date.now();
        execFileSync(tollgate, ['store', ...(database === 'full_ledger'
            ? ['import', '--sqlite', file('ours.full.db')] : ['migrate']),
        '--config', file('postgres-0.json')], { stdio: 'ignore' });
        if (database === 'full_ledger') result.import_seconds = (Date.now() - begun) / 1000;
    }
    result.payments = Number(postgres.ask('SELECT count(*) FROM payment', 'full_ledger'));
    [1, 2, 3].forEach(share);
    for (const what of ['callbacks', 'create']) {
        const runs = { sqlite: [], postgres_1: [], postgres_2: [], postgres_3: [] };
        for (let round = 0; round < rounds; ++round) {
            runs.sqlite.push(await overSqlite(what, round));
            for (const count of [1, 2, 3]) {
                runs[`postgres_${count}`].push(await overPostgres(postgres, what, round, count));
            }
        }
        result[what] = Object.fromEntries(Object.entries(runs).map(([name, all]) => [name, summary(all)]));
    }
} finally {
    await postgres.close();
    for (const name of readdirSync(folder).filter(one => one.startsWith('notifications.'))) rmSync(file(name));
}
console.log(JSON.stringify(result));
