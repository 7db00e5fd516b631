#include "gateway/preauth_errands.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/id.h"
#include "gateway/preauth_calls.h"

namespace tollgate::gateway {

using ledger::Preauthorisation;

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
    seams_.alipay.call(preauth_call(due, id), [this, due, id](const Result<AlipayAnswer>& answer) {
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
        [this, due, id](const Result<Preauthorisation>& now) { stepped(due, id, now); }));
}

void PreauthErrands::stepped(const DuePreauth& due, const std::string& id,
                             const Result<Preauthorisation>& preauth) {
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
                                                   {"request_id", id},
                                                   {"from", name_of(due.preauth.status)},
                                                   {"to", name_of(preauth->status)},
                                                   {"why", preauth->failure.value_or("")}});
    }
    for (const Waiter& waiter : waiters) waiter(preauth);
}

}  // namespace tollgate::gateway
