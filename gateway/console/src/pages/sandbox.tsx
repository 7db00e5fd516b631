// The pretend Alipay beside this gateway: what it knows, what it sends, and what it does wrong on purpose.
import { useState } from 'preact/hooks';
import { ask, type ApiError } from '../api';
import { useDesk } from '../desk';
import { useLoad } from '../load';
import { ActionDialog } from '../parts/dialog';
import { Field } from '../parts/form';
import { Badge, Empty, Loading, Trouble, When } from '../parts/small';
import type { SandboxCertificate, SandboxFault, SandboxNotification, SandboxTrade } from '../types';
import { words } from '../words';
import { kRecipes } from './sandbox_recipes';

const kPollMs = 4_000;

// Said once, where the page begins.
const isAway = (problem: ApiError): boolean => problem.code === 'sandbox_unavailable';

export function Sandbox({ url }: { url: string }) {
    const w = words();
    return (
        <>
            <div class="title"><h1>{w.nav.sandbox}</h1>
                <p class="soft">{w.sandbox.how} {url !== '' && <a href={url} target="_blank" rel="noreferrer">{w.sandbox.open}</a>}</p></div>
            <Faults />
            <Certificates />
            <Trades />
            <Sent />
        </>
    );
}

function Faults() {
    const { mayAct, say } = useDesk();
    const { data, problem, again } = useLoad<{ faults: SandboxFault[] }>('/sandbox/faults', {}, kPollMs);
    const [asking, setAsking] = useState<'set' | 'clear' | null>(null);
    const w = words();
    const s = w.sandbox;
    const done = (told: string) => {
        say(told);
        again();
    };
    return (
        <section class="card">
            <div class="line"><h2>{s.faults}</h2>
                {mayAct && <span class="buttons">
                    {data && data.faults.length > 0 && <button type="button" class="plain small" data-action="clear-faults" onClick={() => setAsking('clear')}>{w.act.clear_faults}</button>}
                    <button type="button" class="plain small" data-action="set-faults" onClick={() => setAsking('set')}>{w.act.set_faults}</button>
                </span>}
            </div>
            {problem && <Trouble problem={problem} again={again} />}
            {!data ? !problem && <Loading /> : data.faults.length === 0 ? !problem && <p class="soft">{s.no_faults}</p> : (
                <table><caption class="aside">{s.faults}</caption>
                    <thead><tr><th scope="col">{s.on}</th><th scope="col">{s.does}</th><th scope="col">{s.struck}</th></tr></thead>
                    <tbody>{data.faults.map((fault, i) => (
                        <tr key={i}><td class="mono">{fault.on} {fault.out_trade_no}</td><td class="mono">{fault.do} {fault.sub_code}</td>
                            <td>{fault.struck} <span class="soft">({s.fitted} {fault.fitted})</span></td></tr>
                    ))}</tbody>
                </table>
            )}
            {asking === 'clear' && <ActionDialog title={w.act.clear_faults} how={s.no_faults} asksOnly onDone={done} onClose={() => setAsking(null)}
                run={async () => {
                    await ask('/sandbox/faults', { method: 'POST', body: {} });
                    return s.no_faults;
                }} />}
            {asking === 'set' && <FaultDialog onDone={done} onClose={() => setAsking(null)} />}
        </section>
    );
}

function FaultDialog({ onDone, onClose }: { onDone: (told: string) => void; onClose: () => void }) {
    const [rules, setRules] = useState('');
    const w = words();
    const s = w.sandbox;
    const parsed = (): unknown => {
        try {
            return JSON.parse(rules);
        } catch {
            return undefined;
        }
    };
    return (
        <ActionDialog title={w.act.set_faults} how={s.recipes} asksOnly missing={() => (parsed() === undefined ? s.rules_wrong : '')} onDone={onDone} onClose={onClose}
            run={async () => {
                await ask('/sandbox/faults', { method: 'POST', body: parsed() });
                return w.act.done;
            }}>
            <div class="recipes">{Object.entries(kRecipes).map(([name, rule]) => (
                <button key={name} type="button" class="plain small" data-recipe={name}
                    onClick={() => setRules(JSON.stringify({ faults: [rule] }, null, 2))}>{s.recipe[name] ?? name}</button>
            ))}</div>
            <Field label={s.rules} wide>
                <textarea name="rules" value={rules} spellcheck={false} rows={8} onInput={event => setRules(event.currentTarget.value)} />
            </Field>
        </ActionDialog>
    );
}

