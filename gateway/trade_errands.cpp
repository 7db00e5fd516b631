#include "gateway/trade_errands.h"

#include <algorithm>
#include <utility>

#include "base/id.h"
#include "gateway/sweep_bounds.h"

namespace tollgate::gateway {
namespace {

constexpr const char* kUnheardCauses =
    "likely: public.base_url cannot be reached from the internet; a proxy or firewall drops or "
    "changes POST /alipay/…/notify; it was answered too late or not with the 7 bytes; the "
    "notifications go to another address";

// A clock that went back must not keep anybody from asking.
bool is_recent(Timestamp asked, Timestamp now) {
    return asked <= now && now < asked + TradeErrands::kMereLookEvery;
}

}  // namespace

struct TradeErrands::Errand {
    std::string payment_id;
    callbacks::AppRef app;
    ledger::Origin origin;
    ErrandSoFar so_far;
    TradeCall next = TradeCall::query;
    ledger::Payment payment;
    bool heard = false;
    std::chrono::nanoseconds began{};
    // Under the errands' mutex.
    std::vector<Waiter> waiters;
    bool again = false;
    bool claimed = false;    // The timer's claim got the lease for us, just before we asked for it.
    bool scheduled = false;  // The timer's, and not a visit.
};

TradeErrands::TradeErrands(const callbacks::Apps& apps, ErrandSettings settings, ErrandSeams seams)
    : apps_(apps),
      settings_(settings),
      seams_(std::move(seams)),
      refilled_at_(seams_.clock.now()),
      took_ms_(kSweepBounds) {}

TradeErrands::Shared TradeErrands::new_errand(const std::string& payment_id,
                                              const callbacks::AppRef& app,
                                              std::string request_id) {
    auto errand = std::make_shared<Errand>();
    errand->payment_id = payment_id;
    errand->app = app;
    errand->began = seams_.clock.monotonic();
    const std::string id = make_id("ask", seams_.clock.now(), seams_.entropy);
    errand->origin = {.cause = ledger::Cause::query,
                      .cause_id = id,
                      .request_id = request_id.empty() ? id : std::move(request_id)};
    return errand;
}

void TradeErrands::refill(Timestamp now) {
    const std::int64_t passed = std::clamp<std::int64_t>((now - refilled_at_).count(), 0, 1'000);
    refilled_at_ = now;
    allowance_ = std::min(allowance_ + passed * settings_.calls_per_second,
                          settings_.calls_per_second * 1'000);
    std::erase_if(asked_, [now](const auto& asked) { return !is_recent(asked.second, now); });
}

bool TradeErrands::asked_just_now(std::string_view payment_id) const {
    const Timestamp now = seams_.clock.now();
    const std::lock_guard lock(mutex_);
    const auto asked = asked_.find(payment_id);
    return !running_.contains(payment_id) && asked != asked_.end() && is_recent(asked->second, now);
}

void TradeErrands::run_once(int limit) {
    const Timestamp now = seams_.clock.now();
    std::int64_t allowed = 0;
    {
        const std::lock_guard lock(mutex_);
        refill(now);
        if (claiming_) return;
        const auto room = settings_.in_flight_max - scheduled_;
        allowed = std::min({static_cast<std::int64_t>(limit), allowance_ / 1'000, room});
        if (allowed <= 0) return;
        claiming_ = true;
    }
    seams_.writer.submit(ledger::make_unit(
        [this, now, allowed](ledger::Books& books) {
            return claim_due(books, apps_, now, now + settings_.lease, static_cast<int>(allowed));
        },
        [this](Result<DuePayments> due) { claimed(std::move(due)); }));
}

void TradeErrands::claimed(Result<DuePayments> due) {
    std::vector<Shared> begun;
    {
        const std::lock_guard lock(mutex_);
        claiming_ = false;
        if (!due) return;  // The next beat tries again; the writer has logged why.
        for (ledger::Payment& payment : due->to_ask) {
            if (const auto found = running_.find(payment.id); found != running_.end()) {
                found->second->claimed = true;
                continue;
            }
            auto errand = new_errand(payment.id, apps_.find(payment.app), "");
            errand->payment = std::move(payment);
            errand->scheduled = true;
            ++scheduled_;
            running_.emplace(errand->payment_id, errand);
            begun.push_back(std::move(errand));
        }
    }
    for (const auto& payment : due->unheard) warn_unheard(payment);
    for (const Shared& errand : begun) line_up(errand, TradeCall::query);
}

void TradeErrands::warn_unheard(const ledger::Payment& payment) {
    ++paid_unheard_;
    seams_.log.warning("payment.paid_without_notification",
                       {{"payment_id", payment.id},
                        {"app", payment.app},
                        {"trade_no", payment.trade_no.value_or("")},
                        {"since_start", static_cast<std::int64_t>(paid_unheard_.load())},
                        {"meaning", kUnheardCauses}});
}

void TradeErrands::visit(const Visit& visit, Waiter waiter) {
    Shared errand;
    {
        const std::lock_guard lock(mutex_);
        const auto found = running_.find(visit.payment_id);
        if (found != running_.end()) {
            found->second->waiters.push_back(std::move(waiter));
            found->second->again = found->second->again || visit.again;
            return;
        }
        errand = new_errand(visit.payment_id, apps_.find(visit.app), visit.request_id);
        errand->waiters.push_back(std::move(waiter));
        running_.emplace(visit.payment_id, errand);
    }
    begin(errand);
}

void TradeErrands::do_later(std::function<void()> work) {
    {
        const std::lock_guard lock(mutex_);
        later_.push_back(std::move(work));
    }
    seams_.wake();
}

bool TradeErrands::has_room() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::int64_t>(running_.size()) < settings_.in_flight_max * 2;
}

// Takes the lease, unless another process has it. The timer may have claimed the payment a moment
// ago: that lease is ours as well, and nobody else would use it.
void TradeErrands::begin(const Shared& errand) {
    const Timestamp now = seams_.clock.now();
    struct Begun {
        ledger::Payment payment;
        enum class Lease { taken, found, not_wanted } lease = Lease::not_wanted;
    };
    seams_.writer.submit(ledger::make_unit(
        [this, errand, now](ledger::Books& books) -> Result<Begun> {
            TOLLGATE_TRY(auto found, books.read().payment_by_id(errand->payment_id));
            if (!found) return Error(ErrorCode::not_found, "there is no such payment");
            const bool over = ledger::is_final(found->status) || found->held;
            if (over || errand->app == nullptr) return Begun{*std::move(found)};
            if (found->calling_until && *found->calling_until > now) {
                return Begun{.payment = *std::move(found), .lease = Begun::Lease::found};
            }
            TOLLGATE_DO(books.set_calling(*found, now + settings_.lease));
            return Begun{.payment = *std::move(found), .lease = Begun::Lease::taken};
        },
        [this, errand](Result<Begun> begun) {
            if (!begun) return end(errand, begun.error());
            const bool claimed = take_claim(*errand);
            const bool ours = begun->lease == Begun::Lease::taken ||
                              (begun->lease == Begun::Lease::found && claimed);
            if (!ours) return end(errand, begun->payment);
            errand->payment = std::move(begun->payment);
            line_up(errand, TradeCall::query);
        }));
}

bool TradeErrands::take_claim(Errand& errand) {
    const std::lock_guard lock(mutex_);
    return std::exchange(errand.claimed, false);
}

void TradeErrands::line_up(const Shared& errand, TradeCall next) {
    errand->next = next;
    {
        const std::lock_guard lock(mutex_);
        ready_.push_back(errand);
    }
    seams_.wake();
}

void TradeErrands::run_ready() {
    std::vector<Shared> ready;
    std::vector<std::function<void()>> later;
    {
        const std::lock_guard lock(mutex_);
        ready.swap(ready_);
        later.swap(later_);
        for (const Shared& errand : ready) allowance_ -= errand->scheduled ? 1'000 : 0;
    }
    for (const Shared& errand : ready) make_call(errand);
    for (const auto& work : later) work();
}

void TradeErrands::make_call(const Shared& errand) {
    switch (errand->next) {
        case TradeCall::none: return;
        case TradeCall::query: return query(errand);
        case TradeCall::close: return close(errand);
        case TradeCall::cancel: return cancel(errand);
        case TradeCall::create:
            errand->so_far.created = true;
            return seams_.create.call_again(errand->payment, errand->origin, [this, errand] {
                submit(errand, [this, errand](ledger::Books& books, const StepContext& context) {
                    return rest_payment(books, errand->payment_id, context);
                });
            });
    }
}

AlipayClient::Call TradeErrands::call_of(const Errand& errand, std::string_view method) const {
    return {.app = errand.app,
            .method = method,
            .biz_content = {{"out_trade_no", errand.payment.out_trade_no}},
            .notify_url = "",
            .request_id = errand.origin.request_id,
            .payment_id = errand.payment_id};
}

void TradeErrands::query(const Shared& errand) {
    ++queries_;
    errand->so_far.numbered = errand->payment.trade_no.has_value();
    errand->so_far.next_look = errand->payment.next_sweep_at;
    {
        const std::lock_guard lock(mutex_);
        asked_.insert_or_assign(errand->payment_id, seams_.clock.now());
    }
    seams_.alipay.call(
        call_of(*errand, "alipay.trade.query"), [this, errand](const Result<AlipayAnswer>& answer) {
            QueryFinding finding = read_query(answer);
            errand->heard = finding.kind == QueryFinding::Kind::trade ||
                            finding.kind == QueryFinding::Kind::no_trade;
            submit(errand, [errand, finding = std::move(finding)](ledger::Books& books,
                                                                  const StepContext& context) {
                return apply_query(books, errand->payment_id, finding, errand->so_far, context);
            });
        });
}

// Whatever it answers, the query that follows decides: a refusal may mean that the buyer was
// faster.
void TradeErrands::close(const Shared& errand) {
    errand->so_far.closed = true;
    seams_.alipay.call(call_of(*errand, "alipay.trade.close"),
                       [this, errand](const Result<AlipayAnswer>& /*no_proof*/) {
                           line_up(errand, TradeCall::query);
                       });
}

void TradeErrands::cancel(const Shared& errand) {
    errand->so_far.cancelled = true;
    seams_.alipay.call(call_of(*errand, "alipay.trade.cancel"),
                       [this, errand](const Result<AlipayAnswer>& answer) {
                           submit(errand, [errand, finding = read_cancel(answer)](
                                              ledger::Books& books, const StepContext& context) {
                               return apply_cancel(books, errand->payment_id, finding, context);
                           });
                       });
}

template <typename Work>
void TradeErrands::submit(const Shared& errand, Work work) {
    const TimeSense time{.now = seams_.clock.now(), .trusted = seams_.clock_watch.trusted()};
    seams_.writer.submit(ledger::make_unit(
        [this, errand, work = std::move(work), time](ledger::Books& books) {
            const StepContext context{.app = errand->app,
                                      .origin = errand->origin,
                                      .time = time,
                                      .entropy = seams_.entropy,
                                      .dice = seams_.random};
            return work(books, context);
        },
        [this, errand](Result<TradeStep> step) { stepped(errand, std::move(step)); }));
}

void TradeErrands::stepped(const Shared& errand, Result<TradeStep> step) {
    if (!step) return end(errand, step.error());
    const auto was = errand->payment.status;
    const auto is = step->payment.status;
    if (was != is) {
        seams_.log.info("payment.moved", {{"payment_id", step->payment.id},
                                          {"request_id", errand->origin.request_id},
                                          {"from", name_of(was)},
                                          {"to", name_of(is)},
                                          {"cause_id", errand->origin.cause_id}});
    }
    const bool open_before = !ledger::is_final(was) && was != ledger::PaymentStatus::paid;
    if (open_before && step->payment.paid_at) ++paid_by_query_;
    if (!step->opened.empty()) {
        seams_.log.error("difference.opened", {{"app", step->payment.app},
                                               {"class", step->opened},
                                               {"payment_id", step->payment.id},
                                               {"request_id", errand->origin.request_id}});
    }
    errand->payment = std::move(step->payment);
    if (step->next == TradeCall::none) return end(errand, errand->payment);
    line_up(errand, step->next);
}

void TradeErrands::end(const Shared& errand, const Result<ledger::Payment>& outcome) {
    using std::chrono::duration_cast;
    const auto took = seams_.clock.monotonic() - errand->began;
    took_ms_.note(duration_cast<std::chrono::milliseconds>(took).count());
    std::vector<Waiter> waiters;
    bool once_more = false;
    {
        const std::lock_guard lock(mutex_);
        once_more = outcome && std::exchange(errand->again, false);
        if (once_more) {
            errand->so_far = {};
            errand->began = seams_.clock.monotonic();
            errand->claimed = false;
        } else {
            waiters = std::move(errand->waiters);
            running_.erase(errand->payment_id);
            scheduled_ -= errand->scheduled ? 1 : 0;
        }
    }
    if (once_more) return begin(errand);
    for (const Waiter& waiter : waiters) waiter(outcome, errand->heard);
}

TradeErrands::Counters TradeErrands::counters() const {
    const std::lock_guard lock(mutex_);
    return {.queries = queries_,
            .paid_by_query = paid_by_query_,
            .paid_unheard = paid_unheard_,
            .in_flight = running_.size()};
}

}  // namespace tollgate::gateway
