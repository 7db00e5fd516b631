// Who did what, when and why.
import { useList } from '../load';
import { List } from '../parts/list';
import { OpeningRow } from '../parts/opening_row';
import { Badge, Fact, Facts, Json, When } from '../parts/small';
import type { AuditEntry } from '../types';
import { words } from '../words';

interface Answer { entries: AuditEntry[]; next: string | null }

export function Audit() {
    const list = useList('/audit', { limit: 50 }, (answer: Answer) => ({ rows: answer.entries, next: answer.next }));
    const w = words();
    const a = w.audit;
    return (
        <>
            <div class="title"><h1>{w.nav.audit}</h1></div>
            <section class="card scroll">
                <List list={list} name={w.nav.audit} heads={[a.what, a.who, a.target, a.why, a.when]} empty={{ title: a.empty, how: a.empty_how }}
                    row={one => (
                        <OpeningRow key={`${one.at} ${one.request_id} ${one.action}`} width={5} head={<span class="mono strong">{one.action}</span>} cells={[
                            one.operator, <span class="mono">{one.target}</span>, one.reason, <span class="soft"><When at={one.at} /></span>,
                        ]}>
                            {() => <Details one={one} />}
                        </OpeningRow>
                    )} />
            </section>
        </>
    );
}

function Details({ one }: { one: AuditEntry }) {
    const a = words().audit;
    return (
        <div class="details">
            <Facts>
                <Fact name={a.request}><span class="mono">{one.request_id}</span></Fact>
            </Facts>
            <div class="sides">
                <div><h3>{a.before}</h3>{one.before === null || one.before === undefined ? <p class="soft">–</p> : <Json value={one.before} name={a.before} />}</div>
                <div><h3>{a.after}</h3>{one.after === null || one.after === undefined
                    ? <p><Badge tone="wait">{a.unfinished}</Badge></p> : <Json value={one.after} name={a.after} />}</div>
            </div>
        </div>
    );
}
