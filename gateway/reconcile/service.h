#pragma once

#include <atomic>
#include <string>

#include "callbacks/app.h"
#include "config/settings.h"
#include "gateway/reconcile/bill_source.h"
#include "gateway/reconcile/daily.h"
#include "gateway/reconcile/day_run.h"
#include "gateway/reconcile/reconciler.h"
#include "ledger/writer.h"

namespace tollgate::gateway::reconcile {

// The daily comparison as a part of the running gateway. Its thread waits for the network and for
// COMMITs, so it is its own; what is cut short by stop() is done again after the next start.
class ReconcileService {
public:
    struct Seams {
        const callbacks::Apps& apps;
        ledger::Store& store;
        ledger::Writer& writer;
        AlipayClient& alipay;
        transport::HttpClient& http;  // Somebody else drives it.
        Clock& clock;
        Entropy& entropy;
        Log& log;
    };

    // All must outlive it.
    ReconcileService(const config::Settings& settings, Seams seams);

    // Compares the days that are due, at most `limit`; how many it tried. Nothing when the settings
    // have switched it off, unless the ledger is guarded: then the bills tell what it has missed.
    int run_once(int limit);
    // Ends a run under way soon. Safe from any thread.
    void stop() { stop_ = true; }

private:
    bool is_guarded();
    Result<Done> run_day(const Seller& seller, const BeijingDay& day);

    const bool daily_on_;
    const std::string folder_;
    Seams seams_;
    std::atomic<bool> stop_ = false;
    Reconciler reconciler_;
    BillSource source_;
    DayRun day_run_;
    DailyReconciliation daily_;
};

}  // namespace tollgate::gateway::reconcile
