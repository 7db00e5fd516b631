// The two switches of the header: language and theme.
import type { LookSettings } from './app';
import type { Theme } from './settings';
import { words } from './words';

const kNext: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };

export const nextTheme = (theme: Theme): Theme => kNext[theme];
export const themeWord = (theme: Theme): string =>
    ({ system: words().theme_system, light: words().theme_light, dark: words().theme_dark })[theme];

export function Switches({ settings }: { settings: LookSettings }) {
    const w = words();
    const other = settings.spoken === 'zh' ? 'en' : 'zh';
    return (
        <>
            <button type="button" class="quiet" id="theme" onClick={() => settings.paint(nextTheme(settings.theme))}>
                <span class="wide-only">{w.theme}{w.colon}</span>{themeWord(settings.theme)}
            </button>
            <button type="button" class="quiet" id="language" lang={other === 'zh' ? 'zh-CN' : 'en'}
                onClick={() => settings.say(other)}>{w.other_language}</button>
        </>
    );
}
