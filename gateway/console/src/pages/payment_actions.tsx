// The dialogs of a payment's actions.
import { useState } from 'preact/hooks';
import { ask } from '../api';
import { fenOf, plainYuan, yuan } from '../format';
import { ActionDialog, type Doing } from '../parts/dialog';
import { Field } from '../parts/form';
import { statusWord } from '../parts/small';
import type { Payment, Timeline } from '../types';
import { words } from '../words';

export type Chosen =
    | { name: 'refresh' | 'close' | 'cancel' | 'refund' }
    | { name: 'redeliver'; event: string; type: string };

interface Props { life: Timeline; chosen: Chosen; onDone: (told: string) => void; onClose: () => void }

export function PaymentActionDialog({ life, chosen, onDone, onClose }: Props) {
    const { payment } = life;
    const w = words().act;
    const path = `/v1/payments/${encodeURIComponent(payment.id)}`;
    const ends = { onDone, onClose };
    switch (chosen.name) {
        case 'refund': return <RefundDialog life={life} {...ends} />;
        case 'refresh': return (
            <ActionDialog title={w.refresh} how={w.refresh_how} asksOnly {...ends} run={async () => {
                const now = await ask<Payment & { refreshed: boolean }>(path, { query: { refresh: 1 } });
                return now.refreshed ? w.payment_done(statusWord(now.status)) : w.not_heard(statusWord(now.status));
            }} />
        );
        case 'redeliver': return (
            <ActionDialog title={w.redeliver} how={w.redeliver_how(chosen.type)} {...ends} run={async ({ reason, key }) => {
                const told = await ask<{ deliveries: unknown[] }>(`/v1/events/${encodeURIComponent(chosen.event)}/redeliver`,
                    { method: 'POST', reason, key });
                return w.began(String(told.deliveries.length));
            }} />
        );
        case 'close':
        case 'cancel': {
            const name = chosen.name;
            return (
                <ActionDialog title={w[name]} how={name === 'close' ? w.close_how : w.cancel_how} danger {...ends}
                    run={async ({ reason, key }) => {
                        const now = await ask<Payment>(`${path}/${name}`, { method: 'POST', reason, key });
                        return w.payment_done(statusWord(now.status));
                    }} />
            );
        }
    }
}

// "A1001" -> "A1001_R1": a number that none of its refunds has.
function freeNumber(payment: Payment, taken: string[]): string {
    for (let n = taken.length + 1; ; ++n) {
        const tail = `_R${n}`;
        const number = payment.out_trade_no.slice(0, 64 - tail.length) + tail;
        if (!taken.includes(number)) return number;
    }
}

function RefundDialog({ life, onDone, onClose }: Omit<Props, 'chosen'>) {
    const { payment, refundable: most } = life;
    const [text, setAmount] = useState(() => plainYuan(most));
    const [out, setNumber] = useState(() => freeNumber(payment, life.refunds.map(refund => refund.out_request_no)));
    const [toBuyer, setToBuyer] = useState('');
    const w = words();
    const missing = () => {
        const fen = fenOf(text);
        if (fen === null) return w.act.amount_wrong;
        if (fen > most) return w.act.amount_too_high(yuan(most));
        return /^[A-Za-z0-9_]{1,64}$/.test(out) ? '' : w.act.number_wrong;
    };
    const run = async ({ reason, key }: Doing) => {
        const told = await ask<{ status: string }>(`/v1/payments/${encodeURIComponent(payment.id)}/refunds`, {
            method: 'POST', reason, key,
            body: { out_request_no: out.trim(), amount: fenOf(text), ...(toBuyer.trim() === '' ? {} : { reason: toBuyer.trim() }) },
        });
        return w.act.refund_done(statusWord(told.status));
    };
    const parsed = fenOf(text);
    return (
        <ActionDialog title={w.act.refund} how={w.act.refund_how} danger missing={missing} run={run} onDone={onDone} onClose={onClose}
            verb={parsed === null ? w.act.refund : `${w.act.refund} ${yuan(parsed)}`}>
            <div class="pair">
                <Field label={w.act.amount} hint={`${w.payment.refundable}${w.colon}${yuan(most)}`}>
                    <input name="amount" inputMode="decimal" value={text} autoComplete="off" required
                        onInput={event => setAmount(event.currentTarget.value)} />
                </Field>
                <Field label={w.act.refund_number}>
                    <input name="out_request_no" value={out} maxLength={64} autoComplete="off" spellcheck={false} required
                        onInput={event => setNumber(event.currentTarget.value)} />
                </Field>
            </div>
            <Field label={w.act.to_buyer} hint={w.act.to_buyer_how} wide>
                <input name="to_buyer" value={toBuyer} maxLength={200} autoComplete="off"
                    onInput={event => setToBuyer(event.currentTarget.value)} />
            </Field>
        </ActionDialog>
    );
}
