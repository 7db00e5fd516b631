// Every word of the pages. `zh.ts` has the same names, which the compiler checks.
const statuses: Record<string, string> = {
    // payments
    pending: 'Waiting for payment', unknown: 'Outcome unknown', closing: 'Closing', paid: 'Paid', finished: 'Finished',
    refunded: 'Refunded', closed: 'Closed', failed: 'Failed',
    // refunds
    requested: 'Requested', processing: 'Processing', succeeded: 'Succeeded',
    // deliveries
    delivered: 'Delivered', spent: 'Given up', cancelled: 'Cancelled', under_way: 'Under way', interrupted: 'Interrupted',
    // how an attempt ended
    http_error: 'Error answered', timeout: 'No answer in time', network_error: 'Not reached', redirected: 'Redirected', throttled: 'Too fast for it',
    refused: 'Refused', wrong_answer: 'Another answer', gone: 'It is gone', aborted: 'Not wanted', blocked_address: 'Address not allowed',
    no_secret: 'No secret', unpublishable: 'Cannot be published', unroutable: 'No queue for it', nacked: 'Not taken',
    // endpoints
    enabled: 'Enabled', parked: 'Parked', open: 'Open', probing: 'Probing', disabled: 'Disabled',
    // differences
    settled: 'Settled',
    // notifications
    accepted: 'Accepted', stale: 'No news', ignored: 'Ignored', rejected: 'Rejected',
};

