// Try, confirm, cancel over HTTP, as a coordinator drives them, against the sandbox: the pretend
// Alipay freezes, takes and lets go, and tells of it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { askLedger, hasSqlite } from './lib/ledger.mjs';
import { until } from './lib/until.mjs';
import { World } from './lib/world.mjs';

let world;
let failed = true;
before(async () => {
    world = await World.make(settings => { settings.callers[0].rights.push('close'); });
    await Promise.all([world.gateway.start(), world.sandbox.start()]);
});
after(async () => world?.close({ keep: failed }));

const root = '/v1/preauthorisations';
const parameters = '?gid=g1&trans_type=tcc&branch_id=01';  // What a coordinator adds of its own.

function attempt(number, more = {}) {
    return world.api('POST', `${root}${parameters}&op=try`, {
        app: 'shop', out_auth_no: number, product: 'qr', amount: 50_000, subject: 'Room 12', ...more,
    });
}
const end = (number, how, body) =>
    world.api('POST', `${root}/shop/${number}/${how}${parameters}&op=${how}`, body);
const one = async number => (await world.api('GET', `${root}/shop/${number}`)).json;

// The buyer opens what the code leads to and decides.
async function decide(code, word) {
    const page = await fetch(code);
    const nonce = /name="nonce" value="([^"]*)"/.exec(await page.text());
    assert.ok(nonce, `a page to decide at ${page.url}`);
    const reply = await fetch(`${page.url}/${word}`, {
        method: 'POST', body: new URLSearchParams({ nonce: nonce[1] }),
    });
    assert.ok(reply.ok, `${word}: ${reply.status}`);
}

async function frozen(number) {
    const tried = await attempt(number);
    assert.equal(tried.status, 200, JSON.stringify(tried.json));
    assert.equal(tried.json.status, 'trying');
    await decide(tried.json.action.qr_code, 'agree');
    await until(async () => (await one(number)).status === 'frozen', 10_000, `${number} is frozen`);
}

test('a part is taken, once, and the rest is let go', async () => {
    await frozen('H1');
    const first = await end('H1', 'confirm', { amount: 30_000 });
    assert.equal(first.status, 200, JSON.stringify(first.json));
    assert.equal(first.json.status, 'confirmed');
    assert.deepEqual(await end('H1', 'confirm', { amount: 30_000 }), first);
    assert.equal((await end('H1', 'cancel')).json.code, 'preauthorisation_confirmed');
    const { payment } = await one('H1');
    assert.deepEqual([payment.status, payment.amount, payment.out_trade_no], ['paid', 30_000, 'H1']);
    // The payment is one like any other: it can be found by its number.
    assert.equal((await world.payment('H1')).id, payment.id);
});

test('what the buyer has agreed to is let go', async () => {
    await frozen('H2');
    const first = await end('H2', 'cancel');
    assert.equal(first.status, 200, JSON.stringify(first.json));
    assert.equal(first.json.status, 'cancelled');
    assert.deepEqual(await end('H2', 'cancel'), first);
    assert.equal((await end('H2', 'confirm')).json.code, 'preauthorisation_cancelled');
});

test('a code that nobody has agreed to is let go, and nobody can agree any more', async () => {
    const tried = await attempt('H3');
    const early = await end('H3', 'confirm');
    assert.deepEqual([early.status, early.json.code], [425, 'not_frozen']);
    assert.equal((await end('H3', 'cancel')).status, 200);
    assert.doesNotMatch(await (await fetch(tried.json.action.qr_code)).text(), /name="nonce"/);
});

test('a buyer who says no ends it', async () => {
    const tried = await attempt('H4');
    await decide(tried.json.action.qr_code, 'refuse');
    await until(async () => (await one('H4')).status === 'failed', 20_000, 'H4 has failed');
    assert.equal((await end('H4', 'cancel')).status, 200);
});

test('a cancel without a try is a success, and the try that comes after it is refused', async () => {
    const empty = await end('H5', 'cancel');
    assert.equal(empty.status, 200);
    assert.deepEqual([empty.json.status, empty.json.amount], ['cancelled', 0]);
    const late = await attempt('H5');
    assert.deepEqual([late.status, late.json.code], [409, 'cancelled_before_try']);
});

test('a scanned code freezes at once, and goes on where a killed gateway stopped', async () => {
    const tried = await attempt('H6',
        { product: 'barcode', amount: 1_000, auth_code: '281234567890123456' });
    assert.equal(tried.status, 200, JSON.stringify(tried.json));
    await until(async () => (await one('H6')).status === 'frozen', 10_000, 'H6 is frozen');
    const ending = end('H6', 'confirm').catch(() => null);
    await world.gateway.stop('SIGKILL');
    await ending;
    await world.gateway.start();
    await until(async () => (await end('H6', 'confirm')).status === 200, 40_000, 'H6 is confirmed');
    const { payment } = await one('H6');
    assert.deepEqual([payment.status, payment.amount], ['paid', 1_000]);
});

test('the freezes were told of, and each end has its event', async () => {
    const expected = ['H1 confirmed', 'H1 frozen', 'H2 cancelled', 'H2 frozen', 'H3 cancelled',
        'H4 failed', 'H5 cancelled', 'H6 confirmed', 'H6 frozen'];
    const told = await until(async () => {
        const { json } = await world.api('GET', '/v1/events?type=preauthorisation.*&limit=100');
        return json.events.length >= expected.length && json.events;
    }, 10_000, 'every event has its number');
    assert.deepEqual(told.map(({ type, payload }) =>
        `${payload.data.preauthorisation.out_auth_no} ${type.replace('preauthorisation.', '')}`)
        .sort(), expected);
    if (hasSqlite) {
        const verdicts = askLedger(world.path('tollgate.db'), `SELECT
            group_concat(DISTINCT verdict) FROM notification WHERE kind LIKE 'fund_auth_%'`);
        assert.doesNotMatch(verdicts[0], /rejected|ignored/);
        assert.match(verdicts[0], /accepted/);
    }
    failed = false;
});
