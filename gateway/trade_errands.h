#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/tally.h"
#include "callbacks/app.h"
#include "gateway/alipay_client.h"
#include "gateway/clock_watch.h"
#include "gateway/create_payment.h"
#include "gateway/trade_steps.h"
#include "ledger/writer.h"

namespace tollgate::gateway {

// All must outlive the errands, and every call under way.
struct ErrandSeams {
    ledger::Writer& writer;
    AlipayClient& alipay;
    CreatePayment& create;
    const ClockWatch& clock_watch;
    Clock& clock;
    Random& random;
    Entropy& entropy;
    Log& log;
    // Asks the timer to call run_ready() soon. Called from any thread.
    std::function<void()> wake;
};

struct ErrandSettings {
    // How long one of us keeps a payment to himself: longer than all calls of an errand can take.
    std::chrono::milliseconds lease{70'000};
    std::int64_t calls_per_second = 20;  // Of the schedule; visits have limits of their own.
    std::int64_t in_flight_max = 32;     // Of the schedule; of visits and schedule twice as many.
};

// Goes to Alipay for payments that are due, or that somebody wants to hear about or to end: query,
// then whatever follows from it (close, cancel, the creating call again), each step in a unit of
// work of its own. One errand a payment at a time; whoever comes while it is under way joins it.
// Never waits: between the steps it stands in a line that the timer works off.
class TradeErrands {
public:
    // The payment after the errand; an error when the ledger could not write. `heard`: Alipay has
    // said, signed, how the trade stands.
    using Waiter = std::function<void(const Result<ledger::Payment>&, bool heard)>;

    TradeErrands(const callbacks::Apps& apps, ErrandSettings settings, ErrandSeams seams);

    // The timer's: claims what is due, at most `limit` and no more than the rates allow.
    void run_once(int limit);
    // The timer's: makes the calls whose turn has come.
    void run_ready();

    // Asks about the payment, whatever its schedule says. With `again`, an errand under way is
    // followed by another one, which sees what was written just before. Safe from any thread.
    struct Visit {
        std::string payment_id;
        std::string app;
        std::string request_id;
        bool again = false;
    };
    void visit(const Visit& visit, Waiter waiter);

    // Alipay was asked about it less than kMereLookEvery ago, and nobody is asking now: what is
    // written is as good as another answer. Safe from any thread.
    bool asked_just_now(std::string_view payment_id) const;
    static constexpr std::chrono::seconds kMereLookEvery{1};

    // Has the timer do something soon that is too long for the writer's thread, where waiters are
    // called. Safe from any thread.
    void do_later(std::function<void()> work);

    // False while so many errands are under way that a mere look should not add one.
    bool has_room() const;

    struct Counters {
        std::uint64_t queries = 0;
        std::uint64_t paid_by_query = 0;
        std::uint64_t paid_unheard = 0;  // And no notification ever came.
        std::uint64_t in_flight = 0;
    };
    Counters counters() const;
    // How long errands took, every call and COMMIT included.
    Tally::Reading took_ms() const { return took_ms_.read(); }

private:
    struct Errand;
    using Shared = std::shared_ptr<Errand>;

    void claimed(Result<DuePayments> due);
    void begin(const Shared& errand);
    bool take_claim(Errand& errand);
    void line_up(const Shared& errand, TradeCall next);
    void make_call(const Shared& errand);
    void query(const Shared& errand);
    void close(const Shared& errand);
    void cancel(const Shared& errand);
    void stepped(const Shared& errand, Result<TradeStep> step);
    template <typename Work>
    void submit(const Shared& errand, Work work);
    void end(const Shared& errand, const Result<ledger::Payment>& outcome);
    void warn_unheard(const ledger::Payment& payment);
    AlipayClient::Call call_of(const Errand& errand, std::string_view method) const;
    Shared new_errand(const std::string& payment_id, const callbacks::AppRef& app,
                      std::string request_id);
    void refill(Timestamp now);

    const callbacks::Apps& apps_;
    const ErrandSettings settings_;
    ErrandSeams seams_;

    mutable std::mutex mutex_;
    std::map<std::string, Shared, std::less<>> running_;   // By payment id.
    std::map<std::string, Timestamp, std::less<>> asked_;  // Those of the last moments, alike.
    std::vector<Shared> ready_;
    std::vector<std::function<void()>> later_;
    bool claiming_ = false;
    // What the schedule has for itself, so that visits, however many, never keep it from its work:
    // calls that it may make now, in thousandths (below nothing after errands of several), and its
    // errands under way.
    std::int64_t allowance_ = 0;
    std::int64_t scheduled_ = 0;
    Timestamp refilled_at_;

    Tally took_ms_;
    std::atomic<std::uint64_t> queries_ = 0;
    std::atomic<std::uint64_t> paid_by_query_ = 0;
    std::atomic<std::uint64_t> paid_unheard_ = 0;
};

}  // namespace tollgate::gateway
