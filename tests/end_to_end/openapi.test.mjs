// Every example of /openapi.json is sent to a real gateway beside the pretend Alipay, and every
// answer is held against the schema that the document gives for it: by ajv, and more strictly than
// the document says, for a member that it does not name is one that it has forgotten.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import Ajv2020 from 'ajv/dist/2020.js';

import { payAtCashier } from './lib/cashier.mjs';
import { paidNotification, signed, toForm } from './lib/notification.mjs';
import { until } from './lib/until.mjs';
import { World } from './lib/world.mjs';

let world;
let document;
let ajv;
let operations;  // By operationId: {id, method, path, ...operation}.
const called = new Set();
const replayed = new Set();  // "operationId example".
const made = {};             // What later requests need.

// Objects whose members are listed have no others.
function tighten(schema) {
    if (schema === null || typeof schema !== 'object') return;
    if (schema.properties && schema.additionalProperties === undefined) {
        schema.additionalProperties = false;
    }
    Object.values(schema).forEach(tighten);
}

before(async () => {
    world = await World.make(settings => {
        settings.callers[0].rights =
            ['create', 'read', 'close', 'refund', 'redeliver', 'operate'];
    });
    await Promise.all([world.gateway.start(), world.sandbox.start()]);
    document = await (await fetch(world.url('operator', '/openapi.json'))).json();
    const strict = structuredClone(document);
    tighten(strict.components.schemas);
    tighten(strict.paths);
    ajv = new Ajv2020({
        strict: false, allErrors: true,
        formats: { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/ },
    });
    ajv.addSchema(strict, 'api', false, false);
    operations = {};
    for (const [path, methods] of Object.entries(document.paths)) {
        for (const [method, operation] of Object.entries(methods)) {
            operations[operation.operationId] = { ...operation, path, method };
        }
    }
});
after(() => world?.close());