export const en = {
    title: 'Tollgate console', other_language: '中文', colon: ': ',
    skip: 'Skip to content', menu: 'Pages', search: 'Search',
    search_hint: 'Any number: payment, order, trade, refund, event',
    theme: 'Theme', theme_system: 'System', theme_light: 'Light', theme_dark: 'Dark',
    keys: 'Keyboard', sign_out: 'Sign out', session_until: 'Signed in until',
    roles: { viewer: 'viewer', operator: 'operator', admin: 'admin' } as Record<string, string>,

    nav: {
        overview: 'Overview', payments: 'Payments', notifications: 'Notifications', deliveries: 'Deliveries',
        differences: 'Differences', audit: 'Audit', sandbox: 'Sandbox',
    },
    statuses,
    breaker: { closed: 'Breaker closed', open: 'Breaker open', probing: 'Probing' } as Record<string, string>,

    sign_in: 'Sign in', name: 'Name', password: 'Password',
    sign_in_how: 'Operators are named in the gateway\'s settings (console.operators).',
    sign_in_wrong: 'Name or password is wrong.', signed_out: 'Your session has ended. Please sign in again.',
    signing_in: 'Signing in…', not_signed_out: 'You are still signed in: signing out was not heard. Try again.',
    broken: 'This page cannot be shown',

    loading: 'Loading…', again: 'Try again', more: 'Show more', further: 'Look further back', not_yet: 'Nothing in what was looked through so far.', close: 'Close', cancel: 'Cancel', none: '–', yes: 'Yes', no: 'No',
    copy: 'Copy', copied: 'Copied', all: 'All', raw: 'All fields', filter: 'Filter', reset: 'Reset', updated: 'Updated',
    trouble: {
        away: 'The gateway does not answer', away_how: 'What is shown is the last that was heard. Trying again…',
        away_now: 'The gateway does not answer. Is it running?',
        busy: 'Too many requests', busy_how: (seconds: number | null) =>
            seconds === null ? 'Please wait a moment.' : `Please wait ${seconds} s.`,
        refused: 'That was refused', codes: {
            payment_paid: 'The buyer was faster: it is paid', payment_held: 'Settle its difference first', payment_not_paid: 'It is not paid',
            payment_refunded: 'It has been refunded', refund_exceeds: 'More than is left', refund_refused: 'Alipay refused; no money moved',
            refund_window_over: 'Too late for a refund', out_request_no_reused: 'This number belongs to another amount',
            difference_settled: 'Somebody has settled it already', refund_not_possible: 'It cannot be refunded from here',
            notification_unverified: 'It still does not verify; nothing was done', outcome_unknown: 'It is not clear what became of it',
            alipay_unavailable: 'Alipay cannot be reached; nothing was done', storage_unavailable: 'The ledger cannot be written; nothing was done',
            disk_full: 'The disk is full; nothing was done', overloaded: 'The gateway is busy; nothing was done',
            sandbox_unavailable: 'The sandbox does not answer',
            in_progress: 'The first try is still under way: try again in a moment', idempotency_key_reused: 'It was asked for in other words before: close this and look',
            internal: 'The gateway failed', refused_by_alipay: 'Alipay refused', body_removed: 'Its body is kept no longer',
            ledger_guarded: 'The ledger comes from a backup and is guarded',
            csrf: 'The session does not fit: sign in again', too_many_attempts: 'Too many wrong passwords',
        } as Record<string, string>, forbidden: 'Your role does not allow this', not_found: 'There is no such thing',
    },

    overview: {
        ready: 'Ready', not_ready: 'Not ready', stale: 'Not heard from',
        ready_how: 'Payments can be created and notifications are kept.',
        guarded: 'Ready, and guarded', guarded_how: (at: string) => `This ledger comes from a backup of ${at}: numbers that it does not know are asked about at ` +
            'Alipay first. Settle what is open, then end it with tollgate store unguard.',
        reasons: { cannot_write: 'The ledger cannot be written: nothing is created, no notification is kept.',
            commit_in_doubt: 'A COMMIT has failed, and nobody knows its end: the gateway is about to stop.' } as Record<string, string>,
        today: 'today', created: 'Created', paid: 'Paid', failed: 'Failed', closed: 'Closed',
        success_rate: 'Success rate',
        payments_minute: 'Payments a minute', callbacks_minute: 'Callbacks a minute', last_hour: 'the last hour',
        series: { created: 'Created', paid: 'Paid', notifications: 'Notifications' },
        chart_label: (name: string, sum: string, peak: string) => `${name}, last hour: ${sum} in all, at most ${peak} in a minute`,
        lag_in: 'From Alipay to us', lag_in_how: 'notify_time to kept', lag_out: 'From us to the order system',
        lag_out_how: 'event to delivered', half: 'median', most: (within: string) => `95 % within ${within}`, comma: ', ',
        oldest: 'Oldest unfinished', oldest_none: 'Nothing is unfinished', unfinished: 'Unfinished payments',
        outbox: 'Outbox', outbox_how: (oldest: string) => `oldest waits ${oldest}`, outbox_none: 'Nothing waits',
        differences: 'Open differences', differences_none: 'Books and Alipay agree', look: 'Look at them',
        certificates: 'Certificates', certificates_none: 'No certificates in use (key mode)',
        certificate_of: { app: 'its own', alipay: 'Alipay\'s' } as Record<string, string>,
        days_left: (days: number) => (days < 0 ? 'expired' : days === 1 ? '1 day left' : `${days} days left`),
        endpoints: 'Endpoints', endpoints_none: 'No endpoint is set up',
        build: 'Version', engine: 'Ledger', counting: 'Still counting the day',
    },

    payments: {
        empty: 'No payment yet', empty_how: 'Payments appear here once the order service creates one.',
        nothing: 'Nothing has this number', nothing_how:
            'Numbers match exactly: payment id, out_trade_no, trade_no, order, out_request_no of a refund, event id.',
        nothing_filter: 'No payment fits', nothing_filter_how: 'Widen the filters.',
        app: 'App', status: 'Status', since: 'From', until: 'To', amount: 'Amount', number: 'Order number',
        created: 'Created', product: 'Product', subject: 'Subject', for_number: (q: string) => `Search: ${q}`,
        clear: 'Clear search',
    },

    payment: {
        back: 'Payments', id: 'Payment', out_trade_no: 'out_trade_no', trade_no: 'Alipay trade', order: 'Order', app: 'App',
        seller: 'Seller', product: 'Product', created: 'Created', expires: 'Expires', paid: 'Paid', version: 'Version',
        metadata: 'Metadata', failure: 'Failure', late: 'Late money', surplus: 'Order paid twice', held: 'Held',
        held_how: 'A difference is open. Timers leave this payment alone until it is settled.',
        close_requested: 'Close requested', timeline: 'Timeline', actions: 'Actions', refundable: 'Refundable',
        no_actions: 'Nothing can be done to this payment now.', viewer: 'A viewer reads only.',
        kinds: {
            created: 'Created', transition: 'Status', notification: 'Notification', query: 'Query', refund: 'Refund',
            event: 'Event', attempt: 'Delivery attempt', difference: 'Difference', action: 'Operator',
        } as Record<string, string>,
        moved: (from: string, to: string) => (from === '' ? to : from === to ? `${to}, as before` : `${from} → ${to}`),
        by: 'by', request: 'Request', causes: {
            api: 'order service', notification: 'notification', query: 'query', bill: 'bill', timer: 'timer',
            operator: 'operator', operator_: 'operator',
        } as Record<string, string>,
        attempt: (endpoint: string, n: string) => `${endpoint}, attempt ${n}`,
        to_notification: 'Open in notifications',
        to_difference: 'Open in differences', cut: 'It is a long life: the oldest entries are left out.',
    },

    act: {
        ask: 'Why', ask_how: 'Written into the audit, with your name.', reason_needed: 'A reason is needed.',
        working: 'Working…', done: 'Done', unclear:
            'It may have happened: try again, it acts only once.',
        unclear_closed: 'No answer came, and it may have happened. Look before you do it again.',
        refresh: 'Ask Alipay', refresh_how: 'Asks Alipay how the trade stands, and believes only a signed answer.',
        close: 'Close payment', close_how: 'The buyer can no longer pay. It is closed at Alipay first; if he was faster, it stays paid.',
        cancel: 'Cancel payment', cancel_how: 'Ends the payment at Alipay. If the money has come, it goes back in full.',
        refund: 'Refund', refund_how: 'Sends money back to the buyer. This cannot be undone.',
        to_buyer: 'Reason for the buyer (may stay empty)', to_buyer_how: 'Goes to Alipay as the refund\'s reason: the buyer may see it.',
        redeliver: 'Redeliver', redeliver_one_how: (type: string) => `Sends the event ${type} again to this endpoint alone, under the same id.`,
        redeliver_how: (type: string) => `Sends the event ${type} again to every endpoint that wants it, under the same id.`,
        amount: 'Amount in yuan', amount_wrong: 'An amount such as 12.34 is needed.',
        amount_too_high: (most: string) => `At most ${most} is left.`, refund_number: 'Refund number (out_request_no)',
        number_wrong: 'Up to 64 letters, digits and _ are allowed.',
        settle: 'Settle', reprocess: 'Reprocess', reprocess_how:
            'Verifies and applies it again, as if it had come now. Verification is never skipped.',
        park: 'Park', park_how: 'Sends nothing more to this endpoint. Its events are kept.',
        enable: 'Enable', enable_how: 'Sends what was kept, the oldest first, and closes the breaker.',
        test: 'Send a test', test_how: 'Sends one event of type endpoint.test to this endpoint alone.',
        renew: 'Renew certificate', renew_how: 'The pretend Alipay signs with its next certificate from now on.',
        set_faults: 'Set faults', clear_faults: 'No faults',
        refund_done: (status: string) => `Refund: ${status}`, payment_done: (status: string) => `The payment is now: ${status}`,
        not_heard: (status: string) => `Alipay was not asked again, or did not answer. As far as we know: ${status}`,
        began: (n: string) => `${n} deliveries begun`, sent: 'Sent',
    },

    notifications: {
        empty: 'No notification yet', empty_how: 'Each that Alipay sends appears here with its verdict.',
        nothing: 'No notification fits', nothing_how: 'Widen the filters.',
        verdict: 'Verdict', received: 'Received', number: 'Order number', trade_status: 'Trade status', reason: 'Reason',
        hint: 'What to do', payment: 'Payment', body: 'Body as it came', kinds: { unverified: 'Not verified' } as Record<string, string>, kind: 'Kind', app: 'App', notify_id: 'notify_id',
        trade_no: 'Alipay trade', no_body: 'The body is shown to admins only, and kept for a set time.',
    },

    deliveries: {
        endpoints: 'Endpoints', empty: 'No endpoint', empty_how: 'Name one in the settings, or make one with POST /v1/endpoints.',
        waiting: 'Waiting', given_up: 'Given up', oldest: 'Oldest waiting', events: 'Events', all_events: 'all', origin: 'Made by',
        origins: { config: 'settings', api: 'API' } as Record<string, string>, failing_since: 'Failing since', probe_at: 'Next probe',
        parked_because: 'Parked', shared: 'It serves other apps, too.', back: 'Deliveries', list: 'Deliveries',
        no_delivery: 'No delivery fits', no_delivery_how: 'Widen the filters.', event: 'Event', attempts: 'Attempts', created: 'Event of',
        next: 'Next attempt', finished: 'Finished', type: 'Type', no_attempt: 'No attempt yet', took: 'took',
        range: 'Redeliver a range', range_how: 'Begins again what this endpoint was to get in a span of time. Nothing overtakes what happens now.',
        from: 'From', to: 'To (nothing: until now)', which: 'Those that are', count: 'Count first', counting: 'Counting…',
        counted: (n: string, more: boolean) => `${more ? 'More than ' : ''}${n} deliveries fit.`, none_fit: 'No delivery fits.',
        begin: (n: string) => `Redeliver ${n}`, at_most: 'At most 10,000 at a time.', go_on: 'Go on with the rest',
        from_needed: 'A start is needed.', status_needed: 'Choose at least one status.',
        type_hint: 'payment.paid or payment.*',
    },

    differences: {
        empty: 'No open difference', empty_how: 'Our books and Alipay\'s word agree.', nothing: 'No difference fits', nothing_how: 'Widen the filters.',
        class: 'Class', opened: 'Opened', settled: 'Settled', evidence: 'What Alipay said', settlement: 'Settlement', payment: 'Payment',
        trade_no: 'Alipay trade', app: 'App', status: 'Status', note: 'Note', how: 'How', how_needed: 'Choose how to settle it.',
        choices: { accept: 'Accept', refund: 'Refund', ignore: 'Ignore' } as Record<string, string>,
        choice_how: {
            accept: 'What Alipay says is right: the payment is marked paid, if the state table allows it; else this is recorded.',
            refund: 'Accept, and send the money back. Only where the payment is known and paid.',
            ignore: 'Nothing moves; the payment goes back to the timers.',
        } as Record<string, string>,
        classes: {
            amount_mismatch: 'Amount differs', seller_id_mismatch: 'Other seller', app_id_mismatch: 'Other app',
            trade_no_mismatch: 'Other trade', trade_no_taken: 'Trade belongs to another payment', paid_before_created: 'Paid before it was created',
            out_trade_no_mismatch: 'Other order number', contradiction: 'Contradiction', unknown_order: 'Unknown order',
            charset_invalid: 'Broken characters', field_missing: 'A field is missing', field_malformed: 'A field is malformed',
            trade_missing: 'Alipay has no trade', late_payment: 'Late money', surplus_payment: 'Order paid twice',
            refund_overdue: 'Refund overdue', refund_amount_mismatch: 'Refund amount differs', refund_report_unproved: 'Refund not proved',
            refund_moved_after_failure: 'Refund moved after failure', refunds_exceed: 'Refunds exceed the payment',
            missing_here: 'Missing here', missing_at_alipay: 'Missing at Alipay', amount_differs: 'Amount differs (bill)',
            trade_no_differs: 'Trade differs (bill)', status_behind: 'We are behind (bill)', status_ahead: 'We are ahead (bill)',
            refund_differs: 'Refund differs (bill)', fee_differs: 'Fee differs (bill)',
            overdue_pending: 'Overdue: waiting', overdue_unknown: 'Overdue: unknown', overdue_closing: 'Overdue: closing',
            auth_no_mismatch: 'Other freeze', preauthorisation_paid_elsewhere: 'Frozen money taken elsewhere',
            preauthorisation_overdue: 'Pre-authorisation overdue',
            preauthorisation_amount_mismatch: 'Frozen amount differs', preauthorisation_number_taken: 'Number of a pre-authorisation is taken',
        } as Record<string, string>,
    },

    audit: {
        empty: 'Nothing yet', empty_how: 'Every action of an operator is written here.', who: 'Who', what: 'What', target: 'On what',
        when: 'When', why: 'Why', before: 'Before', after: 'After', request: 'Request', unfinished: 'not finished', answered: 'Answer', ended: 'Ended',
        actions: {
            'payments.close': 'Close payment', 'payments.cancel': 'Cancel payment', 'payments.refunds': 'Refund', 'events.redeliver': 'Redeliver',
            'differences.settle': 'Settle difference', 'notifications.reprocess': 'Reprocess notification', 'endpoints.park': 'Park endpoint',
            'endpoints.enable': 'Enable endpoint', 'endpoints.test': 'Test endpoint', 'endpoints.create': 'Make endpoint',
            'endpoints.change': 'Change endpoint', 'endpoints.remove': 'Remove endpoint', 'endpoints.rotate': 'New secret',
            'preauthorisations.cancel': 'Cancel pre-authorisation',
        } as Record<string, string>,
    },

    sandbox: {
        how: 'The pretend Alipay beside this gateway. No money moves.', open: 'Open its own pages',
        faults: 'Faults', no_faults: 'Alipay behaves.', on: 'On', does: 'Does', struck: 'Struck', fitted: 'fitted',
        recipes: 'Take a recipe, or write rules (docs/sandbox.md)', rules: 'Rules (JSON)', rules_wrong: 'This is no JSON.',
        recipe: {
            slow: 'Alipay is slow (3 s)', lose_call: 'A call is lost', lose_answer: 'It works, the answer is lost', no_notice: 'No notification comes',
            late_notice: 'Notifications come a minute late', twice: 'Notifications come twice', forged: 'A notification is forged', amount: 'A notification names another amount',
            error: 'Every tenth call ends in a 502',
        } as Record<string, string>,
        trades: 'Trades', no_trades: 'No trade yet', notifications: 'What it sends', no_notifications: 'Nothing sent yet',
        certificates: 'Certificates', left: (n: number) => (n === 0 ? 'no further one' : n === 1 ? '1 renewal left' : `${n} renewals left`), cashier: 'Cashier', attempts: 'Attempts', due: 'Next',
        states: { waiting: 'Waiting', in_flight: 'Under way', acknowledged: 'Heard', given_up: 'Given up' } as Record<string, string>,
    },

    help: {
        title: 'Keyboard', search: 'Search', go: (page: string) => `Go to ${page}`, close: 'Close the dialog', this: 'Show this', more: 'Theme: next',
        language: 'Other language',
    },
};

export type Words = typeof en;
