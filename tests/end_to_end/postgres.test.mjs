// Three gateways over one PostgreSQL. 200 payments, each created at two of them at once, each notified
// five times at any of them, while one gateway at a time is killed and the database loses its power.
// TOLLGATE_SEED repeats a run's order and moments.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { beijing, paidNotification, signed, toForm } from './lib/notification.mjs';
import { OrderService } from './lib/order_service.mjs';
import { hasPostgres, Postgres } from './lib/postgres.mjs';
import { Service } from './lib/program.mjs';
import { dice, forEach, until } from './lib/until.mjs';
import { freePort, World } from './lib/world.mjs';

const paymentsTotal = 200;
const gatewaysTotal = 3;
const killsTotal = 6;
const width = 16;
const seed = Number(process.env.TOLLGATE_SEED ?? Date.now() % 1_000_000);
const random = dice(seed);
const skip = hasPostgres || process.env.TOLLGATE_NO_SKIP ? false : 'postgresql is not installed';

let postgres;
let world;
let orders;
let gateways = [];  // {settings, service}
let failed = true;

// The world's own gateway, and more of its kind: other ports, another folder.
async function makeGateway(i) {
    const settings = structuredClone(world.settings);
    for (const door of ['public', 'api', 'operator']) {
        settings[door].listen = `127.0.0.1:${await freePort()}`;
    }
    settings.store.postgres.folder = `gateway-${i}`;
    mkdirSync(world.path(`gateway-${i}`));
    world.write(`gateway-${i}.json`, settings);
    const service = new Service(['serve', '--config', world.path(`gateway-${i}.json`)], {
        log: world.path(`gateway-${i}.log`), ready: `http://${settings.operator.listen}/readyz`,
    });
    return { settings, service };
}

before(async () => {
    if (skip) return;
    console.log(`seed ${seed}`);
    postgres = await Postgres.make();
    world = await World.make(settings => {
        settings.store = { postgres: { conninfo: postgres.conninfo(), folder: '.' } };
        settings.deliveries = { timeout_seconds: 1, schedule: [1, 1, 1, 2, 2, 5, 5, 10, 10, 86_400] };
    });
    orders = new OrderService(world.eventSecret);
    await orders.start(world.ports.shop);
    for (let i = 0; i < gatewaysTotal; ++i) gateways.push(await makeGateway(i));
    // At once, over a database without a schema.
    await Promise.all(gateways.map(({ service }) => service.start()));
});
after(async () => {
    if (skip) return;
    await Promise.all(gateways.map(({ service }) => service.stop('SIGKILL')));
    await world?.close({ keep: failed });
    await postgres?.close({ keep: failed });
    if (failed) console.log(`seed ${seed}; logs are in ${world?.folder}, ${postgres?.folder}`);
    await orders?.stop();
});

async function create(gateway, number) {
    const reply = await fetch(`http://${gateway.settings.api.listen}/v1/payments`, {
        method: 'POST',
        headers: { authorization: `Bearer ${world.shopKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({
            app: world.app.id, out_trade_no: number, product: 'page', amount: 1000,
            subject: 'A book',
        }),
    });
    return { status: reply.status, json: await reply.json() };
}

// At two gateways at once: one of them makes it, the other one finds it.
async function createTwice(number, i) {
    const made = await Promise.all([0, 1].map(j =>
        create(gateways[(i + j) % gatewaysTotal], number)));
    assert.deepEqual(made.map(({ status }) => status).sort(), [200, 201], number);
    assert.equal(made[0].json.id, made[1].json.id, number);
    return made[0].json;
}

function lettersFor(payment, key) {
    const first = paidNotification(payment, world.app);
    const later = { ...first, notify_time: beijing(new Date(Date.now() + 240_000)) };
    const again = paidNotification(payment, world.app);
    const same = toForm(signed(first, key));
    return [same, same, same, toForm(signed(later, key)), toForm(signed(again, key))]
        .map(body => ({ number: payment.out_trade_no, body }));
}

// True once it was answered `success`; false when nobody answered, or nobody could write.
async function send(letter) {
    const { settings } = gateways[random.below(gatewaysTotal)];
    let reply;
    let text;
    try {
        reply = await fetch(`http://${settings.public.listen}/alipay/${world.app.id}/notify`, {
            method: 'POST', body: letter.body,
            headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
        });
        text = await reply.text();
    } catch {
        return false;
    }
    if (reply.status === 503) return false;
    assert.deepEqual([reply.status, text], [200, 'success']);
    return true;
}

