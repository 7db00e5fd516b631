// Alipay's own Node SDK, on either side of the wire.
import { AlipaySdk } from 'alipay-sdk';

// Its signing is not among its exports; the version is pinned, so the file stays where it is.
const util = await import(new URL('./util.js', import.meta.resolve('alipay-sdk')));

const bare = (key, type) => key.export({ type, format: 'der' }).toString('base64');

// The SDK in the merchant's place: it checks what Alipay signed. `more` may put its settings for
// another mode in the place of these.
export function merchantSdk(world, more = {}) {
    return new AlipaySdk({
        appId: world.app.appId,
        keyType: 'PKCS8', privateKey: bare(world.privateKey('app'), 'pkcs8'),
        alipayPublicKey: bare(world.publicKey('alipay'), 'spki'),
        gateway: world.url('alipay', '/gateway.do'),
        endpoint: world.url('alipay'),  // Of API v3.
        ...more,
    });
}

// A private key, or a public one, as the SDK takes it.
export const bareKey = key => bare(key, key.type === 'private' ? 'pkcs8' : 'spki');

// The SDK with the keys changed round, in Alipay's place: it checks what the merchant signed.
export function alipaySdk(world) {
    return new AlipaySdk({
        appId: world.app.appId,
        keyType: 'PKCS8', privateKey: bare(world.privateKey('alipay'), 'pkcs8'),
        alipayPublicKey: bare(world.publicKey('app'), 'spki'),
    });
}

// The SDK's own request with these parameters and the merchant's key, its signature included.
// The timestamp is taken over, so that the whole of it can be compared.
export function sdkRequest(sdk, params) {
    const { method, biz_content, encrypt_type, ...rest } = params;
    for (const theirs of ['app_id', 'charset', 'version', 'sign_type', 'sign', 'app_cert_sn',
        'alipay_root_cert_sn']) delete rest[theirs];
    const needEncrypt = encrypt_type !== undefined;
    const biz = needEncrypt ? sdk.aesDecrypt(biz_content) : biz_content;
    return util.sign(method, { ...rest, needEncrypt, biz_content: JSON.parse(biz) }, sdk.config,
        { bizContentAutoSnakeCase: false });
}

// The SDK's signature of a call of API v3 as it came.
export function sdkSignatureV3(sdk, { method, target, headers, body }) {
    const [, credentials, sign] =
        /^ALIPAY-SHA256withRSA (.*),sign=(.*)$/.exec(headers.authorization);
    const made = util.signatureV3(`${credentials}\n${method}\n${target}\n${body}\n`,
        sdk.config.privateKey);
    return { credentials: new URLSearchParams(credentials.replaceAll(',', '&')), sign, made };
}

// Whether the SDK takes an answer of API v3 for Alipay's.
export function sdkAcceptsV3(sdk, { answerHeaders, answer }) {
    const stamp = `${answerHeaders['alipay-timestamp']}\n${answerHeaders['alipay-nonce']}\n`;
    return util.verifySignatureV3(`${stamp}${answer}\n`, answerHeaders['alipay-signature'],
        sdk.config.alipayPublicKey);
}

// The SDK's signature of a text, by Alipay's key: what notifications carry.
export function sdkSignature(sdk, content) {
    return util.signatureV3(content, sdk.config.privateKey);
}
