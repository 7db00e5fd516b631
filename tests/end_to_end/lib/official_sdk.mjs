// Alipay's own Node SDK, on either side of the wire.
import { AlipaySdk } from 'alipay-sdk';

// Its signing is not among its exports; the version is pinned, so the file stays where it is.
const util = await import(new URL('./util.js', import.meta.resolve('alipay-sdk')));

const bare = (key, type) => key.export({ type, format: 'der' }).toString('base64');

// The SDK in the merchant's place: it checks what Alipay signed.
export function merchantSdk(world) {
    return new AlipaySdk({
        appId: world.app.appId,
        keyType: 'PKCS8', privateKey: bare(world.privateKey('app'), 'pkcs8'),
        alipayPublicKey: bare(world.publicKey('alipay'), 'spki'),
        gateway: world.url('alipay', '/gateway.do'),
        endpoint: world.url('alipay'),  // Of API v3.
    });
}

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
    const { method, biz_content, ...rest } = params;
    for (const theirs of ['app_id', 'charset', 'version', 'sign_type', 'sign']) delete rest[theirs];
    return util.sign(method, { ...rest, biz_content: JSON.parse(biz_content) }, sdk.config,
        { bizContentAutoSnakeCase: false });
}

// The SDK's signature of a text, by Alipay's key: what notifications carry.
export function sdkSignature(sdk, content) {
    return util.signatureV3(content, sdk.config.privateKey);
}
