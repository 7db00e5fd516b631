// The command line: exit codes, and what goes to which stream.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { sign, verify } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';

import { paidNotification, signed, toForm } from './lib/notification.mjs';
import { call } from './lib/program.mjs';
import { World } from './lib/world.mjs';

let world;
before(async () => { world = await World.make(); });
after(() => world?.close());

describe('help', () => {
    for (const args of [['--help'], ['serve', '--help'], ['notification', 'verify', '--help']]) {
        test(`tollgate ${args.join(' ')}`, async () => {
            const done = await call(args);
            assert.deepEqual([done.code, done.stderr], [0, '']);
            assert.match(done.stdout, /Usage|Options/);
        });
    }
    test('tollgate --version', async () => {
        const done = await call(['--version']);
        assert.deepEqual([done.code, done.stderr], [0, '']);
        assert.match(done.stdout, /^\d+\.\d+\.\d+ \(commit .+\)\n$/);
    });
    for (const args of [[], ['open'], ['serve'], ['serve', '--port', '1'], ['sandbox'],
        ['sign'], ['keys'], ['sandbox', 'drive', '--shop', 'http://x', '--product', 'gold']]) {
        test(`does not understand: tollgate ${args.join(' ')}`, async () => {
            const done = await call(args);
            assert.deepEqual([done.code, done.stdout], [2, '']);
            assert.notEqual(done.stderr, '');
        });
    }
});

describe('serve and check-config', () => {
    for (const command of ['serve', 'check-config']) {
        test(`${command} names every mistake at once, with its place`, async () => {
            const wrong = structuredClone(world.settings);
            delete wrong.store;
            wrong.public.base_url = 'gateway.example';
            wrong.api.listen = '127.0.0.1:99999';
            wrong.operator.lisen = '127.0.0.1:1';
            wrong.apps[0].private_key = { file: 'no/such/file' };
            wrong.callers[0].rights = ['create', 'everything'];
            wrong.endpoints[0].apps = ['elsewhere'];
            wrong.deliveries = { timeout_seconds: 0 };
            world.write('wrong.json', wrong);
            const done = await call([command, '--config', world.path('wrong.json')]);
            assert.deepEqual([done.code, done.stdout], [78, '']);
            for (const place of ['/store', '/public/base_url', '/api/listen', '/operator/lisen',
                '/apps/0/private_key/file', '/callers/0/rights', '/endpoints/0/apps',
                '/deliveries/timeout_seconds']) {
                assert.match(done.stderr, new RegExp(`^${place}: .`, 'm'));
            }
        });
        test(`${command} refuses what only its user can read: a key that is none`, async () => {
            writeFileSync(world.path('not_a_key.pem'), 'hello', { mode: 0o600 });
            const wrong = structuredClone(world.settings);
            wrong.apps[0].private_key = { file: 'not_a_key.pem' };
            world.write('wrong.json', wrong);
            const done = await call([command, '--config', world.path('wrong.json')]);
            assert.equal(done.code, 78);
            assert.match(done.stderr, /^\/apps\/0\/private_key: ./m);
        });
        for (const [name, text] of [['broken.json', '{"store": '], ['absent.json', null]]) {
            test(`${command} --config ${name}`, async () => {
                if (text !== null) writeFileSync(world.path(name), text);
                const done = await call([command, '--config', world.path(name)]);
                assert.deepEqual([done.code, done.stdout], [78, '']);
                assert.match(done.stderr, new RegExp(name));
            });
        }
    }
    test('check-config has nothing to say about good settings', async () => {
        const done = await call(['check-config', '--config', world.path('tollgate.json')]);
        assert.deepEqual([done.code, done.stdout, done.stderr], [0, 'ok\n', '']);
        assert.equal(existsSync(world.path('tollgate.db')), false);
    });
    for (const listener of ['public', 'api', 'operator']) {
        test(`serve gives up when the ${listener} port is taken`, async () => {
            const holder = createServer().listen(world.ports[listener], '127.0.0.1');
            await once(holder, 'listening');
            const done = await call(['serve', '--config', world.path('tollgate.json')]);
            await once(holder.close(), 'close');
            assert.equal(done.code, 69);
            assert.match(done.stderr, new RegExp(`${world.ports[listener]}`));
        });
    }
    test('the sandbox gives up in the same way', async () => {
        const holder = createServer().listen(world.ports.alipay, '127.0.0.1');
        await once(holder, 'listening');
        const done = await call(['sandbox', '--config', world.path('sandbox.json')]);
        await once(holder.close(), 'close');
        assert.equal(done.code, 69);
    });
    test('a second gateway on the same ledger gives up; the first goes on', async () => {
        await world.gateway.start();
        const other = structuredClone(world.settings);
        for (const door of ['public', 'api', 'operator']) other[door].listen = '127.0.0.1:0';
        world.write('other.json', other);
        const done = await call(['serve', '--config', world.path('other.json')]);
        assert.equal(done.code, 69);
        await world.create({ out_trade_no: 'first', product: 'page' });
        assert.deepEqual(await world.gateway.stop('SIGINT'), { code: 0, signal: null });
    });
});

describe('keys', () => {
    test('overwrites nothing, and keeps secrets to the owner', async () => {
        for (const args of [['new', world.path('app')], ['webhook', world.path('event_secret')],
            ['caller', world.path('shop_key')]]) {
            const done = await call(['keys', ...args]);
            assert.equal(done.code, 1);
            assert.match(done.stderr, /already/);
        }
        for (const name of ['app/app_private_key.pem', 'event_secret', 'shop_key']) {
            assert.equal(statSync(world.path(name)).mode & 0o777, 0o600);
        }
    });
});