async function sendAll(letters, onProgress) {
    const answered = new Set();
    let sent = 0;
    const worker = async () => {
        for (let letter = letters.shift(); letter; letter = letters.shift()) {
            onProgress(++sent);
            if (await send(letter)) {
                answered.add(letter.number);
            } else {
                letters.push(letter);
                await pause(10);  // Whoever is refused comes again, but not at once.
            }
        }
    };
    await Promise.all(Array.from({ length: width }, worker));
    return answered;
}

// One disaster after the other, each begun when so many letters have been sent.
class Disasters {
    kills = 0;
    outages = 0;
    #under_way = Promise.resolve();

    constructor(lettersTotal) {
        const part = Math.floor(lettersTotal / (killsTotal + 2));
        this.at = Array.from({ length: killsTotal + 1 }, (_, i) => (i + 1) * part);
    }

    note(sent) {
        while (sent >= this.at[0]) {
            this.at.shift();
            const which = this.kills + this.outages;
            if (which === killsTotal / 2) {
                ++this.outages;
                this.#then(() => this.#outage());
            } else {
                const victim = this.kills++ % gatewaysTotal;
                this.#then(() => this.#kill(gateways[victim].service));
            }
        }
    }

    #then(disaster) {
        this.#under_way = this.#under_way.then(disaster);
    }

    async #kill(service) {
        await service.stop('SIGKILL');
        await service.start();
    }

    async #outage() {
        await postgres.kill();
        await until(async () => (await fetch(gateways[0].service.ready)).status === 503, 20_000,
            'readiness tells of the outage');
        await postgres.start();
        for (const { service } of gateways) {
            await until(async () => (await fetch(service.ready)).ok, 20_000, 'it is ready again');
        }
    }

    over() {
        return this.#under_way;
    }
}

function assertRows() {
    const counts = postgres.ask(`SELECT
        (SELECT count(*) FROM payment WHERE status = 'paid'),
        (SELECT count(*) FROM transition WHERE to_status = 'paid'),
        (SELECT count(*) FROM event), (SELECT count(DISTINCT payment) FROM event),
        (SELECT count(*) FROM notification WHERE verdict = 'accepted'),
        (SELECT count(*) FROM notification WHERE verdict = 'stale'),
        (SELECT count(*) FROM notification), (SELECT count(*) FROM difference),
        (SELECT count(DISTINCT publication) FROM event), (SELECT last FROM publication)`);
    assert.deepEqual(counts.split('|'),
        [1, 1, 1, 1, 1, 1, 2, 0, 1, 1].map(each => String(each * paymentsTotal)));
}

test('three gateways over one database lose nothing and double nothing',
    { timeout: 280_000, skip }, async () => {
        const numbers = Array.from({ length: paymentsTotal }, (_, i) => `P${i}`);
        const payments = [];
        await forEach(numbers.entries(), width, async ([i, number]) => {
            payments.push(await createTwice(number, i));
        });

        const key = world.privateKey('alipay');
        const letters = random.shuffle(payments.flatMap(payment => lettersFor(payment, key)));
        const disasters = new Disasters(letters.length);
        const answered = await sendAll(letters, sent => disasters.note(sent));
        await disasters.over();
        assert.equal(answered.size, paymentsTotal);
        assert.deepEqual([disasters.kills, disasters.outages], [killsTotal, 1]);

        const told = () => new Set(orders.deliveries.map(({ id }) => id)).size;
        await until(() => told() >= paymentsTotal, 60_000, 'the order service has heard of all');
        const left = "SELECT count(*) FROM delivery WHERE status <> 'delivered'";
        await until(() => postgres.ask(left) === '0', 60_000, 'the ledger knows it too');
        assert.deepEqual(orders.refused, []);
        for (const payment of payments) {
            const bodies = new Set(orders.ofPayment(payment.out_trade_no)
                .map(({ id, body }) => `${id} ${body}`));
            assert.equal(bodies.size, 1, `${payment.out_trade_no}: one event, however often`);
        }
        assertRows();
        for (const { service } of gateways) {
            assert.deepEqual(await service.stop('SIGTERM'), { code: 0, signal: null });
        }
        failed = false;
    });
