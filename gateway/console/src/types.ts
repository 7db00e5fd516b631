// What the gateway answers: docs/api.md and docs/console.md. Amounts are whole fen, times RFC 3339 in UTC.

export type Role = 'viewer' | 'operator' | 'admin';
export interface Operator { name: string; role: Role }
export interface Session { operator: Operator; csrf: string; expires_at: string }

export interface Payment {
    id: string; app: string; out_trade_no: string; order?: string | null; product: string; status: string; version: number;
    amount: number; subject: string; seller_id: string; trade_no?: string | null; created_at: string;
    expires_at: string; paid_at?: string | null; late: boolean; surplus: boolean; held: boolean;
    close_requested: boolean; failure?: string; metadata: unknown;
}

export type Data = Record<string, unknown>;
export interface Entry { at: string; kind: string; title: string; data: Data }
export interface Timeline {
    payment: Payment; entries: Entry[]; cut: boolean; actions: string[]; refunds: { out_request_no: string }[]; refundable: number;
}

// null: not counted yet.
export interface Minute { at: string; created: number | null; paid: number | null; notifications: number | null }
export interface Lag { p50: number | null; p95: number | null }
export interface Overview {
    now: string;
    build: { version: string; engine: string };
    minutes: Minute[];
    // `success_rate`: of a hundred that ended. Not `complete`: there is still something to count.
    today: { created: number; paid: number; failed: number; closed: number; success_rate: number | null; complete: boolean };
    lag: { notify_ms: Lag; delivery_ms: Lag };
    oldest_unfinished: { payment: string; status: string; since: string; age_seconds: number } | null;
    unfinished: Record<string, number>;
    outbox: { pending: number; oldest_age_seconds: number | null };
    differences_open: number;
    certificates: { app: string; what: string; sn: string; days_left: number }[];
    endpoints: { id: string; state: string; breaker: string }[];
    ready: { ok: boolean; reasons: string[] };
    guarded_since: string | null;  // When the backup was made that this ledger comes from.
    sandbox: { url: string } | null;
}

export interface Notification {
    id: string; app: string; received_at: string; verdict: string; reason?: string | null; hint?: string | null;
    notify_id?: string | null; kind?: string | null; out_trade_no?: string | null; trade_no?: string | null; trade_status?: string | null;
    payment?: string | null; body?: string | null;
}

export interface Endpoint {
    id: string; origin: string; url: string; description: string; apps: string[]; serves_other_apps: boolean;
    event_types: string[]; status: string; parked_reason: string | null; parked_at: string | null;
    health: { breaker: string; failing_since: string | null; open_until: string | null; openings: number };
    load: { pending: number; oldest_pending_at: string | null; given_up: number };
    rules: Data; created_at: string; updated_at: string;
}
export interface Delivery {
    event: string; type: string; app: string; endpoint: string; status: string; generation: number; attempts: number;
    under_way: boolean; next_attempt_at: string | null; event_created_at: string; finished_at: string | null;
}
export interface Attempt {
    endpoint: string; number: number; generation: number; started_at: string; finished_at: string | null;
    outcome: string; http_status: number | null; address: string; phases: Record<string, number | null>; detail: string;
}

export interface Difference {
    id: string; app: string; class: string; status: 'open' | 'settled'; trade_no: string; payment_id?: string | null;
    evidence: unknown; settlement: unknown; opened_at: string; settled_at?: string | null;
}

export interface AuditEntry {
    id: string; at: string; operator: string; role: string; status: number | null; finished_at?: string | null; action: string; target: string; request_id: string; reason: string;
    before: unknown; after: unknown;
}

export interface SandboxTrade {
    trade_no: string; out_trade_no: string; subject: string; total_amount: string; trade_status: string;
    cashier_url: string; created_at: string;
}
export interface SandboxNotification {
    notify_id: string; out_trade_no: string; trade_status: string; state: string; due_at: string | null;
    attempts_made: number; attempts: { at: string; status: number; answer: string; took_ms: number }[];
}
export interface SandboxFault {
    on: string; do: string; out_trade_no: string; sub_code: string; fitted: number; struck: number;
}
export interface SandboxCertificate { app_id: string; alipay_cert_sn: string; renewals_left: number }
