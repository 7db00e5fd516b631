// Rules to begin with, under the names that the words have for them: docs/sandbox.md has more.
export const kRecipes: Record<string, Record<string, unknown>> = {
    slow: { on: '*', do: 'delay', delay_ms: 3_000 },
    lose_call: { on: 'alipay.trade.precreate', do: 'drop_request', nth: 1 },
    lose_answer: { on: 'alipay.trade.refund', do: 'drop_answer', nth: 1 },
    error: { on: '*', do: 'http_error', http_status: 502, percent: 10 },
    no_notice: { on: 'notification.paid', do: 'lose' },
    late_notice: { on: 'notification.paid', do: 'delay', delay_ms: 60_000 },
    twice: { on: 'notification', do: 'duplicate', copies: 2 },
    forged: { on: 'notification.paid', do: 'wrong_signature' },
    amount: { on: 'notification.paid', do: 'wrong_amount', amount: '0.01' },
};
