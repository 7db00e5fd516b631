#include "gateway/reconcile/day_run.h"

namespace tollgate::gateway::reconcile {

Result<Report> DayRun::run(const DayOrder& order) {
    RunOrder run{.seller = order.seller,
                 .day = order.day,
                 .bill_files = {},
                 .is_empty_day = false,
                 .request_id = order.request_id};
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
        const bool may_come = funds.error().reason() != kBillRefused;
        if (may_come && order.wait_for_fund_bill) return std::move(funds).error();
        log_.warning("reconcile.no_fund_bill", {{"seller_id", order.seller.seller_id},
                                                {"bill_date", order.day.text()},
                                                {"reason", funds.error().message()}});
    }
    return reconciler_.run(run);
}

Result<std::string> DayRun::fetch(const DayOrder& order, BillType type) {
    Error last(ErrorCode::failed_precondition, "the merchant has no app");
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
        last = done.error();
        // Another app may have the right that this one lacks; what is not there is there for none.
        if (last.reason() != kBillRefused) break;
    }
    return last;
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
