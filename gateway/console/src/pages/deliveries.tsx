// The endpoints, and whether they hear.
import { count } from '../format';
import { useLoad } from '../load';
import { Badge, Empty, Loading, Trouble, When } from '../parts/small';
import { link } from '../route';
import type { Endpoint } from '../types';
import { words } from '../words';

const kPollMs = 10_000;

export function EndpointMarks({ endpoint }: { endpoint: Endpoint }) {
    const { breaker } = endpoint.health;
    return (
        <span class="marks">
            <Badge status={endpoint.status} />
            <Badge tone={breaker === 'closed' ? 'quiet' : breaker === 'open' ? 'bad' : 'wait'}>{words().breaker[breaker] ?? breaker}</Badge>
        </span>
    );
}

export function Deliveries() {
    const { data, problem, again } = useLoad<{ endpoints: Endpoint[] }>('/v1/endpoints', {}, kPollMs);
    const w = words().deliveries;
    return (
        <>
            <div class="title"><h1>{words().nav.deliveries}</h1></div>
            {problem && <Trouble problem={problem} again={again} />}
            {!data ? !problem && <Loading /> : data.endpoints.length === 0
                ? <section class="card"><Empty title={w.empty} how={w.empty_how} /></section> : (
                    <div class="endpoints">
                        {data.endpoints.map(endpoint => <EndpointCard key={endpoint.id} endpoint={endpoint} />)}
                    </div>
                )}
        </>
    );
}

function EndpointCard({ endpoint }: { endpoint: Endpoint }) {
    const w = words().deliveries;
    const { load } = endpoint;
    return (
        <section class="card endpoint">
            <div class="line"><h2><a href={link(['deliveries', endpoint.id])}>{endpoint.id}</a></h2><EndpointMarks endpoint={endpoint} /></div>
            <p class="mono soft">{endpoint.url}</p>
            <dl class="facts">
                <div><dt>{w.waiting}</dt><dd class="big">{count(load.pending)}</dd></div>
                <div><dt>{w.given_up}</dt><dd class="big">{count(load.given_up)}</dd></div>
                <div><dt>{w.oldest}</dt><dd><When at={load.oldest_pending_at} /></dd></div>
            </dl>
        </section>
    );
}
