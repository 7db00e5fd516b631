// Keys in use: changed under a running gateway, and looked at by `doctor`.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { paidNotification, signed, toForm } from './lib/notification.mjs';
import { call } from './lib/program.mjs';
import { until } from './lib/until.mjs';
import { World } from './lib/world.mjs';

let world;
let alipayPem;
before(async () => {
    world = await World.make();
    alipayPem = world.read('alipay/app_public_key.pem');
});
after(() => world?.close());

const freshPair = () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    return { privateKey, pem: publicKey.export({ type: 'spki', format: 'pem' }) };
};

describe('SIGHUP', () => {
    before(() => world.gateway.start());
    after(() => world.gateway.stop());

    const reload = async what => {
        const count = () => world.gateway.log().split(`"${what}"`).length;
        const before = count();
        world.gateway.signal('SIGHUP');
        await until(() => count() > before, 10_000, what);
    };
    const tell = async (number, key) => {
        const payment = await world.payment(number) ??
            await world.create({ out_trade_no: number, product: 'page' });
        return (await world.notify(toForm(signed(paidNotification(payment, world.app), key)))).text;
    };

    test('takes a key of Alipay\'s that has changed, and drops no request meanwhile', async () => {
        const next = freshPair();
        assert.equal(await tell('H1', next.privateKey), 'fail');
        writeFileSync(world.path('alipay/app_public_key.pem'), next.pem);
        const creating = Promise.all(Array.from({ length: 50 }, (_, i) =>
            world.create({ out_trade_no: `H-during-${i}`, product: 'page' })));
        await reload('process.reloaded');
        assert.equal((await creating).length, 50);
        assert.equal(await tell('H1', next.privateKey), 'success');
    });

    test('goes on with what it has when the new file is wrong', async () => {
        const file = world.path('alipay/app_public_key.pem');
        const good = readFileSync(file);
        writeFileSync(file, 'nonsense');
        await reload('process.not_reloaded');
        writeFileSync(file, good);
        await world.create({ out_trade_no: 'H2', product: 'page' });
    });
});

describe('doctor', () => {
    const doctor = async (...args) => {
        const done = await call(['doctor', ...args]);
        assert.equal(done.stderr, '');
        return done;
    };

    test('only warns about a trial on this machine', async () => {
        const done = await doctor('--config', world.path('tollgate.json'));
        assert.equal(done.code, 0, done.stdout);
        assert.match(done.stdout, /^warning \/public\/base_url \(notify_url_not_public\)$/m);
        assert.match(done.stdout, /无法从互联网访问/);
        assert.doesNotMatch(done.stdout, /^error/m);
    });

    test('says in both languages what is wrong', async () => {
        const wrong = structuredClone(world.settings);
        wrong.apps[0].alipay_public_keys = [{ file: 'app/app_public_key.pem' }];
        wrong.apps[0].gateway_url = 'https://openapi.alipay.com/gateway.do';
        world.write('wrong.json', wrong);
        const done = await doctor('--config', world.path('wrong.json'));
        assert.equal(done.code, 78);
        for (const code of ['app_key_in_alipays_place', 'demo_key', 'notify_url_not_public']) {
            assert.match(done.stdout, new RegExp(`^error \\S+ \\(${code}\\)$`, 'm'));
        }
        assert.match(done.stdout, /应用公钥/);
    });

    test('compares the key that the console shows', async () => {
        writeFileSync(world.path('console.pem'), freshPair().pem);
        const other = await doctor('--config', world.path('tollgate.json'),
            '--app-public-key', world.path('console.pem'));
        assert.equal(other.code, 78);
        assert.match(other.stdout, /key_pair_does_not_match/);
        const ours = await doctor('--config', world.path('tollgate.json'),
            '--app-public-key', world.path('app/app_public_key.pem'));
        assert.equal(ours.code, 0);
    });

    test('names what cannot even be read', async () => {
        const done = await doctor('--config', world.path('no-such.json'));
        assert.equal(done.code, 78);
        assert.match(done.stdout, /^error/m);
    });

    test('asks the gateway', async () => {
        const online = ['--config', world.path('trial.json'), '--online'];
        const trial = structuredClone(world.settings);
        world.write('trial.json', trial);
        assert.match((await doctor(...online)).stdout, /gateway_out_of_reach/);
        await world.sandbox.start();
        // The sandbox signs with the key that the first test has replaced.
        writeFileSync(world.path('alipay.pem'), alipayPem);
        trial.apps[0].alipay_public_keys = [{ file: 'alipay.pem' }];
        world.write('trial.json', trial);
        const well = await doctor(...online);
        assert.equal(well.code, 0, well.stdout);
        assert.match(well.stdout, /^ok \/apps\/0 \(alipay_answers\)$/m);
        assert.match(well.stdout, /^ok \(clock_right\)$/m);
        trial.apps[0].app_id = '2021000000000009';
        world.write('trial.json', trial);
        const refused = await doctor(...online);
        assert.equal(refused.code, 78);
        assert.match(refused.stdout, /invalid-app-id/);
    });
});
