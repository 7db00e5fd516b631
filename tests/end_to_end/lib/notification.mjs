// Notifications as Alipay makes them (rule V1), written apart from the product: sorted by name,
// without empty values, sign and sign_type, joined undecoded, signed, then form-encoded once.
import { randomBytes, sign } from 'node:crypto';

// Alipay's wall clock is Beijing's.
export function beijing(date = new Date()) {
    return new Date(date.getTime() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
}

// What Alipay would post once the payment (as the API gives it) has been paid.
export function paidNotification(payment, app, more = {}) {
    const digits = String(payment.amount).padStart(3, '0');
    const yuan = `${digits.slice(0, -2)}.${digits.slice(-2)}`;
    return {
        notify_time: beijing(), notify_type: 'trade_status_sync',
        notify_id: randomBytes(17).toString('hex'),
        app_id: app.appId, auth_app_id: app.appId, charset: 'utf-8', version: '1.0',
        trade_no: `2026${payment.out_trade_no}`, out_trade_no: payment.out_trade_no,
        trade_status: 'TRADE_SUCCESS', total_amount: yuan, receipt_amount: yuan,
        buyer_pay_amount: yuan, seller_id: app.sellerId, subject: payment.subject,
        gmt_create: beijing(), gmt_payment: beijing(),
        fund_bill_list: JSON.stringify([{ amount: yuan, fundChannel: 'ALIPAYACCOUNT' }]),
        ...more,
    };
}

export function signedContent(params) {
    return Object.keys(params)
        .filter(name => name !== 'sign' && name !== 'sign_type' && params[name] !== '')
        .sort()
        .map(name => `${name}=${params[name]}`)
        .join('&');
}

export function signed(params, privateKey) {
    const signature = sign('RSA-SHA256', Buffer.from(signedContent(params)), privateKey);
    return { ...params, sign_type: 'RSA2', sign: signature.toString('base64') };
}

export function toForm(params) {
    return new URLSearchParams(params).toString();
}
