// Alipay's gateway as the official SDK would have it: takes what the SDK accepts as its own request,
// and answers with what the SDK signs.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';

import { alipaySdk, merchantSdk, sdkRequest, sdkSignature } from './official_sdk.mjs';

// What stands in the address; the rest is the method's own, and stands in the body.
const inAddress = ['app_id', 'method', 'format', 'charset', 'sign_type', 'sign', 'timestamp',
    'version', 'notify_url'];

const decoded = text => {
    const pairs = [...new URLSearchParams(text)];
    const params = Object.fromEntries(pairs);
    assert.equal(pairs.length, Object.keys(params).length, 'a name twice');
    return params;
};

export class SdkAlipay {
    #server;
    #merchant;
    #alipay;
    #answers = {};
    // What came, by method: the parameters, and biz_content parsed.
    calls = [];
    // Why a request was not what the SDK would have sent.
    complaints = [];

    constructor() {
        this.#server = createServer(async (request, response) => {
            const parts = [];
            for await (const part of request) parts.push(part);
            response.setHeader('content-type', 'text/html;charset=utf-8');
            response.end(this.#answer(new URL(request.url, 'http://x').search,
                Buffer.concat(parts).toString()));
        });
    }

    async start() {
        this.#server.listen(0, '127.0.0.1');
        await once(this.#server, 'listening');
        return `http://127.0.0.1:${this.#server.address().port}/gateway.do`;
    }

    use(world) {
        this.#merchant = merchantSdk(world);
        this.#alipay = alipaySdk(world);
    }

    // The node for each method; a function of biz_content.
    answerWith(answers) {
        this.#answers = answers;
    }

    #judge(query, body) {
        const own = decoded(body);
        const common = decoded(query);
        assert.deepEqual(Object.keys(common).filter(name => !inAddress.includes(name)), []);
        const params = { ...common, ...own };
        // The SDK in the merchant's place makes the very same request, down to the signature …
        assert.deepEqual(params, { ...sdkRequest(this.#merchant, params) });
        // … and in Alipay's place it accepts ours.
        const { sign, ...rest } = params;
        const content = Object.keys(rest).sort().map(name => `${name}=${rest[name]}`).join('&');
        assert.equal(this.#alipay.rsaCheck(content, sign, 'RSA2'), true);
        return { ...params, biz: JSON.parse(params.biz_content) };
    }

    #answer(query, body) {
        try {
            const call = this.#judge(query, body);
            this.calls.push(call);
            const node = JSON.stringify(this.#answers[call.method](call.biz));
            const name = `${call.method.replaceAll('.', '_')}_response`;
            const sign = sdkSignature(this.#alipay, node);
            const text = `{"${name}":${node},"sign":"${sign}"}`;
            assert.equal(this.#merchant.checkResponseSign(text, name), true);
            return text;
        } catch (error) {
            this.complaints.push(error);
            return '{}';
        }
    }

    async stop() {
        this.#server.closeAllConnections();
        this.#server.close();
        await once(this.#server, 'close');
    }
}
