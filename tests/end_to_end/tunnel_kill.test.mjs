// 1,000 callbacks while relay, client and app are killed (-9) in turn: none is lost, and what the
// app gets twice has the same event id. Half of the senders give up as soon as the relay says that
// it keeps the callback: the tunnel alone must bring it then. TOLLGATE_SEED repeats a run's order.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { Tunnel } from './lib/tunnel.mjs';
import { dice, forEach, until } from './lib/until.mjs';
import { freePort } from './lib/world.mjs';

const callbacks = 1000;
const killsEach = 4;
const seed = Number(process.env.TOLLGATE_SEED ?? Date.now() % 1_000_000);
const random = dice(seed);
const kept = ['offline', 'app_down', 'app_broken', 'app_slow', 'stopping'];

let tunnel, client, app, appPort;
let failed = true;

function startApp() {
    app = spawn(process.execPath, [fileURLToPath(new URL('lib/tunnel_app.mjs', import.meta.url)),
        appPort, tunnel.path('seen')], { stdio: 'inherit' });
}

before(async () => {
    console.log(`seed ${seed}`);
    tunnel = await Tunnel.make();
    appPort = await freePort();
    await tunnel.relay.start();
    startApp();
    client = tunnel.client(`http://127.0.0.1:${appPort}`, ['--drain-rate', '200']);
    client.spawn();
    await tunnel.through();
});
after(async () => {
    await Promise.all([tunnel.relay.stop('SIGKILL'), client.stop('SIGKILL')]);
    app.kill('SIGKILL');
    tunnel.close({ keep: failed });
});

const outcomes = {};
async function provide(number) {
    const id = `n${number}`;
    const givesUp = number % 2 === 0;
    for (;;) {
        let outcome = 'cut';
        try {
            const reply = await tunnel.notify(id);
            if (reply.status === 200) assert.equal(await reply.text(), 'success');
            outcome = reply.status === 200 ? 'success' : reply.headers.get('x-tunnel-error');
        } catch (problem) {
            if (problem.code === 'ERR_ASSERTION') throw problem;
        }
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        if (outcome === 'success' || (givesUp && kept.includes(outcome))) return;
        await pause(100 + random.below(400));
    }
}

const kills = {
    relay: async () => {
        await tunnel.relay.stop('SIGKILL');
        await tunnel.relay.start();
    },
    client: async () => {
        await client.stop('SIGKILL');
        client.spawn();
    },
    app: async () => {
        const gone = once(app, 'exit');
        app.kill('SIGKILL');
        await gone;
        startApp();
    },
};

const seen = () => (existsSync(tunnel.path('seen'))
    ? readFileSync(tunnel.path('seen'), 'utf8').trim().split('\n').map(line => line.split(' '))
    : []);

test('No callback is lost, and duplicates have the same event id', async () => {
    const numbers = random.shuffle(Array.from({ length: callbacks }, (_, i) => i));
    let next = 0;
    const killed = (async () => {
        const moments = callbacks / (killsEach * 3 + 1);
        for (let kill = 0; kill < killsEach * 3; ++kill) {
            await until(() => next >= (kill + 1) * moments, 60_000, 'more are under way');
            await Object.values(kills)[kill % 3]();
        }
    })();
    await forEach(numbers, 32, async number => {
        ++next;
        await provide(number);
    });
    await killed;
    await until(() => new Set(seen().map(([id]) => id)).size === callbacks, 120_000,
        'every callback has reached the app');
    const events = new Map();
    for (const [id, event] of seen()) {
        if (!events.has(id)) events.set(id, new Set());
        events.get(id).add(event);
    }
    const several = [...events].filter(([, ids]) => ids.size > 1);
    console.log(`${seen().length} reached the app for ${events.size} callbacks;`,
        `answers to the provider: ${JSON.stringify(outcomes)}`);
    assert.deepEqual(several, []);
    failed = false;
});
