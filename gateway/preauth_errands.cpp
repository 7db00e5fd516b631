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
        waiters_.add(row, std::move(waiter));
        hurried_ = true;
    }
    seams_.wake();
}

void PreauthErrands::start_freeze(DuePreauth due, AlipayClient::Prepared call, Waiter waiter) {
    {
        const std::lock_guard lock(mutex_);
        waiters_.add(due.preauth.row, std::move(waiter));
        waiters_.began(due.preauth.row);
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
    std::vector<ledger::RowId> elsewhere;
    {
        const std::lock_guard lock(mutex_);
        if (claiming_) return;
        limit = std::min(limit, RefundErrands::kCallsMax - calls_);
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
            TOLLGATE_TRY(claimed.due, claim_due_preauths(books, {.apps = apps_,
                                                                 .now = now,
                                                                 .lease_until = now + lease_,
                                                                 .limit = limit}));
            TOLLGATE_TRY(claimed.seen_to,
                         at_rest<Preauthorisation>(books.read().preauths(), elsewhere, now));
            claimed.is_full = std::cmp_equal(claimed.due.size(), limit);
            return claimed;
        },
        [this](Result<Claimed> outcome) { claimed(std::move(outcome)); }));
}

void PreauthErrands::claimed(Result<Claimed> claimed) {
    std::vector<std::pair<Preauthorisation, std::vector<Waiter>>> told;
    bool any = false;
    {
        const std::lock_guard lock(mutex_);
        claiming_ = false;
        any = hurried_;
        if (claimed) {
            // There may be more of what is waited for.
            hurried_ = hurried_ || claimed->is_full;
            any = hurried_ || !claimed->due.empty();
            for (const DuePreauth& one : claimed->due) waiters_.began(one.preauth.row);
            calls_ += static_cast<int>(claimed->due.size());
            std::ranges::move(claimed->due, std::back_inserter(ready_));
            for (Preauthorisation& preauth : claimed->seen_to) {
                auto waiters = waiters_.take(preauth.row);
                told.emplace_back(std::move(preauth), std::move(waiters));
            }
        }
    }
    if (any) seams_.wake();
    for (const auto& [preauth, waiters] : told) {
        for (const Waiter& waiter : waiters) waiter(preauth);
    }
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
    const bool was_freeze =
        due.call == PreauthCall::freeze || due.call == PreauthCall::freeze_again;
    std::vector<Waiter> waiters;
    bool hurried = false;
    {
        const std::lock_guard lock(mutex_);
        waiters_.ended(due.preauth.row);
        if (!was_freeze) --calls_;
        if (goes_on) {
            hurried_ = true;
        } else {
            waiters = waiters_.take(due.preauth.row);
        }
        hurried = hurried_;
    }
    if (hurried) seams_.wake();
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
