// The keys that work everywhere.
import { kGo } from '../keys';
import { Dialog } from '../parts/dialog';
import type { PageName } from '../shell';
import { words } from '../words';

export function Help({ pages, onClose }: { pages: PageName[]; onClose: () => void }) {
    const w = words();
    const rows: [string[], string][] = [
        [['/'], w.help.search],
        ...pages.map((page): [string[], string] => [['g', kGo[page]], w.help.go(w.nav[page])]),
        [['t'], w.help.more], [['l'], w.help.language], [['Esc'], w.help.close], [['?'], w.help.this],
    ];
    return (
        <Dialog title={w.help.title} onClose={onClose}>
            <dl class="keys">{rows.map(([keys, what]) => (
                <div key={what}><dt>{keys.map(key => <kbd key={key}>{key}</kbd>)}</dt><dd>{what}</dd></div>
            ))}</dl>
            <div class="buttons"><button type="button" class="plain" onClick={onClose}>{w.close}</button></div>
        </Dialog>
    );
}
