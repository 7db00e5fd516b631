#include "gateway/preauth_errands.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/id.h"
#include "gateway/preauth_unit.h"

namespace tollgate::gateway {
namespace {

using ledger::Preauthorisation;

AlipayClient::Call call_of(const DuePreauth& due, const std::string& id) {
    const Preauthorisation& preauth = due.preauth;
    AlipayClient::Call call{.app = due.app,
                            .method = "alipay.fund.auth.operation.detail.query",
                            .biz_content = {{"out_order_no", preauth.out_auth_no},
                                            {"out_request_no", preauth.out_auth_no}},
                            .notify_url = "",
                            .request_id = id};
    switch (due.call) {
        case PreauthCall::freeze:
        case PreauthCall::freeze_again:
        case PreauthCall::freeze_query: call.biz_content["operation_type"] = "FREEZE"; break;
        case PreauthCall::operation_cancel:
            call.method = "alipay.fund.auth.operation.cancel";
            break;
        case PreauthCall::unfreeze:
            call.method = "alipay.fund.auth.order.unfreeze";
            call.biz_content = {{"auth_no", preauth.auth_no.value_or("")},
                                {"out_request_no", preauth.out_auth_no + "_U"},
                                {"amount", preauth.amount.to_yuan()},
                                {"remark", "cancelled"}};
            break;
        case PreauthCall::pay:
            call.method = "alipay.trade.pay";
            call.biz_content = {{"out_trade_no", preauth.out_auth_no},
                                {"total_amount", preauth.capture.value_or(Money()).to_yuan()},
                                {"subject", preauth.subject},
                                {"product_code", preauth_product_code(preauth.product)},
                                {"seller_id", preauth.seller_id},
                                {"auth_no", preauth.auth_no.value_or("")},
                                // What is not taken is let go with it.
                                {"auth_confirm_mode", "COMPLETE"}};
            if (preauth.payer_id) call.biz_content["buyer_id"] = *preauth.payer_id;
            break;
        case PreauthCall::trade_query:
            call.method = "alipay.trade.query";
            call.biz_content = {{"out_trade_no", preauth.out_auth_no}};
            break;
    }
    return call;
}

}  // namespace

void PreauthErrands::hurry(ledger::RowId row, Waiter waiter) {
    {
        const std::lock_guard lock(mutex_);
        waiters_.emplace(row, std::move(waiter));
        hurried_ = true;
    }
    seams_.wake();
}

void PreauthErrands::start_freeze(DuePreauth due, AlipayClient::Prepared call, Waiter waiter) {
    {
        const std::lock_guard lock(mutex_);
        waiters_.emplace(due.preauth.row, std::move(waiter));
    }
    const std::string id = call.call.request_id;
    seams_.alipay.start(std::move(call),
                        [this, due = std::move(due), id](const Result<AlipayAnswer>& answer) {
                            write(due, id, answer);
                        });
}

void PreauthErrands::run_ready(int limit) {
    std::vector<DuePreauth> ready;
    bool hurried = false;
    {
        const std::lock_guard lock(mutex_);
        std::swap(ready, ready_);
        hurried = hurried_ && !claiming_;
    }
    if (hurried) claim(limit);
    for (const DuePreauth& due : ready) make_call(due);
}

void PreauthErrands::claim(int limit) {
    {
        const std::lock_guard lock(mutex_);
        if (claiming_) return;
        claiming_ = true;
        hurried_ = false;
    }
    const Timestamp now = seams_.clock.now();
    seams_.writer.submit(ledger::make_unit(
        [this, now, limit](ledger::Books& books) {
            return claim_due_preauths(
                books, {.apps = apps_, .now = now, .lease_until = now + lease_, .limit = limit});
        },
        [this](Result<std::vector<DuePreauth>> due) { claimed(std::move(due)); }));
}

void PreauthErrands::claimed(Result<std::vector<DuePreauth>> due) {
    bool any = false;
    {
        const std::lock_guard lock(mutex_);
        claiming_ = false;
        any = hurried_ || (due && !due->empty());
        if (due) std::ranges::move(*due, std::back_inserter(ready_));
    }
    if (any) seams_.wake();
}

void PreauthErrands::make_call(const DuePreauth& due) {
    const std::string id = make_id("ask", seams_.clock.now(), seams_.entropy);
    seams_.alipay.call(call_of(due, id), [this, due, id](const Result<AlipayAnswer>& answer) {
        write(due, id, answer);
    });
}

void PreauthErrands::write(const DuePreauth& due, const std::string& id,
                           const Result<AlipayAnswer>& answer) {
    const TimeSense time{.now = seams_.clock.now(), .trusted = seams_.clock_watch.trusted()};
    seams_.writer.submit(ledger::make_unit(
        [this, due, id, time,
         finding = read_preauth_answer(due.call, answer)](ledger::Books& books) {
            const StepContext context{
                .app = due.app,
                .origin = {.cause = ledger::Cause::query, .cause_id = id, .request_id = id},
                .time = time,
                .entropy = seams_.entropy,
                .dice = seams_.random};
            return apply_preauth(books, due, finding, context);
        },
        [this, due](const Result<Preauthorisation>& now) { stepped(due, now); }));
}

void PreauthErrands::stepped(const DuePreauth& due, const Result<Preauthorisation>& preauth) {
    const bool goes_on =
        preauth && preauth->next_sweep_at && *preauth->next_sweep_at <= seams_.clock.now();
    std::vector<Waiter> waiters;
    {
        const std::lock_guard lock(mutex_);
        if (goes_on) hurried_ = true;
        const auto [first, last] = waiters_.equal_range(due.preauth.row);
        if (!goes_on) {
            for (auto it = first; it != last; ++it) waiters.push_back(std::move(it->second));
            waiters_.erase(first, last);
        }
    }
    if (goes_on) seams_.wake();
    if (preauth && preauth->status != due.preauth.status) {
        seams_.log.info("preauthorisation.moved", {{"preauthorisation_id", preauth->id},
                                                   {"from", name_of(due.preauth.status)},
                                                   {"to", name_of(preauth->status)},
                                                   {"why", preauth->failure.value_or("")}});
    }
    for (const Waiter& waiter : waiters) waiter(preauth);
}

}  // namespace tollgate::gateway
