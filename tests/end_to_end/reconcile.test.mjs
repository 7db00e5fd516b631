// `tollgate reconcile` as a person uses it, beside a running gateway.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { payAtCashier } from './lib/cashier.mjs';
import { call } from './lib/program.mjs';
import { World } from './lib/world.mjs';

let world;
before(async () => {
    world = await World.make();
    await world.gateway.start();
});
after(() => world?.close());

const seller = '2088000000000001';
const beijing = (date) => new Date(date.getTime() + 8 * 3_600_000).toISOString();
// Of a payment made just now: the bill of a day that is not over.
const today = beijing(new Date()).slice(0, 10);

// UTF-8 of these few words in GBK: Node has a decoder alone.
const gbkWords = (() => {
    const words = new Map();
    const decoder = new TextDecoder('gb18030');
    for (let first = 0x81; first <= 0xfe; ++first) {
        for (let second = 0x40; second <= 0xfe; ++second) {
            if (second === 0x7f) continue;
            const text = decoder.decode(Uint8Array.of(first, second));
            if (text.length === 1 && !words.has(text)) words.set(text, [first, second]);
        }
    }
    return words;
})();
const gbk = (text) => Buffer.from([...text].flatMap(
    (c) => (c.charCodeAt(0) < 0x80 ? [c.charCodeAt(0)] : gbkWords.get(c))));

function bill(lines) {
    const fen = lines.reduce((sum, line) => sum + line.fen, 0);
    const yuan = (amount) => (amount / 100).toFixed(2);
    const [year, month, day] = today.split('-');
    return gbk([
        '#支付宝业务明细查询',
        `#账号：[${seller}0156]`,
        `#起始日期：[${year}年${month}月${day}日 00:00:00]   终止日期：[${year}年${month}月${day}日 23:59:59]`,
        '支付宝交易号,商户订单号,业务类型,完成时间,订单金额（元）,商家实收（元）,退款批次号/请求号,服务费（元）',
        ...lines.map((line) => [line.tradeNo, line.outTradeNo, '交易', `${today} ${line.at}`,
            yuan(line.fen), yuan(line.fen), '', '0.00'].map((field) => `${field}\t`).join(',')),
        `#交易合计：${lines.length}笔，商家实收共${yuan(fen)}元`,
        '#退款合计：0笔，商家实收退款共0.00元', ''].join('\r\n'));
}

const reconcile = (...args) => call(['reconcile', '--config', world.path('tollgate.json'),
    '--seller', seller, '--date', today, ...args]);

test('repairs beside a running gateway, and says so by its exit code', async () => {
    await world.create({ product: 'page', out_trade_no: 'REC_1', amount: 1_000 });
    const at = beijing(new Date()).slice(11, 19);
    const file = world.path('bill.csv');
    writeFileSync(file, bill([{ tradeNo: '20260101A', outTradeNo: 'REC_1', fen: 1_000, at }]));

    const first = await reconcile('--bill', file, '--report', 'json', '--out', world.path('reports'));
    assert.deepEqual([first.code, first.stderr], [0, '']);
    const report = JSON.parse(first.stdout);
    assert.deepEqual(report.rows.map((row) => [row.class, row.fate, row.out_trade_no]),
        [['status_behind', 'repaired', 'REC_1']]);
    for (const form of ['txt', 'json', 'csv']) {
        const name = join(world.path('reports'), `reconciliation_${seller}_${today}.${form}`);
        assert.match(readFileSync(name, 'utf8'), /REC_1/);
        assert.equal(statSync(name).mode & 0o077, 0);
    }
    // The gateway sees it.
    assert.equal((await world.payment('REC_1')).status, 'paid');

    writeFileSync(file, bill([{ tradeNo: '20260101A', outTradeNo: 'REC_1', fen: 1_000, at },
        { tradeNo: '20260101B', outTradeNo: 'REC_2', fen: 500, at: '23:59:59' }]));
    const second = await reconcile('--bill', file);
    assert.deepEqual([second.code, second.stderr], [1, '']);
    assert.match(second.stdout, /missing_here/);
    assert.match(second.stdout, /1 differences opened/);
});

test('names what keeps it from running', async () => {
    const missing = await reconcile('--bill', world.path('none.zip'));
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /cannot read .*none\.zip/);
    writeFileSync(world.path('cut.csv'), bill([]).subarray(0, 200));
    const cut = await reconcile('--bill', world.path('cut.csv'));
    assert.deepEqual([cut.code, cut.stdout], [2, '']);
    const stranger = await call(['reconcile', '--config', world.path('tollgate.json'), '--seller',
        '2088000000000009', '--date', today]);
    assert.equal(stranger.code, 2);
    assert.match(stranger.stderr, /there are 2088000000000001/);
    const someday = await call(['reconcile', '--config', world.path('tollgate.json'), '--seller',
        seller, '--date', '2026-02-30']);
    assert.equal(someday.code, 2);
    assert.ok(!existsSync(world.path('tollgate.db-bills')));
});

// From the buyer's money to the ledger with no notification heard: links, archives and GBK are the
// pretend Alipay's own.
test('takes the bills from Alipay when no gateway has heard of the money', async () => {
    const cut = await World.make();
    try {
        const sandbox = JSON.parse(cut.read('sandbox.json'));
        sandbox.alipay.bills_at_once = true;
        cut.write('sandbox.json', sandbox);
        await cut.gateway.start();
        await cut.sandbox.start();
        const made = await cut.create({ product: 'page', out_trade_no: 'CUT_1', amount: 1_000 });
        await cut.gateway.stop();
        await payAtCashier(made.action, cut.url('alipay'));
        const order = ['reconcile', '--config', cut.path('tollgate.json'), '--seller', seller,
            '--date', beijing(new Date()).slice(0, 10), '--report', 'json'];
        const first = await call([...order, '--out', cut.path('kept')]);
        assert.deepEqual([first.code, first.stderr], [0, '']);
        const report = JSON.parse(first.stdout);
        assert.equal(report.has_fund_bill, true);
        assert.deepEqual(report.rows.map((row) => [row.class, row.fate, row.out_trade_no]),
            [['status_behind', 'repaired', 'CUT_1']]);
        assert.equal(readdirSync(cut.path('kept')).filter((name) => name.endsWith('.zip')).length, 2);
        const second = JSON.parse((await call(order)).stdout);
        assert.deepEqual([second.rows, second.summary.matched], [[], 1]);
        await cut.gateway.start();
        assert.equal((await cut.payment('CUT_1')).status, 'paid');
    } finally {
        await cut.close();
    }
});
