// What every page may know: who is signed in, and how to tell something to the operator.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Session } from './types';

export interface Desk {
    session: Session;
    mayAct: boolean;   // Roles operator and admin.
    isAdmin: boolean;
    look: string;      // Changes with theme and language: what is drawn by hand is drawn anew.
    say: (text: string) => void;
}

export const DeskContext = createContext<Desk | null>(null);

export function useDesk(): Desk {
    const desk = useContext(DeskContext);
    if (!desk) throw new Error('no desk');
    return desk;
}