function Certificates() {
    const { mayAct, say } = useDesk();
    const { data, again } = useLoad<{ certificates: SandboxCertificate[] }>('/sandbox/certificates', {}, kPollMs);
    const [renewing, setRenewing] = useState<string | null>(null);
    const w = words();
    if (!data || data.certificates.length === 0) return null;
    return (
        <section class="card">
            <h2>{w.sandbox.certificates}</h2>
            <ul class="rows">{data.certificates.map(one => (
                <li key={one.app_id}><span>{one.app_id} <span class="mono soft">{one.alipay_cert_sn}</span></span>
                    <span class="line"><span class="soft">{w.sandbox.left(one.renewals_left)}</span>
                        {mayAct && one.renewals_left > 0 && <button type="button" class="plain small" data-action="renew"
                            onClick={() => setRenewing(one.app_id)}>{w.act.renew}</button>}</span></li>
            ))}</ul>
            {renewing !== null && <ActionDialog title={w.act.renew} how={w.act.renew_how} asksOnly onClose={() => setRenewing(null)}
                onDone={told => {
                    say(told);
                    again();
                }}
                run={async () => {
                    await ask(`/sandbox/certificates/${encodeURIComponent(renewing)}/renew`, { method: 'POST', body: {} });
                    return w.act.done;
                }} />}
        </section>
    );
}

function Trades() {
    const { data, problem } = useLoad<{ trades: SandboxTrade[] }>('/sandbox/trades', {}, kPollMs);
    const w = words();
    const s = w.sandbox;
    return (
        <section class="card scroll">
            <h2>{s.trades}</h2>
            {problem && !isAway(problem) && <Trouble problem={problem} />}
            {!data ? !problem && <Loading /> : data.trades.length === 0 ? <Empty title={s.no_trades} /> : (
                <table><caption class="aside">{s.trades}</caption>
                    <thead><tr><th scope="col">{w.payments.number}</th><th scope="col">{w.payments.status}</th><th scope="col">{w.payments.amount}</th>
                        <th scope="col">{w.payments.subject}</th><th scope="col">{w.payments.created}</th></tr></thead>
                    <tbody>{data.trades.slice(0, 50).map(trade => (
                        <tr key={trade.trade_no}><td class="mono strong">{trade.out_trade_no}</td>
                            <td>{trade.trade_status === 'WAIT_BUYER_PAY'
                                ? <a href={trade.cashier_url} target="_blank" rel="noreferrer">{s.cashier}</a> : <span class="mono">{trade.trade_status}</span>}</td>
                            <td class="number">¥{trade.total_amount}</td><td class="text">{trade.subject}</td>
                            <td class="soft"><When at={trade.created_at} /></td></tr>
                    ))}</tbody>
                </table>
            )}
        </section>
    );
}

function Sent() {
    const { data, problem } = useLoad<{ notifications: SandboxNotification[] }>('/sandbox/notifications', {}, kPollMs);
    const w = words();
    const s = w.sandbox;
    return (
        <section class="card scroll">
            <h2>{s.notifications}</h2>
            {problem && !isAway(problem) && <Trouble problem={problem} />}
            {!data ? !problem && <Loading /> : data.notifications.length === 0 ? <Empty title={s.no_notifications} /> : (
                <table><caption class="aside">{s.notifications}</caption>
                    <thead><tr><th scope="col">{w.payments.number}</th><th scope="col">{w.payments.status}</th>
                        <th scope="col">{w.notifications.trade_status}</th><th scope="col">{s.attempts}</th><th scope="col">{s.due}</th></tr></thead>
                    <tbody>{data.notifications.slice(0, 50).map(one => (
                        <tr key={one.notify_id}><td class="mono strong">{one.out_trade_no}</td>
                            <td><Badge status={one.state}>{s.states[one.state] ?? one.state}</Badge></td>
                            <td class="mono">{one.trade_status}</td>
                            <td>{one.attempts_made} <span class="soft">{one.attempts.at(-1)?.answer.slice(0, 20)}</span></td>
                            <td class="soft"><When at={one.due_at} /></td></tr>
                    ))}</tbody>
                </table>
            )}
        </section>
    );
}
