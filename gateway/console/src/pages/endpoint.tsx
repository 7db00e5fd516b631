// One endpoint: how it is, what it gets, and what can be done about it.
import { useState } from 'preact/hooks';
import { ask } from '../api';
import { useDesk } from '../desk';
import { count } from '../format';
import { useLoad } from '../load';
import { ActionDialog } from '../parts/dialog';
import { Fact, Facts, Loading, Trouble, When } from '../parts/small';
import { link, type Route } from '../route';
import type { Endpoint } from '../types';
import { words } from '../words';
import { DeliveryList } from './delivery_list';
import { EndpointMarks } from './deliveries';
import { RangeDialog } from './range';

type Act = 'park' | 'enable' | 'test' | 'range';

export function EndpointPage({ id, route }: { id: string; route: Route }) {
    const { mayAct, say } = useDesk();
    const path = `/v1/endpoints/${encodeURIComponent(id)}`;
    const { data, problem, again } = useLoad<Endpoint>(path, {}, 5_000);
    const [act, setAct] = useState<Act | null>(null);
    const [turn, setTurn] = useState(0);
    const w = words();
    const done = (told: string) => {
        say(told);
        again();
        setTurn(had => had + 1);
    };
    return (
        <>
            <p><a class="back" href={link(['deliveries'])}>‹ {w.deliveries.back}</a></p>
            {problem && <Trouble problem={problem} again={again} />}
            {!data ? !problem && <Loading /> : (
                <>
                    <Head endpoint={data} />
                    {mayAct && (
                        <div class="actions" role="group" aria-label={w.payment.actions}>
                            <button type="button" data-action="test" onClick={() => setAct('test')}>{w.act.test}</button>
                            {(data.status !== 'enabled' || data.health.breaker !== 'closed') && (
                                <button type="button" class="plain" data-action="enable" onClick={() => setAct('enable')}>{w.act.enable}</button>)}
                            {data.status === 'enabled' && (
                                <button type="button" class="plain" data-action="park" onClick={() => setAct('park')}>{w.act.park}</button>)}
                            <button type="button" class="plain" data-action="range" onClick={() => setAct('range')}>{w.deliveries.range}</button>
                        </div>
                    )}
                    <DeliveryList endpoint={id} route={route} turn={turn} onChanged={again} />
                    {act === 'range' && <RangeDialog endpoint={id} onDone={done} onClose={() => setAct(null)} />}
                    {act !== null && act !== 'range' && (
                        <ActionDialog title={w.act[act]} how={w.act[`${act}_how`]} danger={act === 'park'} onDone={done} onClose={() => setAct(null)}
                            run={async ({ reason, key }) => {
                                await ask(`${path}/${act}`, { method: 'POST', reason, ...(act === 'test' ? { key } : {}) });
                                return act === 'test' ? w.act.sent : w.act.done;
                            }} />
                    )}
                </>
            )}
        </>
    );
}

function Head({ endpoint }: { endpoint: Endpoint }) {
    const w = words().deliveries;
    const all = w.all_events;
    return (
        <section class="card head">
            <div class="line"><h1>{endpoint.id}</h1><EndpointMarks endpoint={endpoint} /></div>
            {endpoint.description && <p>{endpoint.description}</p>}
            <p class="mono soft">{endpoint.url}</p>
            {endpoint.serves_other_apps && <p class="note">{w.shared}</p>}
            <Facts>
                <Fact name={w.waiting}>{count(endpoint.load.pending)}</Fact>
                <Fact name={w.given_up}>{count(endpoint.load.given_up)}</Fact>
                <Fact name={w.oldest}><When at={endpoint.load.oldest_pending_at} /></Fact>
                <Fact name={w.failing_since}><When at={endpoint.health.failing_since} /></Fact>
                {endpoint.health.open_until && <Fact name={w.probe_at}><When at={endpoint.health.open_until} /></Fact>}
                {endpoint.parked_reason && <Fact name={w.parked_because}>{endpoint.parked_reason} <When at={endpoint.parked_at} /></Fact>}
                <Fact name={w.events}>{endpoint.event_types.length === 0 ? all : endpoint.event_types.join(', ')}</Fact>
                <Fact name={words().payment.app}>{endpoint.apps.length === 0 ? all : endpoint.apps.join(', ')}</Fact>
                <Fact name={w.origin}>{w.origins[endpoint.origin] ?? endpoint.origin}</Fact>
            </Facts>
        </section>
    );
}
