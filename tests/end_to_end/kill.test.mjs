// 1,000 notifications, each sent five times in parallel and out of order, while the gateway is
// killed ten times and started again. TOLLGATE_SEED repeats a run's order and moments.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { askLedger, hasSqlite } from './lib/ledger.mjs';
import { paidNotification, signed, toForm, beijing } from './lib/notification.mjs';
import { OrderService } from './lib/order_service.mjs';
import { dice, forEach, until } from './lib/until.mjs';
import { World } from './lib/world.mjs';

const paymentsTotal = 1000;
const killsTotal = 10;
const width = 32;
const seed = Number(process.env.TOLLGATE_SEED ?? Date.now() % 1_000_000);
const random = dice(seed);

let world;
let orders;
let failed = true;
before(async () => {
    console.log(`seed ${seed}`);
    world = await World.make(settings => {
        // Short, so that the lease of a delivery whose process died runs out soon.
        settings.deliveries = { timeout_seconds: 1, schedule: [1, 1, 1, 2, 2, 5, 5, 10, 10, 86_400] };
    });
    // Now and then the order service refuses an event at first, so that there are repeats for sure.
    orders = new OrderService(world.eventSecret,
        ({ event }, nth) => (nth === 1 && /7$/.test(event.data.payment.out_trade_no) ? 500 : 204));
    await orders.start(world.ports.shop);
    await world.gateway.start();
});
after(async () => {
    await world?.close({ keep: failed });
    if (failed) console.log(`seed ${seed}; the ledger and the log are in ${world?.folder}`);
    await orders?.stop();
});

async function createPayments() {
    const numbers = Array.from({ length: paymentsTotal }, (_, i) => `K${i}`);
    const payments = [];
    await forEach(numbers, width, async out_trade_no => {
        payments.push(await world.create({ out_trade_no, product: 'page', amount: 1000 }));
    });
    return payments;
}

// Three times the same bytes, once the same notification with a later notify_time, and once the
// same news under another notify_id: all that Alipay does when it is not sure to have been heard.
function lettersFor(payment, key) {
    const number = payment.out_trade_no;
    const first = paidNotification(payment, world.app);
    const later = { ...first, notify_time: beijing(new Date(Date.now() + 240_000)) };
    const again = paidNotification(payment, world.app);
    const same = toForm(signed(first, key));
    return [same, same, same, toForm(signed(later, key)), toForm(signed(again, key))]
        .map(body => ({ number, body }));
}

// 'success', or undefined when there was no answer, or none yet. Anything else must never come.
async function send(letter) {
    let answer;
    try {
        answer = await world.notify(letter.body);
    } catch {
        return undefined;  // The connection broke: what became of it is for the ledger to say.
    }
    if (answer.status === 503) return undefined;
    assert.deepEqual(answer, { status: 200, text: 'success' });
    return answer.text;
}

// Sends everything until each letter has been answered, and kills the gateway at the chosen counts.
class Storm {
    answered = new Set();  // The payments of which a notification was answered `success`.
    kills = 0;
    #begun = 0;
    #dying = null;  // While the gateway is away, and until it has been looked at: a promise.
    #inFlight = new Set();

    constructor(letters) {
        this.letters = letters;
        // One in every tenth of the way, so that none of them falls into another's restart.
        const part = Math.floor(letters.length / killsTotal);
        this.killAt = Array.from({ length: killsTotal },
            (_, i) => i * part + 1 + random.below(part - 50));
    }

