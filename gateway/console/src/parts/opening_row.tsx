// A row of a table that opens: what it holds is made, and asked for, only then.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

export function OpeningRow({ head, cells, width, children }: {
    head: ComponentChildren; cells: ComponentChildren[]; width: number; children: () => ComponentChildren;
}) {
    const [open, setOpen] = useState(false);
    const toggle = (event: Event) => {
        if ((event.target as Element).closest('a')) return;
        setOpen(!open);
    };
    return (
        <>
            <tr class={`linked ${open ? 'open' : ''}`} onClick={toggle}>
                <td><button type="button" class="row-button" aria-expanded={open}>{head}</button></td>
                {cells.map((cell, i) => <td key={i}>{cell}</td>)}
            </tr>
            {open && <tr class="opened"><td colSpan={width}>{children()}</td></tr>}
        </>
    );
}
