// A buyer without a browser: opens the pretend Alipay's cashier and presses "pay".

// What a payment's action asks the buyer's side to do, as a request that opens the cashier.
function opening(action, alipayUrl) {
    switch (action.type) {
        case 'redirect': return [action.url];
        case 'qr': return [action.qr_code];
        case 'sdk': return [`${alipayUrl}/app`, {
            method: 'POST', body: new URLSearchParams({ order_string: action.order_string }),
        }];
        default: throw new Error(`no buyer can take the action ${action.type}`);
    }
}

export async function payAtCashier(action, alipayUrl) {
    const cashier = await fetch(...opening(action, alipayUrl));
    const html = await cashier.text();
    const nonce = /name="nonce" value="([^"]*)"/.exec(html);
    if (!nonce) throw new Error(`no cashier at ${cashier.url}: ${html}`);
    const paid = await fetch(`${cashier.url}/pay`, {
        method: 'POST', body: new URLSearchParams({ nonce: nonce[1] }),
    });
    if (!paid.ok) throw new Error(`the cashier answered ${paid.status}`);
}
