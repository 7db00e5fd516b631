#include "callbacks/record_notification.h"

#include "base/log.h"
#include "callbacks/auth_notification.h"
#include "callbacks/difference.h"
#include "callbacks/judgement.h"
#include "callbacks/notification_kind.h"
#include "callbacks/preauth_move.h"
#include "callbacks/promotion.h"
#include "callbacks/refund_report.h"
#include "callbacks/trade_notification.h"

namespace tollgate::callbacks {
namespace {

using ledger::Books;
using ledger::Payment;
using ledger::Verdict;

ledger::NotificationKey key_of(const VerifiedNotification& notification) {
    std::optional<std::string> number;
    if (notification.fields) number = business_value(*notification.fields, "out_trade_no");
    return {notification.app->id, std::move(number).value_or(""), notification.notify_id};
}

// One run of the unit: what it knows so far, and the steps in the order in which they happen.
class Recording {
public:
    Recording(Books& books, const VerifiedNotification& notification, Entropy& entropy)
        : books_(books), notification_(notification), entropy_(entropy) {}

    Result<NotificationOutcome> run() {
        TOLLGATE_TRY(const auto seen, books_.read().notification(key_of(notification_)));
        if (seen) return NotificationOutcome{.duplicate = true, .verdict = seen->verdict};
        TOLLGATE_DO(decide());
        TOLLGATE_TRY(const ledger::RowId row, add_row());
        TOLLGATE_DO(act(row));
        return NotificationOutcome{.duplicate = false,
                                   .verdict = judgement_.verdict,
                                   .reason = judgement_.reason,
                                   .payment_id = payment_ ? payment_->id : "",
                                   .opened = opened_};
    }

private:
    Result<Done> decide() {
        if (!notification_.fields) return reject("charset_invalid");
        const NotificationKind kind = notification_kind(*notification_.fields);
        if (kind == NotificationKind::fund_authorisation) return decide_authorisation();
        if (kind != NotificationKind::trade) return keep(kind);
        auto trade = read_trade_notification(*notification_.fields);
        if (!trade) return reject(trade.error().reason());
        trade_ = *std::move(trade);
        KnownPayments known;
        TOLLGATE_TRY(known.of_number,
                     books_.read().payment_by_number(notification_.app->id, trade_->out_trade_no));
        // Who holds the trade_no is only in question while this payment does not.
        if (known.of_number && !known.of_number->trade_no) {
            TOLLGATE_TRY(known.of_trade_no, books_.read().payment_by_trade_no(trade_->trade_no));
        }
        judgement_ = judge(*trade_, *notification_.app, known);
        payment_ = std::move(known.of_number);
        return Done{};
    }

    // About a pre-authorisation of ours; any other is only kept.
    Result<Done> decide_authorisation() {
        TOLLGATE_DO(keep(NotificationKind::fund_authorisation));
        const auto number = field("out_order_no");
        if (!number || judgement_.verdict == Verdict::rejected) return Done{};
        TOLLGATE_TRY(preauth_, books_.read().preauths().one(notification_.app->id, *number));
        if (!preauth_) return Done{};
        auto judgement =
            judge_authorisation(*notification_.fields, *preauth_, notification_.received_at);
        judgement_.verdict = judgement.verdict;
        judgement_.reason = std::move(judgement.reason);
        next_preauth_ = std::move(judgement.next);
        return Done{};
    }

    // Moves no payment by itself: kept for whoever acts on its kind, beside the payment it is
    // about.
    Result<Done> keep(NotificationKind kind) {
        const auto app_id = field("app_id");
        if (app_id && *app_id != notification_.app->app_id) return reject("app_id_mismatch");
        judgement_.verdict = Verdict::ignored;
        judgement_.reason = std::string(name_of(kind));
        const auto number = field("out_trade_no");
        if (!number) return Done{};
        TOLLGATE_TRY(auto payment, books_.read().payment_by_number(notification_.app->id, *number));
        const auto trade_no = field("trade_no");
        if (payment && (!trade_no || payment->trade_no == trade_no)) payment_ = std::move(payment);
        return Done{};
    }

    Result<Done> reject(std::string_view reason) {
        judgement_.verdict = Verdict::rejected;
        judgement_.reason = std::string(reason);
        return Done{};
    }

    Result<ledger::RowId> add_row() {
        ledger::NotificationRecord record;
        record.app = notification_.app->id;
        record.notify_id = notification_.notify_id;
        if (payment_) record.payment = payment_->row;
        record.kind = notification_.fields ? kind_of(*notification_.fields) : "unreadable";
        record.out_trade_no = field("out_trade_no");
        record.trade_no = field("trade_no");
        record.trade_status = field("trade_status");
        record.refund_fee = field("refund_fee");
        if (notification_.fields) record.out_biz_no = operation_number(*notification_.fields);
        record.gmt_refund = field("gmt_refund");
        record.send_back_fee = field("send_back_fee");
        record.dback_status = field("dback_status");
        record.verdict = judgement_.verdict;
        if (!judgement_.reason.empty()) record.reason = judgement_.reason;
        record.received_at = notification_.received_at;
        record.headers = notification_.headers;
        record.body = notification_.body;
        return books_.add_notification(record);
    }