    async run() {
        await Promise.all(Array.from({ length: width }, () => this.#sendAll()));
        await this.#dying;
    }

    async #sendAll() {
        for (;;) {
            while (this.#dying?.closed) await this.#dying;
            const letter = this.letters.shift();
            if (!letter) return;
            ++this.#begun;
            if (!this.#dying && this.#begun >= this.killAt[0]) this.#beginKill();
            const sending = send(letter);
            this.#inFlight.add(sending);
            const answer = await sending.finally(() => this.#inFlight.delete(sending));
            if (answer) this.answered.add(letter.number);
            if (!answer) this.letters.push(letter);
        }
    }

    #beginKill() {
        this.killAt.shift();
        const delay = random.below(10);
        const startsTwice = random.below(3) === 0;
        this.#dying = this.#killAndCheck(delay, startsTwice).finally(() => { this.#dying = null; });
    }

    async #killAndCheck(delay, startsTwice) {
        await pause(delay);  // Not a wait for anything: the moment is meant to be any moment.
        this.#dying.closed = true;
        await world.gateway.stop('SIGKILL');
        ++this.kills;
        await Promise.allSettled(this.#inFlight);
        const promised = [...this.answered];
        if (startsTwice) {  // And dies in its recovery.
            world.gateway.spawn();
            await pause(delay * 3);
            await world.gateway.stop('SIGKILL');
        }
        await world.gateway.start();
        await forEach(promised, width, async number => {
            const { status } = await world.payment(number);
            assert.equal(status, 'paid', `${number}: answered success before kill ${this.kills}`);
        });
    }
}

// Exactly one step to paid, by the API's word.
async function assertPaidOnce(payment) {
    const { json } = await world.api('GET', `/v1/payments/${payment.id}/history`);
    assert.deepEqual(json.transitions.map(step => [step.version, step.to]),
        [[1, 'pending'], [2, 'paid']], payment.out_trade_no);
}

function assertToldOnce(payment) {
    const deliveries = orders.ofPayment(payment.out_trade_no);
    const bodies = new Set(deliveries.map(({ id, body }) => `${id} ${body}`));
    assert.equal(bodies.size, 1, `${payment.out_trade_no}: one event, however often it is sent`);
    const { event } = deliveries[0];
    assert.deepEqual([event.type, event.data.payment.status, event.data.payment.version],
        ['payment.paid', 'paid', 2]);
}

// The rows themselves: also an event that was never sent would be seen here.
function assertRows(file) {
    assert.deepEqual(askLedger(file, `SELECT
        (SELECT count(*) FROM payment WHERE status = 'paid'),
        (SELECT count(*) FROM transition WHERE to_status = 'paid'),
        (SELECT count(*) FROM event), (SELECT count(DISTINCT payment) FROM event),
        (SELECT count(*) FROM notification WHERE verdict = 'accepted'),
        (SELECT count(*) FROM notification WHERE verdict = 'stale'),
        (SELECT count(*) FROM notification), (SELECT count(*) FROM difference)`),
    [1, 1, 1, 1, 1, 1, 2, 0].map(each => String(each * paymentsTotal)));
    assert.deepEqual(askLedger(file, 'PRAGMA integrity_check'), ['ok']);
}

test('killed ten times, it pays every order once, loses none', { timeout: 280_000 }, async () => {
    const payments = await createPayments();
    const key = world.privateKey('alipay');
    const storm = new Storm(random.shuffle(payments.flatMap(payment => lettersFor(payment, key))));
    await storm.run();
    assert.equal(storm.kills, killsTotal);
    assert.equal(storm.answered.size, paymentsTotal);

    await forEach(payments, width, assertPaidOnce);
    const told = () => new Set(orders.deliveries.map(({ id }) => id)).size;
    await until(() => told() >= paymentsTotal, 60_000, 'the order service has heard of all');
    assert.deepEqual(orders.refused, []);
    payments.forEach(assertToldOnce);
    assert.ok(orders.deliveries.length > paymentsTotal, 'the refused ones came again');

    const file = world.path('tollgate.db');
    if (hasSqlite) {
        const left = "SELECT count(*) FROM delivery WHERE status <> 'delivered'";
        await until(() => askLedger(file, left)[0] === '0', 60_000, 'the ledger knows it too');
    } else {
        console.log('the rows are not looked at: sqlite3 is not installed');
    }
    assert.deepEqual(await world.gateway.stop('SIGTERM'), { code: 0, signal: null });
    if (hasSqlite) assertRows(file);
    failed = false;
});
