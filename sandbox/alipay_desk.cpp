#include "sandbox/alipay_desk.h"

#include <algorithm>

#include "base/id.h"
#include "sandbox/auth_notice.h"

namespace tollgate::sandbox {
namespace {

constexpr std::size_t kUnansweredMax = 200;
constexpr std::size_t kHeldMax = 10'000;

TradeRules rules_of(const config::SandboxAlipay& settings) {
    TradeRules rules;
    rules.refund_spacing /= settings.time_scale;
    rules.trades_max = static_cast<std::size_t>(settings.trades_max);
    return rules;
}

CertSnInNotice cert_sn_in_notices(const config::SandboxAlipay& settings) {
    if (settings.notification_cert_sn == "unsigned") return CertSnInNotice::left_out;
    if (settings.notification_cert_sn == "none") return CertSnInNotice::absent;
    return CertSnInNotice::signed_too;
}

}  // namespace

Result<std::unique_ptr<AlipayDesk>> AlipayDesk::open(const config::SandboxAlipay& settings,
                                                     Seams seams) {
    auto key = PrivateKey::parse(settings.private_key.reveal());
    if (!key) {
        return Error(ErrorCode::invalid_argument, "alipay/private_key: " + key.error().message());
    }
    TOLLGATE_TRY(Apps apps, open_apps(settings.apps, *key));
    return std::make_unique<AlipayDesk>(std::move(apps), *std::move(key), settings,
                                        std::move(seams));
}

AlipayDesk::AlipayDesk(Apps apps, PrivateKey key, const config::SandboxAlipay& settings,
                       Seams seams)
    : apps_(std::move(apps)),
      key_(std::move(key)),
      seams_(std::move(seams)),
      judge_(apps_, key_.public_half()),
      faults_(settings.faults),
      certificates_(apps_, cert_sn_in_notices(settings)),
      notifier_(
          {.time_scale = settings.time_scale, .immediate_resends = settings.immediate_resends},
          key_,
          {.clock = seams_.clock,
           .entropy = seams_.entropy,
           .log = seams_.log,
           .http = seams_.http,
           .faults = &faults_,
           .certificates = &certificates_}),
      console_nonce_(make_id("nonce", seams_.clock.now(), seams_.entropy)),
      no_password_max_(Money::from_fen(settings.no_password_max)),
      bills_at_once_(settings.bills_at_once),
      notified_statuses_(settings.notified_statuses),
      books_(seams_.entropy, rules_of(settings), settings.fee_basis_points) {
    books_.trades.watch([this](const Trade& trade, TradeEvent event, const Refund* refund) {
        notify(trade, event, refund);
    });
    books_.auths.watch([this](const AuthOrder& auth, const Operation& operation) {
        notifier_.queue(auth_notice(auth, operation));
        seams_.wake();
    });
}

void AlipayDesk::add_routes(transport::Router& router) {
    add_gateway_routes(router);
    add_buyer_routes(router);
    add_console_routes(router);
}

void AlipayDesk::add_gateway_routes(transport::Router& router) {
    for (const char* method : {"GET", "POST"}) {
        router.add(method, "/gateway.do",
                   [this](transport::ServerRequest& request, transport::Ticket ticket) {
                       reply(answer(request), std::move(ticket));
                   });
    }
    for (const Method& method : all_methods()) {
        if (!has_v3(method)) continue;
        std::string path = "/v3/" + std::string(method.name);
        std::ranges::replace(path, '.', '/');
        router.add(std::string(method.v3_verb), path,
                   [this](transport::ServerRequest& request, transport::Ticket ticket) {
                       reply(answer_v3(request), std::move(ticket));
                   });
    }
}

std::size_t AlipayDesk::run_once(std::size_t limit) {
    const Timestamp now = seams_.clock.now();
    std::vector<Held> due;
    {
        const std::lock_guard lock(mutex_);
        books_.trades.expire(now);
        books_.auths.expire(now);
        while (!late_money_.empty() && late_money_.begin()->first <= now) {
            static_cast<void>(books_.trades.pay_late(late_money_.begin()->second, now));
            late_money_.erase(late_money_.begin());
        }
        while (!held_.empty() && held_.begin()->first <= now) {
            due.push_back(std::move(held_.begin()->second));
            held_.erase(held_.begin());
        }
    }
    for (Held& held : due) held.ticket.complete(std::move(held.answer));
    return due.size() + notifier_.run_once(limit);
}

std::optional<Timestamp> AlipayDesk::next_due() const {
    std::optional<Timestamp> next = notifier_.next_due();
    const std::lock_guard lock(mutex_);
    if (!held_.empty() && (!next || held_.begin()->first < *next)) next = held_.begin()->first;
    if (!late_money_.empty() && (!next || late_money_.begin()->first < *next)) {
        next = late_money_.begin()->first;
    }
    return next;
}

void AlipayDesk::reply(GatewayReply reply, transport::Ticket ticket) {
    if (reply.answer && reply.delay.count() == 0) return ticket.complete(*std::move(reply.answer));
    const std::lock_guard lock(mutex_);
    if (reply.answer && held_.size() < kHeldMax) {
        held_.emplace(seams_.clock.now() + reply.delay,
                      Held{.ticket = std::move(ticket), .answer = *std::move(reply.answer)});
        seams_.wake();
        return;
    }
    // A request that is never answered keeps its place until its caller gives up. When there are
    // too many, the oldest one's connection is reset: an answer would say more than it may know.
    unanswered_.push_back(std::move(ticket));
    if (unanswered_.size() <= kUnansweredMax) return;
    unanswered_.front().complete({.status = 200, .cut_after = 0});
    unanswered_.pop_front();
}

// By default Alipay tells of payments and refunds only; the other statuses have
// to be asked for (protocol notes 4.6). What is told depends on nothing but
// what has happened.
void AlipayDesk::notify(const Trade& trade, TradeEvent event, const Refund* refund) {
    if (event == TradeEvent::paid) books_.journal.add_payment(trade);
    if (event == TradeEvent::refunded) books_.journal.add_refund(trade, *refund);
    const bool always = event == TradeEvent::paid || event == TradeEvent::refunded;
    if (!always &&
        std::ranges::find(notified_statuses_, name_of(trade.status)) == notified_statuses_.end()) {
        return;
    }
    notifier_.queue(trade_notice(trade, refund));
    seams_.wake();
}

void AlipayDesk::log_refusal(const RequestOutline& outline, const Error& refusal) {
    seams_.log.info("sandbox.request_refused", {{"method", outline.method},
                                                {"sub_code", refusal.reason()},
                                                {"sub_msg", refusal.message()}});
}

}  // namespace tollgate::sandbox