const pointer = (...steps) => 'api#/' + steps
    .map(step => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/');

function holds(value, where, what) {
    const validate = ajv.getSchema(where) ?? ajv.compile({ $ref: where });
    assert.ok(validate(value), `${what}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(value)}`);
}

// Where the schema of an answer stands; the document must describe its status and type.
function answerSchema({ method, path, responses }, status, type, what) {
    const key = responses[status] ? String(status) : 'default';
    const response = responses[key];
    assert.ok(response, `${what}: ${status} is not described`);
    if (!response.content) return null;
    assert.ok(response.content[type], `${what}: ${status} as ${type} is not described`);
    return pointer('paths', path, method, 'responses', key, 'content', type, 'schema');
}

// Sends one request of an operation and holds its answer against the document.
async function send(id, { path = {}, query = {}, headers = {}, body, status, raw } = {}) {
    const operation = operations[id];
    assert.ok(operation, `there is no operation ${id}`);
    const what = `${id} ${JSON.stringify(body ?? query)}`;
    const target = operation.path.replaceAll(/\{(\w+)\}/g, (_, name) => {
        assert.ok(path[name], `${what}: a ${name} is needed`);
        return encodeURIComponent(path[name]);
    });
    const question = new URLSearchParams(query).toString();
    const listener = operation['x-listener'];
    const reply = await fetch(world.url(listener, target + (question && `?${question}`)), {
        method: operation.method.toUpperCase(), redirect: 'manual',
        body: raw ?? (body && JSON.stringify(body)),
        headers: {
            ...(listener === 'api' && { authorization: `Bearer ${world.shopKey}` }),
            ...(body && { 'content-type': 'application/json' }),
            ...(raw !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
            ...headers,
        },
    });
    called.add(id);
    const text = await reply.text();
    if (status) assert.equal(reply.status, status, `${what}: ${text}`);
    const type = reply.headers.get('content-type')?.split(';')[0];
    const schema = answerSchema(operation, reply.status, type, what);
    const isJson = type?.endsWith('json');
    if (schema) holds(isJson ? JSON.parse(text) : text, schema, what);
    return isJson ? JSON.parse(text) : text;
}

// Replays the named examples of an operation, in their order; the answer to the first one.
async function replay(id, { names, ...how } = {}) {
    const { examples } = operations[id].requestBody.content['application/json'];
    let first;
    for (const name of names ?? Object.keys(examples)) {
        const example = examples[name];
        replayed.add(`${id} ${name}`);
        if (example['x-status'] < 300) {
            const { path, method } = operations[id];
            holds(example.value, pointer('paths', path, method, 'requestBody', 'content',
                'application/json', 'schema'), `the example ${name} of ${id}`);
        }
        const answer = await send(id, { ...how, body: example.value, status: example['x-status'] });
        first ??= answer;
    }
    return first;
}

// The examples of an operation's own query parameters.
const exampleQuery = id => Object.fromEntries((operations[id].parameters ?? [])
    .filter(parameter => parameter.in === 'query' && parameter.example !== undefined)
    .map(({ name, example }) => [name, String(example)]));

describe('the examples', () => {
    test('of payments', async () => {
        made.payment = await replay('createPayment');
        const id = made.payment.id;
        const { payments } = await send('findPayments', { query: exampleQuery('findPayments'), status: 200 });
        assert.deepEqual(payments.map(payment => payment.id), [id]);
        await send('getPayment', { path: { id }, status: 200 });
        await send('getPayment', { path: { id }, query: exampleQuery('getPayment'), status: 200 });
        await send('getPayment', { path: { id: 'pay_none' }, status: 404 });
        await send('getPaymentHistory', { path: { id }, status: 200 });
        await replay('makeToken');
        const wap = await world.payment('A1002');
        await send('cancelPayment', { path: { id: wap.id }, status: 409 });
        const closing = await send('closePayment', { path: { id: wap.id } });
        assert.ok(['closing', 'closed'].includes(closing.status));
        const app = await world.payment('A1003');
        await replay('checkAppResult', { path: { id: app.id } });
    });

    test('of refunds', async () => {
        const id = made.payment.id;
        await payAtCashier(made.payment.action, world.url('alipay'));
        await until(async () => (await world.payment('A1001')).status === 'paid', 20_000, 'it is paid');
        await replay('refundPayment', { path: { id } });
        const sums = await send('listRefunds', { path: { id }, status: 200 });
        assert.deepEqual([sums.refunded, sums.refundable], [400, 600]);
        await send('getRefund', { path: { id, number: 'A1001_R1' }, status: 200 });
        await send('getRefund', { path: { id, number: 'none' }, status: 404 });
    });

    test('of pre-authorisations', async () => {
        await replay('tryPreauthorisation');
        const path = { app: 'shop', out_auth_no: 'H1001' };
        await replay('confirmPreauthorisation', { path });
        await send('getPreauthorisation', { path, status: 200 });
        await send('getPreauthorisationHistory', { path, status: 200 });
        await send('cancelPreauthorisation', { path, status: 200 });
        await send('confirmPreauthorisation', { path, status: 409 });
    });

    test('of events', async () => {
        const { events } = await until(async () => {
            const list = await send('listEvents', { query: exampleQuery('listEvents'), status: 200 });
            return list.events.length > 0 && list;
        }, 10_000, 'an event is published');
        const path = { id: events[0].id };
        await until(async () => {
            const { deliveries } = await send('getEvent', { path, status: 200 });
            return deliveries.some(delivery => delivery.status === 'delivered');
        }, 20_000, 'it is delivered');
        await send('getEvent', { path: { id: 'evt_none' }, status: 404 });
        await send('listAttempts', { path, status: 200 });
        await replay('redeliverEvent', { path });
        await replay('redeliverRange');
        const range = operations.redeliverRange.requestBody.content['application/json'].examples;
        await send('redeliverRange', {
            body: range.no_key.value, headers: { 'idempotency-key': 'range-1' }, status: 200,
        });
    });

    test('of endpoints', async () => {
        const endpoint = await replay('makeEndpoint');
        assert.match(endpoint.secret, /^whsec_/);
        const path = { id: endpoint.id };
        await send('listEndpoints', { status: 200 });
        await send('getEndpoint', { path, status: 200 });
        await replay('changeEndpoint', { path });
        await replay('rotateSecret', { path });
        await send('parkEndpoint', { path, status: 200 });
        await send('enableEndpoint', { path, status: 200 });
        await replay('testEndpoint', { path });
        await send('listDeliveries', { path, status: 200 });
        await send('listDeliveries', { path: { id: 'shop' }, status: 200 });
        await send('removeEndpoint', { path, status: 204 });
        await send('getEndpoint', { path, status: 404 });
        await send('changeEndpoint', { path: { id: 'shop' }, body: { ordered: true }, status: 409 });
    });

    test('of differences', async () => {
        const payment = await world.payment('A1004');
        const little = paidNotification(payment, world.app, { total_amount: '0.01' });
        const raw = toForm(signed(little, world.privateKey('alipay')));
        await send('takeNotification', { path: { app: 'shop' }, raw, status: 400 });
        const { differences } = await send('listDifferences',
            { query: exampleQuery('listDifferences'), status: 200 });
        const path = { id: differences[0].id };
        await send('getDifference', { path, status: 200 });
        await replay('settleDifference', { path, headers: { 'idempotency-key': 'settle-1' } });
        await replay('settleDifference',
            { path, headers: { 'idempotency-key': 'settle-1' } });
        await send('getDifference', { path: { id: 'dif_none' }, status: 404 });
    });

    test('of notifications', async () => {
        const { notifications } = await send('listNotifications',
            { query: exampleQuery('listNotifications'), status: 200 });
        const path = { id: notifications[0].id };
        assert.match((await send('getNotification', { path, status: 200 })).body, /notify_id=/);
        await send('getNotification', { path: { id: '999999' }, status: 404 });
        const again = await send('reprocessNotification', { path, status: 200 });
        assert.deepEqual([again.verdict, again.duplicate], ['accepted', true]);
        await send('reprocessNotification', { path: { id: '999999' }, status: 404 });
    });

    test('of the other doors', async () => {
        await send('takeNotification', { path: { app: 'nobody' }, raw: '', status: 404 });
        await send('takeMessage', { path: { app: 'shop' }, raw: 'a=b', status: 400 });
        await send('takeReturn', { path: { app: 'shop' } });
        for (const id of ['health', 'readiness', 'metrics', 'openapi']) await send(id, { status: 200 });
    });

    test('are all replayed, and no operation is left out', () => {
        assert.deepEqual(Object.keys(operations).filter(id => !called.has(id)), []);
        const examples = Object.entries(operations).flatMap(([id, { requestBody }]) =>
            Object.keys(requestBody?.content['application/json']?.examples ?? {})
                .map(name => `${id} ${name}`));
        assert.ok(examples.length > 20);
        assert.deepEqual(examples.filter(example => !replayed.has(example)), []);
    });
});
