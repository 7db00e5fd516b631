#include "gateway/reconcile/day_run.h"

#include <optional>

namespace tollgate::gateway::reconcile {

Result<Report> DayRun::run(const DayOrder& order) {
    RunOrder run{.seller = order.seller,
                 .day = order.day,
                 .bill_files = {},
                 .is_empty_day = false,
                 .request_id = order.request_id};
    // As they are now, and not as they were when the merchants were listed.
    for (AppNumbers& numbers : run.seller.apps) {
        if (const auto app = apps_.find(numbers.app)) numbers.rules = app->rules;
    }
    auto trade = fetch(order, BillType::trade);
    if (!trade) {
        const bool is_absent = trade.error().reason() == kBillNotReady;
        if (!is_absent || clock_.now() < last_hope(order.day)) return std::move(trade).error();
        TOLLGATE_TRY(const bool nothing_here, ledger_is_empty(order));
        if (!nothing_here) {
            auto missing =
                Error(ErrorCode::failed_precondition,
                      "the ledger has payments of that day, and " + trade.error().message())
                    .because(kBillMissing);
            reconciler_.record_failure(run, missing);
            return missing;
        }
        run.is_empty_day = true;
        return reconciler_.run(run);
    }
    run.bill_files.push_back(*std::move(trade));
    auto funds = fetch(order, BillType::signcustomer);
    if (funds) {
        run.bill_files.push_back(*std::move(funds));
    } else {
        // What could not be fetched may still be there: only a word of Alipay's says otherwise. But
        // the trade bill, which finds what no notification told of, waits no longer than a day.
        const auto why = funds.error().reason();
        const bool is_late = why == kBillNotReady && !order.wait_for_fund_bill;
        const bool is_known = why == kBillRefused || is_late;
        if (!is_known && clock_.now() < last_hope(order.day)) return std::move(funds).error();
        log_.write(is_known ? LogLevel::warning : LogLevel::error, "reconcile.no_fund_bill",
                   {{"seller_id", order.seller.seller_id},
                    {"bill_date", order.day.text()},
                    {"reason", funds.error().message()}});
    }
    return reconciler_.run(run);
}

Result<std::string> DayRun::fetch(const DayOrder& order, BillType type) {
    Error refusal(ErrorCode::failed_precondition, "the merchant has no app");
    std::optional<Error> trouble;
    for (const AppNumbers& numbers : order.seller.apps) {
        const auto app = apps_.find(numbers.app);
        if (app == nullptr) continue;
        std::string file = order.folder + "/" + order.seller.seller_id + "_" + order.day.text() +
                           "_" + std::string(name_of(type)) + ".zip";
        const auto done = source_.fetch({.app = app,
                                         .type = type,
                                         .day = order.day,
                                         .file = file,
                                         .request_id = order.request_id});
        if (done) return file;
        // What is not there is there for none; another app may have the right that this one lacks.
        if (done.error().reason() == kBillNotReady) return done.error();
        if (done.error().reason() == kBillRefused) {
            refusal = done.error();
        } else if (!trouble) {
            trouble = done.error();
        }
    }
    return trouble.value_or(refusal);
}

Result<bool> DayRun::ledger_is_empty(const DayOrder& order) {
    TOLLGATE_TRY(auto reading, store_.read());
    TOLLGATE_TRY(const auto paid,
                 reading->reconciliations().payments_paid({.seller_id = order.seller.seller_id,
                                                           .from = order.day.start(),
                                                           .to = order.day.end(),
                                                           .limit = 1}));
    return paid.empty();
}

}  // namespace tollgate::gateway::reconcile