    Result<Done> act(ledger::RowId row) {
        if (next_preauth_) {
            TOLLGATE_DO(move_preauth(books_, *preauth_, *std::move(next_preauth_), origin(),
                                     notification_.received_at, entropy_));
        }
        if (judgement_.opens_difference()) return open_difference(row);
        if (!payment_) return Done{};
        if (tells_of_deposit_back()) {
            TOLLGATE_DO(take_deposit_back(books_, *payment_, *notification_.fields, origin(),
                                          notification_.received_at));
        }
        if (judgement_.decision && judgement_.decision->kind == ledger::Decision::Kind::move) {
            TOLLGATE_DO(move());
        } else if (judgement_.bind_trade_no) {
            TOLLGATE_DO(bind_trade_no());
        }
        if (trade_ && is_refund_report(*trade_)) {
            TOLLGATE_DO(take_refund_report(books_, *payment_, *trade_, origin(),
                                           notification_.received_at));
        }
        if (!judgement_.ask_soon || payment_->held) return Done{};
        return books_.set_next_sweep(*payment_, notification_.received_at);
    }

    bool tells_of_deposit_back() const {
        return notification_.fields && judgement_.verdict == Verdict::ignored &&
               notification_kind(*notification_.fields) == NotificationKind::deposit_back;
    }

    Result<Done> move() {
        const Promotion promotion{.decision = *judgement_.decision,
                                  .trade_no = trade_->trade_no,
                                  .paid_at = trade_->paid_at,
                                  .next_sweep_at = payment_->next_sweep_at,
                                  .failure = std::nullopt,
                                  .rules = notification_.app->rules,
                                  .origin = origin(),
                                  .now = notification_.received_at};
        return promote(books_, *payment_, promotion, entropy_);
    }

    // News without a change of status: Alipay's number for the trade.
    Result<Done> bind_trade_no() {
        return books_.change_payment(*payment_,
                                     {.to = payment_->status,
                                      .trade_no = trade_->trade_no,
                                      .paid_at = std::nullopt,
                                      .next_sweep_at = payment_->next_sweep_at,
                                      .failure = std::nullopt},
                                     origin(), notification_.received_at);
    }

    // Genuine money still marks a held payment paid.
    Result<Done> open_difference(ledger::RowId row) {
        const NewDifference difference{
            .app = notification_.app->id,
            .difference_class = judgement_.reason,
            // Without a number of Alipay's, the notification itself is what the difference is
            // about.
            .trade_no =
                field("trade_no").value_or(field("auth_no").value_or(notification_.notify_id)),
            .notification = row,
            .evidence = evidence(),
            .origin = origin(),
            .now = notification_.received_at};
        TOLLGATE_TRY(const bool opened,
                     callbacks::open_difference(books_, payment_ ? &*payment_ : nullptr, difference,
                                                entropy_));
        if (opened) opened_ = judgement_.reason;
        return Done{};
    }

    std::string evidence() const {
        std::string json = "{\"notify_id\":";
        append_json_string(json, notification_.notify_id);
        for (const std::string_view name :
             {"app_id", "seller_id", "out_trade_no", "trade_no", "trade_status", "total_amount",
              "gmt_payment", "out_order_no", "auth_no", "payee_user_id", "operation_type", "status",
              "amount"}) {
            const auto value = field(name);
            if (!value) continue;
            json += ',';
            append_json_string(json, name);
            json += ':';
            append_json_string(json, *value);
        }
        return json + "}";
    }

    std::optional<std::string> field(std::string_view name) const {
        if (!notification_.fields) return std::nullopt;
        return business_value(*notification_.fields, name);
    }

    ledger::Origin origin() const {
        return {.cause = ledger::Cause::notification,
                .cause_id = notification_.notify_id,
                .request_id = notification_.request_id};
    }

    Books& books_;
    const VerifiedNotification& notification_;
    Entropy& entropy_;
    std::optional<TradeNotification> trade_;
    std::optional<Payment> payment_;
    std::optional<ledger::Preauthorisation> preauth_;
    std::optional<ledger::Preauthorisation> next_preauth_;
    NotificationJudgement judgement_;
    std::string opened_;
};

}  // namespace

Result<NotificationOutcome> record_notification(Books& books,
                                                const VerifiedNotification& notification,
                                                Entropy& entropy) {
    return Recording(books, notification, entropy).run();
}

void foresee(const VerifiedNotification& notification, ledger::Foresight& keys) {
    const std::string& app = notification.app->id;
    keys.notifications.push_back(key_of(notification));
    if (!notification.fields) return;
    if (const auto number = business_value(*notification.fields, "out_trade_no")) {
        keys.payments.emplace_back(app, *number);
    }
    if (const auto trade_no = business_value(*notification.fields, "trade_no")) {
        keys.trade_nos.push_back(*trade_no);
    }
    if (const auto number = business_value(*notification.fields, "out_order_no")) {
        keys.preauthorisations.emplace_back(app, *number);
    }
}

}  // namespace tollgate::callbacks
