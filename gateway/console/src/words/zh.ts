import type { Words } from './en';

const statuses: Record<string, string> = {
    pending: '待付款', unknown: '结果未知', closing: '关闭中', paid: '已付款', finished: '已完结',
    refunded: '已全额退款', closed: '已关闭', failed: '已失败',
    requested: '已申请', processing: '处理中', succeeded: '已成功',
    delivered: '已送达', spent: '已放弃', cancelled: '已取消', under_way: '投递中', interrupted: '被中断',
    enabled: '启用', parked: '已停放', open: '待处理', probing: '试探中', disabled: '停用',
    settled: '已处理',
    accepted: '已采纳', stale: '无新内容', ignored: '已忽略', rejected: '已拒绝',
};

export const zh: Words = {
    title: 'Tollgate 控制台', other_language: 'English',
    skip: '跳到正文', menu: '页面', search: '搜索',
    search_hint: '任意单号：支付、订单、交易、退款、事件',
    theme: '主题', theme_system: '跟随系统', theme_light: '浅色', theme_dark: '深色',
    keys: '快捷键', sign_out: '退出', session_until: '登录有效至',
    roles: { viewer: '查看', operator: '操作', admin: '管理' },

    nav: {
        overview: '概览', payments: '支付', notifications: '支付宝通知', deliveries: '投递',
        differences: '差异', audit: '审计', sandbox: '沙箱',
    },
    statuses,
    breaker: { closed: '熔断器闭合', open: '熔断器断开', probing: '试探中' },

    sign_in: '登录', name: '用户名', password: '密码',
    sign_in_how: '操作员在网关设置的 console.operators 中配置。',
    sign_in_wrong: '用户名或密码不对。', signed_out: '登录已失效，请重新登录。',
    signing_in: '登录中…',

    loading: '加载中…', again: '重试', more: '显示更多', further: '继续往前找', not_yet: '目前查过的范围内没有。', close: '关闭', cancel: '取消', none: '–', yes: '是', no: '否',
    copy: '复制', copied: '已复制', all: '全部', raw: '全部字段', filter: '筛选', reset: '重置', updated: '更新于',
    trouble: {
        away: '网关没有应答', away_how: '以下是最近一次得到的内容，正在重试…',
        away_now: '网关没有应答，它在运行吗？',
        busy: '请求过于频繁', busy_how: seconds => (seconds === null ? '请稍候。' : `请等待 ${seconds} 秒。`),
        refused: '请求被拒绝', codes: {
            payment_paid: '买家已先付款', payment_held: '请先处理它的差异', payment_not_paid: '尚未付款',
            payment_refunded: '已经退款', refund_exceeds: '超过可退金额', refund_refused: '支付宝拒绝，资金未动',
            refund_window_over: '已过退款期限', out_request_no_reused: '这个单号已用于另一金额',
            difference_settled: '已有人处理', refund_not_possible: '不能在这里退款',
            notification_unverified: '仍然验签不过，没有任何改动', outcome_unknown: '结果尚不明确',
            alipay_unavailable: '无法连接支付宝，没有任何改动', storage_unavailable: '账本无法写入，没有任何改动',
            disk_full: '磁盘已满，没有任何改动', overloaded: '网关繁忙，没有任何改动',
            sandbox_unavailable: '沙箱没有应答',
            csrf: '会话不符，请重新登录', too_many_attempts: '密码错误次数过多',
        }, forbidden: '你的角色不允许这样做', not_found: '没有这个对象',
    },

    overview: {
        ready: '就绪', not_ready: '未就绪', stale: '失去联系',
        ready_how: '可以创建支付，通知能够落库。',
        today: '今天', created: '创建', paid: '已付款', failed: '失败', closed: '关闭',
        success_rate: '成功率',
        payments_minute: '每分钟支付', callbacks_minute: '每分钟通知', last_hour: '最近一小时',
        series: { created: '创建', paid: '付款', notifications: '通知' },
        chart_label: (name, sum, peak) => `${name}，最近一小时：共 ${sum}，每分钟最多 ${peak}`,
        lag_in: '支付宝到网关', lag_in_how: '从 notify_time 到落库', lag_out: '网关到订单系统',
        lag_out_how: '从事件产生到送达', half: '中位数', most: within => `95 % 不超过 ${within}`, comma: '，',
        oldest: '最久未完结', oldest_none: '没有未完结的支付', unfinished: '未完结的支付',
        outbox: '待投递', outbox_how: oldest => `最久已等待 ${oldest}`, outbox_none: '没有积压',
        differences: '待处理差异', differences_none: '账目与支付宝一致', look: '去查看',
        certificates: '证书', certificates_none: '未使用证书（密钥模式）',
        days_left: days => (days < 0 ? '已过期' : `剩 ${days} 天`),
        endpoints: '接收端', endpoints_none: '尚未配置接收端',
        build: '版本', engine: '账本', counting: '今天的还在计数',
    },

    payments: {
        empty: '还没有支付', empty_how: '订单系统创建支付后会出现在这里。',
        nothing: '没有找到这个单号', nothing_how:
            '按完整单号查找：支付编号、out_trade_no、trade_no、订单号、退款 out_request_no、事件编号。',
        nothing_filter: '没有符合条件的支付', nothing_filter_how: '请放宽筛选条件。',
        app: '应用', status: '状态', since: '从', until: '到', amount: '金额', number: '商户单号',
        created: '创建时间', product: '产品', subject: '标题', for_number: q => `搜索：${q}`,
        clear: '清除搜索',
    },

    payment: {
        back: '支付', id: '支付编号', out_trade_no: '商户单号', trade_no: '支付宝交易号', order: '订单', app: '应用',
        seller: '卖家', product: '产品', created: '创建', expires: '到期', paid: '付款', version: '版本',
        metadata: '附加数据', failure: '失败原因', late: '迟到的钱', surplus: '订单重复付款', held: '已扣住',
        held_how: '有差异待处理：处理之前，定时任务不会动这笔支付。',
        close_requested: '已请求关闭', timeline: '时间线', actions: '操作', refundable: '可退',
        no_actions: '这笔支付现在没有可做的操作。', viewer: '查看角色只能阅读。',
        kinds: {
            created: '创建', transition: '状态', notification: '通知', query: '查询', refund: '退款',
            event: '事件', attempt: '投递', difference: '差异', action: '操作员',
        },
        moved: (from, to) => (from === '' ? to : `${from} → ${to}`),
        by: '来自', request: '请求', causes: {
            api: '订单系统', notification: '通知', query: '查询', bill: '账单', timer: '定时任务',
            operator: '操作员', operator_: '操作员',
        },
        attempt: (endpoint, n) => `${endpoint}，第 ${n} 次`,
        to_notification: '在通知中查看',
        to_difference: '在差异中查看',
    },

    act: {
        ask: '原因', ask_how: '将与你的名字一起写入审计。', reason_needed: '请填写原因。',
        working: '处理中…', done: '完成', unclear: '没有收到应答，可能已经生效：请重试，只会生效一次。',
        refresh: '询问支付宝', refresh_how: '向支付宝查询交易状态，只采信带签名的应答。',
        close: '关闭支付', close_how: '买家将不能再付款。先在支付宝关闭；如果买家已先付款，则保持已付款。',
        cancel: '撤销支付', cancel_how: '在支付宝结束这笔支付；如果钱已到账，将全额退回。',
        refund: '退款', refund_how: '把钱退给买家，不可撤回。',
        redeliver: '重新投递', redeliver_how: type => `以相同编号把事件 ${type} 再次发给所有需要它的接收端。`,
        amount: '金额（元）', amount_wrong: '请填写金额，例如 12.34。',
        amount_too_high: most => `最多还可退 ${most}。`, refund_number: '退款单号（out_request_no）',
        number_wrong: '最多 64 个字母、数字或 _。',
        settle: '处理', reprocess: '重新处理', reprocess_how: '像刚收到一样再次验签并处理，绝不跳过验签。',
        park: '停放', park_how: '不再向它发送，事件都会保留。',
        enable: '启用', enable_how: '从最早的开始发送保留的事件，并闭合熔断器。',
        test: '发送测试', test_how: '只向它发送一个 endpoint.test 事件。',
        renew: '更换证书', renew_how: '从现在起，模拟支付宝使用下一张证书签名。',
        set_faults: '设置故障', clear_faults: '清除故障',
        refund_done: status => `退款：${status}`, payment_done: status => `支付现在是：${status}`,
        began: n => `已开始投递 ${n} 个`, sent: '已发送',
    },

    notifications: {
        empty: '还没有通知', empty_how: '支付宝发来的每个通知都会与判定一起出现在这里。',
        nothing: '没有符合条件的通知', nothing_how: '请放宽筛选条件。',
        verdict: '判定', received: '收到', number: '商户单号', trade_status: '交易状态', reason: '原因',
        hint: '怎么办', payment: '支付', body: '原始正文', kinds: { unverified: '验签未通过' }, kind: '种类', app: '应用', notify_id: 'notify_id',
        trade_no: '支付宝交易号', no_body: '正文只对管理角色显示，并且只保留一段时间。',
    },

    deliveries: {
        endpoints: '接收端', empty: '没有接收端', empty_how: '请在设置中配置，或用 POST /v1/endpoints 创建。',
        waiting: '等待', given_up: '已放弃', oldest: '最久等待', events: '事件', all_events: '全部', origin: '来源',
        origins: { config: '设置', api: 'API' }, failing_since: '失败始于', probe_at: '下次试探',
        parked_because: '停放原因', shared: '它也服务于其他应用。', back: '投递', list: '投递记录',
        no_delivery: '没有符合条件的投递', no_delivery_how: '请放宽筛选条件。', event: '事件', attempts: '次数', created: '事件时间',
        next: '下次投递', finished: '完成', type: '类型', no_attempt: '尚未投递', took: '耗时',
        range: '按时间段重新投递', range_how: '把一段时间内应发给它的事件重新投递，不会抢在当前事件之前。',
        from: '从', to: '到（留空：至今）', which: '其中状态为', count: '先数一数', counting: '计数中…',
        counted: (n, more) => `${more ? '超过 ' : ''}${n} 个投递符合条件。`, none_fit: '没有符合条件的投递。',
        begin: n => `重新投递 ${n} 个`, at_most: '一次最多 10,000 个。', go_on: '继续剩下的',
        from_needed: '请填写开始时间。', status_needed: '请至少选择一种状态。',
        type_hint: 'payment.paid 或 payment.*',
    },

    differences: {
        empty: '没有待处理的差异', empty_how: '账目与支付宝一致。', nothing: '没有符合条件的差异', nothing_how: '请放宽筛选条件。',
        class: '种类', opened: '发现', settled: '处理', evidence: '支付宝的说法', settlement: '处理结果', payment: '支付',
        trade_no: '支付宝交易号', app: '应用', status: '状态', note: '备注', how: '方式',
        choices: { accept: '采纳', refund: '退款', ignore: '忽略' },
        choice_how: {
            accept: '以支付宝为准：状态表允许时标为已付款，否则只作记录。',
            refund: '采纳并把钱退回。仅适用于已知且已付款的支付。',
            ignore: '什么都不动，支付交还定时任务。',
        },
        classes: {
            amount_mismatch: '金额不符', seller_id_mismatch: '卖家不符', app_id_mismatch: '应用不符',
            trade_no_mismatch: '交易号不符', trade_no_taken: '交易属于另一笔支付', paid_before_created: '付款早于创建',
            out_trade_no_mismatch: '商户单号不符', contradiction: '自相矛盾', unknown_order: '未知订单',
            charset_invalid: '字符损坏', field_missing: '缺少字段', field_malformed: '字段格式不对',
            trade_missing: '支付宝没有该交易', late_payment: '迟到的钱', surplus_payment: '订单重复付款',
            refund_overdue: '退款超时', refund_amount_mismatch: '退款金额不符', refund_report_unproved: '退款未被证实',
            refund_moved_after_failure: '退款失败后又变动', refunds_exceed: '退款超过支付金额',
            missing_here: '本地缺失', missing_at_alipay: '支付宝缺失', amount_differs: '金额不符（账单）',
            trade_no_differs: '交易号不符（账单）', status_behind: '本地落后（账单）', status_ahead: '本地超前（账单）',
            refund_differs: '退款不符（账单）', fee_differs: '手续费不符（账单）',
            overdue_pending: '超时：待付款', overdue_unknown: '超时：结果未知', overdue_closing: '超时：关闭中',
        },
    },

    audit: {
        empty: '还没有记录', empty_how: '操作员的每个操作都会写在这里。', who: '谁', what: '做了什么', target: '对象',
        when: '时间', why: '原因', before: '之前', after: '之后', request: '请求', unfinished: '未完成', answered: '应答', ended: '结束',
        actions: {
            'payments.close': '关闭支付', 'payments.cancel': '撤销支付', 'payments.refunds': '退款', 'events.redeliver': '重新投递',
            'differences.settle': '处理差异', 'notifications.reprocess': '重新处理通知', 'endpoints.park': '停放接收端',
            'endpoints.enable': '启用接收端', 'endpoints.test': '测试接收端', 'endpoints.create': '创建接收端',
            'endpoints.change': '修改接收端', 'endpoints.remove': '删除接收端', 'endpoints.rotate': '更换密钥',
        },
    },

    sandbox: {
        how: '网关旁边的模拟支付宝，没有真实资金。', open: '打开它自己的页面',
        faults: '故障', no_faults: '支付宝一切正常。', on: '对象', does: '动作', struck: '命中', fitted: '匹配',
        recipes: '选一个配方，或自己写规则（docs/sandbox.md）', rules: '规则（JSON）', rules_wrong: '不是合法的 JSON。',
        recipe: {
            slow: '支付宝很慢（3 秒）', lose_call: '一次调用丢失', lose_answer: '已成功但应答丢失', no_notice: '通知永远不来',
            late_notice: '通知迟到一分钟', twice: '通知来两次', forged: '通知被伪造', amount: '通知里的金额不符',
            error: '十分之一的调用返回 502',
        },
        trades: '交易', no_trades: '还没有交易', notifications: '它发出的通知', no_notifications: '还没有发出通知',
        certificates: '证书', left: n => `还剩 ${n} 张`, cashier: '收银台', attempts: '次数', due: '下次',
        states: { waiting: '等待', in_flight: '发送中', acknowledged: '已应答', given_up: '已放弃' },
    },

    help: {
        title: '快捷键', search: '搜索', go: page => `前往${page}`, close: '关闭对话框', this: '显示本页', more: '切换主题',
        language: '切换语言',
    },
};
