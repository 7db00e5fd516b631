// A backup of a running gateway, money that moves after it, and the way back: by the command line alone.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { payAtCashier } from './lib/cashier.mjs';
import { changeLedger, hasSqlite } from './lib/ledger.mjs';
import { call, callOk } from './lib/program.mjs';
import { until } from './lib/until.mjs';
import { World } from './lib/world.mjs';

let world;
before(async () => {
    world = await World.make((settings, ports, sandbox) => {
        sandbox.alipay.bills_at_once = true;
        settings.callers[0].rights.push('operate');
    });
    await world.sandbox.start();
    await world.gateway.start();
});
after(() => world?.close());

const store = (...args) => call(['store', ...args, '--config', world.path('tollgate.json')]);
const paid = (number) => until(async () => (await world.payment(number))?.status === 'paid', 20_000,
    `${number} is paid`);
const create = (number) => world.api('POST', '/v1/payments',
    { app: 'shop', product: 'page', amount: 700, subject: 'A pen', out_trade_no: number });
const readiness = async () => (await fetch(world.url('operator', '/readyz'))).json();

test('pay after the backup, restore, and nothing is lost', async () => {
    const early = (await create('EARLY')).json;
    const made = await store('backup', world.path('backup.db'));
    assert.deepEqual([made.code, made.stderr], [0, '']);
    assert.match(made.stdout, /backup\.db: \d+ bytes, as of 20\d\d-.*Z, checked\n$/);
    assert.equal(statSync(world.path('backup.db')).mode & 0o077, 0);
    const again = await store('backup', world.path('backup.db'));
    assert.equal(again.code, 1);
    assert.match(again.stderr, /backup\.db is there already/);

    // Of this the backup knows nothing: an old payment is paid, a new one made and paid.
    await payAtCashier(early.action, world.url('alipay'));
    await paid('EARLY');
    await payAtCashier((await create('LATE')).json.action, world.url('alipay'));
    await paid('LATE');

    const inUse = await store('restore', world.path('backup.db'), '--replace');
    assert.equal(inUse.code, 69);
    assert.match(inUse.stderr, /another process has .*tollgate\.db open/);
    await world.gateway.stop();
    const there = await store('restore', world.path('backup.db'));
    assert.equal(there.code, 1);
    assert.match(there.stderr, /tollgate\.db is there already; --replace keeps it aside/);
    const restored = await store('restore', world.path('backup.db'), '--replace');
    assert.deepEqual([restored.code, restored.stderr], [0, '']);
    assert.match(restored.stdout, /^the ledger that was there is now .*tollgate\.db\.replaced-20\w+Z\n/);
    assert.match(restored.stdout, /is the ledger as of 20.*, and guarded/);
    assert.ok(readdirSync(world.folder).some((name) => /^tollgate\.db\.replaced-\w+$/.test(name)));

    await world.gateway.start();
    assert.ok((await readiness()).guarded_since);
    assert.match(world.gateway.log(), /"ledger\.guarded"/);
    await paid('EARLY');  // Nobody will notify us of it again: it was asked about.

    const refused = await create('LATE');
    assert.deepEqual([refused.status, refused.json.code], [409, 'number_known_to_alipay']);
    assert.equal((await create('FRESH')).status, 201);

    // The bill names the one that only Alipay remembers.
    const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
    const report = await call(['reconcile', '--config', world.path('tollgate.json'),
        '--seller', '2088000000000001', '--date', today, '--report', 'json']);
    const rows = JSON.parse(report.stdout).rows;
    assert.deepEqual(rows.filter((row) => row.out_trade_no === 'LATE').map((row) => row.class),
        ['missing_here']);

    const not_yet = await store('unguard');
    assert.equal(not_yet.code, 1);
    assert.match(not_yet.stdout, /^guarded since 20/);
    assert.match(not_yet.stdout, /payments that nobody knows the end of +0\n/);
    assert.match(not_yet.stdout, /open differences +1\n/);
    assert.match(not_yet.stdout, /--yes ends the guard all the same\n$/);
    assert.match(not_yet.stdout, new RegExp(`^not compared with its bill yet: 2088000000000001 ${today}$`, 'm'));
    assert.ok((await readiness()).guarded_since);
    // The days pass: the bills come, and the difference is settled. FRESH, which nobody has paid yet, is no
    // reason to wait: of that one the ledger hears by itself.
    if (hasSqlite) changeLedger(world.path('tollgate.db'), `
        UPDATE guard SET since_ms = since_ms - 3 * 86400000, resumed_ms = resumed_ms - 3 * 86400000;
        UPDATE difference SET status = 'settled';
        INSERT INTO reconciliation (reconciliation_id, seller_id, bill_date, status, started_ms)
            SELECT 'rec_' || value, '2088000000000001', date('now', '+8 hours', -value || ' days'), 'complete', 0
            FROM generate_series(3, 4);`);
    const ended = await store('unguard', ...(hasSqlite ? [] : ['--yes']));
    assert.deepEqual([ended.code, ended.stderr], [0, '']);
    await until(async () => !('guarded_since' in await readiness()), 10_000, 'it is no longer guarded');
    assert.equal(await callOk(['store', 'unguard', '--config', world.path('tollgate.json')]),
        'the ledger is not guarded\n');
    assert.ok(!existsSync(world.path('tollgate.db.restoring')));
});

test('a ledger of PostgreSQL is backed up by PostgreSQL', async () => {
    const settings = structuredClone(world.settings);
    settings.store = { postgres: { conninfo: 'host=/nowhere dbname=tollgate', folder: '.' } };
    world.write('postgres.json', settings);
    for (const [command, word] of [['backup', /pg_basebackup.*pg_dump/], ['restore', /pg_restore.*store guard/]]) {
        const done = await call(['store', command, world.path('x.db'), '--config', world.path('postgres.json')]);
        assert.equal(done.code, 1);
        assert.match(done.stderr, word);
    }
});
