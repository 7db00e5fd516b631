// Where Alipay's word and our books cannot both be true, until a person settles it.
import { useState } from 'preact/hooks';
import { ask } from '../api';
import { useDesk } from '../desk';
import { nextAfter, useList } from '../load';
import { ActionDialog } from '../parts/dialog';
import { Choice, Field, TextChoice } from '../parts/form';
import { List } from '../parts/list';
import { OpeningRow } from '../parts/opening_row';
import { Badge, Fact, Facts, Json, When } from '../parts/small';
import { go, link, type Route } from '../route';
import type { Difference } from '../types';
import { words } from '../words';

const kFilters = ['status', 'class', 'app'] as const;
const kChoices = ['accept', 'refund', 'ignore'] as const;

// Of one payment they stand in its timeline, which has no pages.
interface Answer { differences: Difference[]; next_after?: number; more?: boolean }

const className = (name: string): string => words().differences.classes[name] ?? name;

export function Differences({ route }: { route: Route }) {
    const { say } = useDesk();
    const asked = Object.fromEntries(kFilters.map(name => [name, route.query.get(name) ?? ''])) as Record<typeof kFilters[number], string>;
    const payment = route.query.get('payment') ?? '';
    const status = asked.status || 'open';
    const list = useList(payment === '' ? '/v1/differences' : `/payments/${encodeURIComponent(payment)}/timeline`,
        payment === '' ? { ...asked, limit: 50 } : {}, (answer: Answer) => ({
            rows: payment === '' ? answer.differences : answer.differences.filter(one =>
                (status === 'all' || one.status === status) && (asked.class === '' || one.class === asked.class)),
            next: nextAfter(answer),
        }), status + asked.class);
    const [chosen, setChosen] = useState<Difference | null>(null);
    const change = (name: string, value: string) => go(link(['differences'], { ...asked, payment, [name]: value }));
    const w = words();
    const d = w.differences;
    const filtered = payment !== '' || kFilters.some(name => asked[name] !== '');
    return (
        <>
            <div class="title"><h1>{w.nav.differences}</h1></div>
            <form class="filters" onSubmit={event => event.preventDefault()}>
                <Field label={d.status}>
                    <select value={status} onChange={event => change('status', event.currentTarget.value)}>
                        {['open', 'settled', 'all'].map(status => (
                            <option key={status} value={status}>{status === 'all' ? w.all : w.statuses[status]}</option>))}
                    </select>
                </Field>
                <Choice label={d.class} value={asked.class} options={Object.keys(d.classes)} word={className} onChange={value => change('class', value)} />
                {payment === '' && <TextChoice label={d.app} value={asked.app} onChange={value => change('app', value)} />}
                {payment !== '' && <TextChoice label={d.payment} value={payment} onChange={value => change('payment', value)} />}
                {filtered && <a class="reset" href={link(['differences'])}>{w.reset}</a>}
            </form>
            <section class="card scroll">
                <List list={list} name={w.nav.differences} heads={[d.class, d.status, d.payment, d.app, d.opened]}
                    empty={filtered ? { title: d.nothing, how: d.nothing_how } : { title: d.empty, how: d.empty_how }}
                    row={one => (
                        <OpeningRow key={one.id} width={5} head={<span class="strong">{className(one.class)}</span>} cells={[
                            <Badge status={one.status} tone={one.status === 'open' ? 'bad' : 'good'} />,
                            one.payment_id ? <a class="mono" href={link(['payments', one.payment_id])}>{one.payment_id}</a> : '–',
                            <span class="soft">{one.app}</span>, <span class="soft"><When at={one.opened_at} /></span>,
                        ]}>
                            {() => <Details one={one} onSettle={() => setChosen(one)} />}
                        </OpeningRow>
                    )} />
            </section>
            {chosen && <SettleDialog difference={chosen} onClose={() => setChosen(null)} onDone={told => {
                say(told);
                list.again();
            }} />}
        </>
    );
}

function Details({ one, onSettle }: { one: Difference; onSettle: () => void }) {
    const { mayAct } = useDesk();
    const w = words();
    const d = w.differences;
    return (
        <div class="details">
            <Facts>
                <Fact name="id"><span class="mono">{one.id}</span></Fact>
                <Fact name={d.class}><span class="mono">{one.class}</span></Fact>
                <Fact name={d.trade_no}><span class="mono">{one.trade_no || '–'}</span></Fact>
                {one.settled_at && <Fact name={d.settled}><When at={one.settled_at} /></Fact>}
            </Facts>
            {mayAct && one.status === 'open' && <p><button type="button" class="plain" data-action="settle" onClick={onSettle}>{w.act.settle}</button></p>}
            {one.settlement !== null && <><h2 class="minor">{d.settlement}</h2><Json value={one.settlement} name={d.settlement} /></>}
            <h2 class="minor">{d.evidence}</h2><Json value={one.evidence} name={d.evidence} />
        </div>
    );
}

function SettleDialog({ difference, onDone, onClose }: { difference: Difference; onDone: (told: string) => void; onClose: () => void }) {
    const [action, setAction] = useState<typeof kChoices[number] | ''>('');
    const w = words();
    const d = w.differences;
    const possible = kChoices.filter(choice => choice !== 'refund' || difference.payment_id);
    return (
        <ActionDialog title={`${w.act.settle}${w.colon}${className(difference.class)}`} how="" verb={w.act.settle} danger={action === 'refund'}
            missing={() => (action === '' ? d.how_needed : '')} onDone={onDone} onClose={onClose}
            run={async ({ reason, key }) => {
                await ask(`/v1/differences/${encodeURIComponent(difference.id)}/settle`,
                    { method: 'POST', reason, key, body: { action, note: reason } });
                return w.act.done;
            }}>
            <fieldset class="choices"><legend>{d.how}</legend>
                {possible.map(choice => (
                    <label key={choice} class="check"><input type="radio" name="action" value={choice} checked={action === choice}
                        onChange={() => setAction(choice)} /><span><strong>{d.choices[choice]}</strong><span class="hint">{d.choice_how[choice]}</span></span></label>
                ))}
            </fieldset>
        </ActionDialog>
    );
}