describe('sign and verify', () => {
    const content = 'a=1&b=测试 +%=&c=\n';
    for (const [type, algorithm] of [['RSA2', 'RSA-SHA256'], ['RSA', 'RSA-SHA1']]) {
        test(`agree with another implementation: ${type}`, async () => {
            const done = await call(['sign', '--key', world.path('app/app_private_key.pem'),
                '--type', type], { input: content });
            assert.equal(done.code, 0);
            const signature = done.stdout.trimEnd();
            assert.equal(signature,
                sign(algorithm, Buffer.from(content), world.privateKey('app')).toString('base64'));
            assert.equal(verify(algorithm, Buffer.from(content), world.publicKey('app'),
                Buffer.from(signature, 'base64')), true);

            const ask = input => call(['verify', '--key', world.path('app/app_public_key.pem'),
                '--type', type, '--signature', signature], { input });
            assert.equal((await ask(content)).code, 0);
            const refused = await ask(content + ' ');
            assert.deepEqual([refused.code, refused.stdout], [1, '']);
            assert.match(refused.stderr, /sign_mismatch/);
        });
    }
    test('agree with another implementation: SM2', async () => {
        const file = name => world.path(`sm2_${name}`);
        const openssl = (...args) => execFileSync('openssl', args, { stdio: 'pipe' }).toString();
        const sm3 = ['-rawin', '-digest', 'sm3', '-pkeyopt', 'distid:1234567812345678'];
        openssl('genpkey', '-algorithm', 'SM2', '-out', file('key.pem'));
        openssl('pkey', '-in', file('key.pem'), '-pubout', '-out', file('public.pem'));
        writeFileSync(file('content'), content);
        const ask = (signature, input = content) => call(['verify', '--key', file('public.pem'),
            '--type', 'SM2', '--signature', signature], { input });

        const made = await call(['sign', '--key', file('key.pem'), '--type', 'SM2'],
            { input: content });
        assert.equal(made.code, 0, made.stderr);
        writeFileSync(file('ours'), Buffer.from(made.stdout.trimEnd(), 'base64'));
        assert.match(openssl('pkeyutl', '-verify', ...sm3, '-pubin', '-inkey', file('public.pem'),
            '-in', file('content'), '-sigfile', file('ours')), /Verified Successfully/);

        openssl('pkeyutl', '-sign', ...sm3, '-inkey', file('key.pem'), '-in', file('content'),
            '-out', file('theirs'));
        const theirs = readFileSync(file('theirs')).toString('base64');
        assert.equal((await ask(theirs)).stdout, 'verified\n');
        assert.match((await ask(theirs, content + ' ')).stderr, /sign_mismatch/);
        const rsa = await call(['verify', '--key', world.path('app/app_public_key.pem'),
            '--type', 'SM2', '--signature', theirs], { input: content });
        assert.match(rsa.stderr, /key_not_sm2/);
    });
    test('a key that cannot be read', async () => {
        const done = await call(['sign', '--key', world.path('shop_key')], { input: content });
        assert.notEqual(done.code, 0);
        assert.equal(done.stdout, '');
        assert.ok(!done.stderr.includes(world.shopKey), 'it is not repeated');
    });
});

describe('notification verify', () => {
    const payment = { out_trade_no: 'T1', amount: 1230, subject: '书 + 笔' };
    const judge = async (body, more = []) => {
        const done = await call(['notification', 'verify', '--key',
            world.path('alipay/app_public_key.pem'), ...more], { input: body });
        return { code: done.code, ...JSON.parse(done.stdout) };
    };
    const good = () => signed(paidNotification(payment, world.app), world.privateKey('alipay'));

    test('accepts a genuine one and shows it', async () => {
        const params = good();
        assert.deepEqual(await judge(toForm(params),
            ['--app-id', world.app.appId, '--seller-id', world.app.sellerId]),
        { code: 0, verdict: 'accepted', reason: null, hint: null, params });
    });
    test('rejects another app and another seller', async () => {
        for (const name of ['app', 'seller']) {
            const judged = await judge(toForm(good()), [`--${name}-id`, '2021999']);
            assert.deepEqual([judged.code, judged.verdict, judged.reason],
                [1, 'rejected', `${name}_id_mismatch`]);
        }
    });
    test('rejects a changed one', async () => {
        const { code, verdict, reason } = await judge(toForm({ ...good(), total_amount: '0.01' }));
        assert.deepEqual([code, verdict, reason], [1, 'rejected', 'sign_mismatch']);
    });
    test('explains the usual mistakes', async () => {
        const own = signed(paidNotification(payment, world.app), world.privateKey('app'));
        assert.equal((await judge(toForm(own))).reason, 'sign_mismatch');
        const twice = Object.fromEntries(Object.entries(good())
            .map(([name, value]) => [name, encodeURIComponent(value)]));
        assert.match((await judge(toForm(twice))).hint, /^encoded_twice/);
        assert.equal((await judge('')).reason, 'sign_missing');
    });
    test('a key that cannot be read is a mistake of the command line', async () => {
        const done = await call(['notification', 'verify', '--key', world.path('shop_key')]);
        assert.deepEqual([done.code, done.stdout], [2, '']);
    });
});
