#include "gateway/refund_errands.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/id.h"

namespace tollgate::gateway {

void RefundErrands::run_once(int limit) {
    claim(limit);
}

void RefundErrands::hurry(ledger::RowId refund, Waiter waiter) {
    {
        const std::lock_guard lock(mutex_);
        waiters_.add(refund, std::move(waiter));
        hurried_ = true;
    }
    seams_.wake();
}

void RefundErrands::run_ready(int limit) {
    DueRefunds ready;
    bool hurried = false;
    {
        const std::lock_guard lock(mutex_);
        std::swap(ready, ready_);
        hurried = hurried_ && !claiming_;
    }
    if (hurried) claim(limit);
    for (const DueRefund& due : ready.refunds) make_call(due);
    for (const DueReport& due : ready.reports) make_call(due);
}

void RefundErrands::claim(int limit) {
    std::vector<ledger::RowId> elsewhere;
    {
        const std::lock_guard lock(mutex_);
        if (claiming_) return;
        limit = std::min(limit, kCallsMax - calls_);
        if (limit <= 0) return;  // The end of a call, or the next beat, tries again.
        claiming_ = true;
        hurried_ = false;
        elsewhere = waiters_.elsewhere();
    }
    const Timestamp now = seams_.clock.now();
    seams_.writer.submit(ledger::make_unit(
        [this, now, limit,
         elsewhere = std::move(elsewhere)](ledger::Books& books) -> Result<Claimed> {
            Claimed claimed;
            TOLLGATE_TRY(claimed.due, claim_due_refunds(books, {.apps = apps_,
                                                                .now = now,
                                                                .lease_until = now + lease_,
                                                                .limit = limit,
                                                                .entropy = seams_.entropy}));
            TOLLGATE_TRY(claimed.seen_to,
                         at_rest<ledger::Refund>(books.read().refunds(), elsewhere, now));
            // Put off until its turn among the payment's others: nothing has been done with it yet.
            std::erase_if(claimed.seen_to, [](const ledger::Refund& refund) {
                return refund.status == ledger::RefundStatus::requested;
            });
            claimed.is_full = std::cmp_equal(claimed.due.refunds.size(), limit);
            return claimed;
        },
        [this](Result<Claimed> outcome) { claimed(std::move(outcome)); }));
}

void RefundErrands::claimed(Result<Claimed> claimed) {
    std::vector<std::pair<ledger::Refund, std::vector<Waiter>>> told;
    bool any = false;
    {
        const std::lock_guard lock(mutex_);
        claiming_ = false;
        any = hurried_;
        if (claimed) {
            DueRefunds& due = claimed->due;
            // There may be more of what is waited for.
            hurried_ = hurried_ || claimed->is_full;
            any = hurried_ || !due.refunds.empty() || !due.reports.empty();
            for (const DueRefund& one : due.refunds) waiters_.began(one.refund.row);
            calls_ += static_cast<int>(due.refunds.size() + due.reports.size());
            std::ranges::move(due.refunds, std::back_inserter(ready_.refunds));
            std::ranges::move(due.reports, std::back_inserter(ready_.reports));
            for (ledger::Refund& refund : claimed->seen_to) {
                auto waiters = waiters_.take(refund.row);
                told.emplace_back(std::move(refund), std::move(waiters));
            }
        }
    }
    if (any) seams_.wake();
    for (const auto& [refund, waiters] : told) {
        for (const Waiter& waiter : waiters) waiter(refund);
    }
}

StepContext RefundErrands::context(const callbacks::AppRef& app, const std::string& id) const {
    return {.app = app,
            .origin = {.cause = ledger::Cause::query, .cause_id = id, .request_id = id},
            .time = {.now = seams_.clock.now(), .trusted = seams_.clock_watch.trusted()},
            .entropy = seams_.entropy,
            .dice = seams_.random};
}

void RefundErrands::make_call(const DueRefund& due) {
    const std::string id = make_id("ask", seams_.clock.now(), seams_.entropy);
    const auto began = seams_.clock.monotonic();
    const auto& refund = due.refund;
    AlipayClient::Call call{.app = due.app,
                            .method = "alipay.trade.refund",
                            .biz_content = {{"out_trade_no", due.payment.out_trade_no},
                                            {"out_request_no", refund.out_request_no}},
                            .notify_url = "",
                            .request_id = id,
                            .payment_id = due.payment.id,
                            .is_repeat = !due.query && refund.proof.attempts > 1};
    if (due.query) {
        call.method = "alipay.trade.fastpay.refund.query";
        call.biz_content["query_options"] = {"gmt_refund_pay", "deposit_back_info"};
        return seams_.alipay.call(call, [this, due, id, began](const Result<AlipayAnswer>& answer) {
            seams_.writer.submit(ledger::make_unit(
                [this, due, id, finding = read_refund_query(answer)](ledger::Books& books) {
                    return apply_refund_query(books, due, finding, context(due.app, id));
                },
                [this, due, id, began](const Result<ledger::Refund>& now) {
                    stepped(due, id, began, now);
                }));
        });
    }
    call.biz_content["refund_amount"] = refund.amount.to_yuan();
    if (refund.reason) call.biz_content["refund_reason"] = *refund.reason;
    seams_.alipay.call(call, [this, due, id, began](const Result<AlipayAnswer>& answer) {
        seams_.writer.submit(ledger::make_unit(
            [this, due, id,
             finding = read_refund_call(answer, due.refund.amount)](ledger::Books& books) {
                return apply_refund_call(books, due, finding, context(due.app, id));
            },
            [this, due, id, began](const Result<ledger::Refund>& now) {
                stepped(due, id, began, now);
            }));
    });
}

void RefundErrands::make_call(const DueReport& due) {
    const std::string id = make_id("ask", seams_.clock.now(), seams_.entropy);
    seams_.alipay.call(
        {.app = due.app,
         .method = "alipay.trade.fastpay.refund.query",
         .biz_content = {{"out_trade_no", due.payment.out_trade_no},
                         {"out_request_no", due.report.out_request_no}},
         .notify_url = "",
         .request_id = id,
         .payment_id = due.payment.id},
        [this, due, id](const Result<AlipayAnswer>& answer) {
            seams_.writer.submit(ledger::make_unit(
                [this, due, id, finding = read_refund_query(answer)](ledger::Books& books) {
                    return apply_report_query(books, due, finding, context(due.app, id));
                },
                // What could not be written is asked again when the lease is over.
                [this](const Result<Done>& /*tried_again*/) { made_room(); }));
        });
}

void RefundErrands::made_room() {
    bool hurried = false;
    {
        const std::lock_guard lock(mutex_);
        --calls_;
        hurried = hurried_;
    }
    if (hurried) seams_.wake();
}

void RefundErrands::stepped(const DueRefund& due, const std::string& id,
                            std::chrono::nanoseconds began, const Result<ledger::Refund>& refund) {
    const auto took = seams_.clock.monotonic() - began;
    took_ms_.note(std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
    std::vector<Waiter> waiters;
    {
        const std::lock_guard lock(mutex_);
        waiters_.ended(due.refund.row);
        waiters = waiters_.take(due.refund.row);
    }
    made_room();
    if (refund) {
        const bool odd = refund->status == ledger::RefundStatus::unknown ||
                         refund->status == ledger::RefundStatus::failed;
        seams_.log.write(odd ? LogLevel::warning : LogLevel::info, "refund.seen_to",
                         {{"refund_id", refund->id},
                          {"payment_id", due.payment.id},
                          {"request_id", id},
                          {"status", name_of(refund->status)},
                          {"amount", refund->amount.fen()},
                          {"why", refund->failure.value_or("")}});
    }
    for (const Waiter& waiter : waiters) waiter(refund);
}

}  // namespace tollgate::gateway
