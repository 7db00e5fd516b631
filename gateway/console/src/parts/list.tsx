// A table of rows that grows by pages, with its empty and error states.
import type { ComponentChildren } from 'preact';
import type { Listed } from '../load';
import { words } from '../words';
import { Empty, Loading, Trouble } from './small';

export function List<T>({ list, name, heads, row, empty }: {
    list: Listed<T>; name: string; heads: string[]; row: (one: T) => ComponentChildren; empty: { title: string; how: string };
}) {
    const { rows, problem } = list;
    return (
        <>
            {problem && <Trouble problem={problem} again={list.again} />}
            {rows === null ? !problem && <Loading /> : rows.length === 0 ? (list.more ? <Empty title={words().not_yet} /> : <Empty {...empty} />) : (
                <table>
                    <caption class="aside">{name}</caption>
                    <thead><tr>{heads.map((head, i) => <th key={i} scope="col">{head}</th>)}</tr></thead>
                    <tbody>{rows.map(row)}</tbody>
                </table>
            )}
            {list.more && (
                <p class="more"><button type="button" class="plain" disabled={list.busy} onClick={list.loadMore}>
                    {list.busy ? words().loading : rows?.length === 0 ? words().further : words().more}</button></p>
            )}
        </>
    );
}
