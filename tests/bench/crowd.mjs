// Measures what a gateway bears beside its callbacks: ten thousand idle connections, a thousand peers
// that send a byte a second, two thousand new connections at once; how soon it is ready, and what it
// takes of the memory. Prints one JSON object.
//   crowd.mjs FOLDER    (made by hot_paths.sh prepare)
// TOLLGATE_BENCH_ROUNDS (5), TOLLGATE_BENCH_SECONDS (5), TOLLGATE_BENCH_CONNECTIONS (64) and
// TOLLGATE_BENCH_MINUTES (10; of the run that looks whether the memory grows) change the size.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';

import { Gateway, PORT, callbacks, connections, median, number, rounds, seconds, summary } from './gateway.mjs';

const minutes = number('TOLLGATE_BENCH_MINUTES', 10);
const IDLE = 10_000, SLOW = 1_000, BURST = 2_000, STARTS = 9;

// ---- The crowd, a process of its own: says `there` once all of them are connected.
async function be_idle(count) {
    const request = 'GET /alipay/ HTTP/1.1\r\nHost: a\r\n\r\n';
    for (let made = 0; made < count; made += 500) {
        await Promise.all([...Array(Math.min(500, count - made))].map(async () => {
            const socket = connect(PORT, '127.0.0.1');
            socket.on('error', () => process.exit(1));
            await once(socket, 'connect');
            socket.write(request);
            await once(socket, 'data');
        }));
    }
}

async function be_slow(count) {
    const head = 'POST /alipay/shop/notify HTTP/1.1\r\nHost: pay.example.com\r\nContent-Length: 1200\r\n\r\n';
    const begin = () => new Promise(resolve => {
        const socket = connect(PORT, '127.0.0.1', resolve);
        let at = Math.floor(Math.random() * 8);
        socket.write(head.slice(0, at + 1));
        const beat = setInterval(() => socket.write(head[at = (at + 1) % head.length]), 1_000);
        socket.on('data', () => {});
        socket.on('error', () => {});
        socket.on('close', () => { clearInterval(beat); begin(); });  // Its time was over: the next one.
    });
    for (let made = 0; made < count; made += 250) {
        await Promise.all([...Array(Math.min(250, count - made))].map(begin));
        await pause(100);
    }
}

if (process.argv[2] === 'crowd') {
    await (process.argv[3] === 'idle' ? be_idle : be_slow)(Number(process.argv[4]));
    console.log('there');
    await new Promise(() => setInterval(() => {}, 60_000));
}

// ---- What measures.
const folder = process.argv[2];
const notifications = join(folder, 'notifications');

async function crowd(kind, count) {
    const one = spawn(process.execPath, [fileURLToPath(import.meta.url), 'crowd', kind, count],
        { stdio: ['ignore', 'pipe', 'inherit'] });
    const cut_off = once(one, 'exit').then(() => { throw new Error(`the ${kind} crowd was cut off`); });
    await Promise.race([once(one.stdout, 'data'), cut_off]);
    cut_off.catch(() => {});
    return one;
}

async function beside(kind, count) {
    const gateway = await Gateway.start(folder);
    const others = count > 0 ? await crowd(kind, count) : null;
    const resident_mib = gateway.resident_mib();
    const run = await callbacks(notifications);
    if (others && others.exitCode !== null) throw new Error(`the ${kind} crowd did not stay`);
    others?.kill();
    await gateway.stop();
    return { ...run, resident_mib };
}

// Each connection posts one notification as soon as it stands; how long until its answer is whole.
async function burst() {
    const gateway = await Gateway.start(folder);
    const bodies = readFileSync(notifications, 'utf8').split('\n').slice(0, BURST);
    const begun = performance.now();
    const all = await Promise.all(bodies.map(body => new Promise(resolve => {
        const socket = connect(PORT, '127.0.0.1');
        socket.on('error', () => resolve({ refused: true }));
        socket.write('POST /alipay/shop/notify HTTP/1.1\r\nHost: pay.example.com\r\n'
            + 'Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n'
            + `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
        socket.once('data', data => {
            resolve({ good: data.toString().endsWith('success'), ms: performance.now() - begun });
            socket.destroy();
        });
    })));
    await gateway.stop();
    return { good: all.filter(one => one.good).length, refused: all.filter(one => one.refused).length,
        slowest_ms: Math.round(Math.max(...all.map(one => one.ms ?? 0))) };
}

async function start() {
    const gateways = [];
    for (let round = 0; round < STARTS; ++round) {
        const gateway = await (round === 0 ? Gateway.start(folder) : Gateway.again(folder));
        gateways.push({ ready_ms: gateway.ready_ms, mib: gateway.resident_mib() });
        await gateway.stop();
    }
    return { ready_ms: Math.round(median(gateways.map(one => one.ready_ms))),
        resident_mib: median(gateways.map(one => one.mib)) };
}

// A third of what it can do, for so long. Each pending payment is paid once; then the notifications
// come again.
async function endurance(per_s) {
    const gateway = await Gateway.start(folder);
    const load = callbacks(notifications,
        { rest_ms: Math.round(connections / (per_s / 3) * 1_000), during: minutes * 60 });
    const resident_mib = [];
    for (let minute = 0; minute < minutes; ++minute) {
        await pause(minute === 0 ? 59_000 : 60_000);
        resident_mib.push(gateway.resident_mib());
    }
    const run = await load;
    await gateway.stop();
    return { minutes, answered: run.answered, failed: run.failed, resident_mib_each_minute: resident_mib };
}

// By turns, and every other round the other way about: a machine that grows slower favours nobody.
const runs = { alone: [], idle: [], slow: [] };
for (let round = 0; round < rounds; ++round) {
    const turns = [['alone', 0], ['idle', IDLE], ['slow', SLOW]];
    for (const [kind, count] of round % 2 === 0 ? turns : turns.reverse()) runs[kind].push(await beside(kind, count));
}
// The middle one of the rounds' own ratios: the machine's speed changes less within a round than between them.
const percent_of_alone = kind =>
    Math.round(median(runs[kind].map((run, round) => run.per_s * 100 / runs.alone[round].per_s)));
const bursts = [];
for (let round = 0; round < rounds; ++round) bursts.push(await burst());
const result = {
    rounds, seconds, connections, start: await start(), alone: summary(runs.alone),
    [`beside_${IDLE}_idle`]: { ...summary(runs.idle), percent_of_alone: percent_of_alone('idle'), resident_mib: median(runs.idle.map(run => run.resident_mib)) },
    [`beside_${SLOW}_slow`]: { ...summary(runs.slow), percent_of_alone: percent_of_alone('slow') }, [`burst_of_${BURST}`]: bursts,
};
if (minutes > 0) result.endurance = await endurance(result.alone.per_s);
console.log(JSON.stringify(result));
