// Numbers and times as people read them. Money never becomes a fraction: it is moved as digits.
import { language } from './words';

const locale = () => (language() === 'zh' ? 'zh-CN' : 'en-GB');

// 123456 -> "¥1,234.56". What is no whole number of fen is shown as it came.
export function yuan(fen: unknown): string {
    if (typeof fen !== 'number' || !Number.isSafeInteger(fen)) return String(fen ?? '–');
    const digits = String(Math.abs(fen)).padStart(3, '0');
    const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',');
    return `${fen < 0 ? '−' : ''}¥${whole}.${digits.slice(-2)}`;
}

// 123456 -> "1234.56": what `fenOf` reads.
export function plainYuan(fen: number): string {
    const digits = String(fen).padStart(3, '0');
    return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

// "4", "4.5", "4.50" -> 400, 450, 450; anything else, or nothing, is no amount.
export function fenOf(text: string): number | null {
    const found = /^(\d{1,12})(?:\.(\d{1,2}))?$/.exec(text.trim());
    if (!found) return null;
    const fen = Number(`${found[1]}${(found[2] ?? '').padEnd(2, '0')}`);
    return fen > 0 ? fen : null;
}

export const count = (value: number): string => new Intl.NumberFormat(locale()).format(value);

export const percent = (ofHundred: number): string =>
    `${new Intl.NumberFormat(locale(), { maximumFractionDigits: 1 }).format(ofHundred)} %`;

export function dateTime(at: string): string {
    const time = new Date(at);
    const sameYear = time.getFullYear() === new Date().getFullYear();
    return new Intl.DateTimeFormat(locale(), {
        ...(sameYear ? {} : { year: 'numeric' }), month: '2-digit', day: '2-digit',
        hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
    }).format(time);
}

export function clock(at: string | number): string {
    return new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(at));
}

// "2026-11-11 00:00:05 UTC": the hint of every time.
export const utc = (at: string): string => `${new Date(at).toISOString().replace('T', ' ').replace(/\.\d+Z$/, '')} UTC`;

// How long, in at most two units: "2 h 5 min".
export function duration(seconds: number): string {
    const units = language() === 'zh' ? [' 天', ' 小时', ' 分', ' 秒'] : [' d', ' h', ' min', ' s'];
    const sizes = [86_400, 3_600, 60, 1];
    let left = Math.max(0, Math.floor(seconds));
    const parts: string[] = [];
    sizes.forEach((size, i) => {
        const many = Math.floor(left / size);
        left -= many * size;
        if (many > 0) parts.push(`${many}${units[i] ?? ''}`);
    });
    return parts.slice(0, 2).join(' ') || `0${units[3] ?? ''}`;
}

export function milliseconds(ms: number | null): string {
    if (ms === null) return '–';
    if (ms < 1_000) return `${Math.round(ms)} ms`;
    if (ms < 60_000) return `${new Intl.NumberFormat(locale(), { maximumFractionDigits: 1 }).format(ms / 1_000)} s`;
    return duration(ms / 1_000);
}

// What <input type="datetime-local"> holds is in the browser's zone; the API wants UTC. What is no time goes
// as it is: the API says so.
export function utcOf(local: string): string {
    const time = new Date(local);
    return Number.isNaN(time.getTime()) ? local : time.toISOString();
}
export const kLastMoment = '9999-12-31T23:59';  // Without it a browser takes years of six digits.
export function localOf(at: Date): string {
    const two = (value: number) => String(value).padStart(2, '0');
    return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}
