#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <prometheus/collectable.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/tracer.h"
#include "callbacks/inbox.h"
#include "gateway/alipay_client.h"
#include "gateway/deliveries.h"
#include "gateway/metrics/families.h"
#include "gateway/refund_errands.h"
#include "gateway/trade_errands.h"
#include "ledger/figures.h"
#include "ledger/store.h"
#include "transport/front.h"

namespace tollgate::gateway::metrics {

// All must outlive the metrics.
struct Sources {
    ledger::Store& store;
    const ledger::Writer& writer;
    const callbacks::Apps& apps;
    const callbacks::Inbox& inbox;
    const callbacks::Rejects& rejects;
    const Deliveries& deliveries;
    const AlipayClient& alipay;
    const TradeErrands& errands;
    const RefundErrands& refund_errands;
    Clock& clock;
    Log& log;
    const Tracer* tracer = nullptr;  // Null: there are no traces.
};

// GET /metrics in Prometheus' text format (docs/metrics.md). What the rooms count anyhow is
// collected when somebody asks, so that nobody pays for a number on his way; what stands in the
// ledger is read by a thread of its own now and then, and shown as it was then.
class Metrics final : public prometheus::Collectable {
public:
    // How long the ledger's figures are good.
    static constexpr std::chrono::milliseconds kReadEvery{5'000};

    explicit Metrics(Sources sources) : sources_(sources) {}

    void add_routes(transport::Router& router);
    // Before the first request; must live as long as requests come.
    void watch(const transport::Front& front) { front_ = &front; }

    // Reads the ledger's figures, for a thread that may wait.
    void read_ledger();

    std::vector<prometheus::MetricFamily> Collect() const override;
    std::string text() const;

private:
    void collect_traffic(Families& families) const;
    void collect_notifications(Families& families) const;
    void collect_alipay(Families& families) const;
    void collect_deliveries(Families& families) const;
    void collect_writer(Families& families) const;
    void collect_traces(Families& families) const;
    void collect_certificates(Families& families) const;

    const Sources sources_;
    const transport::Front* front_ = nullptr;

    mutable std::mutex mutex_;
    std::optional<ledger::Figures> figures_;
    Timestamp read_at_;
};

// What the ledger holds, as of `read_at`; nothing was read yet: the families without samples.
void collect_figures(Families& families, const std::optional<ledger::Figures>& figures,
                     Timestamp read_at, Timestamp now);

// Whole days until then, rounded down: 0 on the last day, negative after it.
std::int64_t days_left(Timestamp until, Timestamp now);

}  // namespace tollgate::gateway::metrics
