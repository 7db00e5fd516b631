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
        waiters_.emplace(refund, std::move(waiter));
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
    {
        const std::lock_guard lock(mutex_);
        if (claiming_) return;
        claiming_ = true;
        hurried_ = false;
    }
    const Timestamp now = seams_.clock.now();
    seams_.writer.submit(ledger::make_unit(
        [this, now, limit](ledger::Books& books) {
            return claim_due_refunds(books, {.apps = apps_,
                                             .now = now,
                                             .lease_until = now + lease_,
                                             .limit = limit,
                                             .entropy = seams_.entropy});
        },
        [this](Result<DueRefunds> due) { claimed(std::move(due)); }));
}

void RefundErrands::claimed(Result<DueRefunds> due) {
    bool any = false;
    {
        const std::lock_guard lock(mutex_);
        claiming_ = false;
        any = hurried_;
        if (due) {
            any = any || !due->refunds.empty() || !due->reports.empty();
            std::ranges::move(due->refunds, std::back_inserter(ready_.refunds));
            std::ranges::move(due->reports, std::back_inserter(ready_.reports));
        }
    }
    if (any) seams_.wake();
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
                [](const Result<Done>& /*tried_again*/) {}));
        });
}

void RefundErrands::stepped(const DueRefund& due, const std::string& id,
                            std::chrono::nanoseconds began, const Result<ledger::Refund>& refund) {
    const auto took = seams_.clock.monotonic() - began;
    took_ms_.note(std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
    std::vector<Waiter> waiters;
    {
        const std::lock_guard lock(mutex_);
        const auto [first, last] = waiters_.equal_range(due.refund.row);
        for (auto it = first; it != last; ++it) waiters.push_back(std::move(it->second));
        waiters_.erase(first, last);
    }
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
