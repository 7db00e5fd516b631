#include "gateway/reconcile/service.h"

#include <filesystem>

#include "base/id.h"

namespace tollgate::gateway::reconcile {
namespace {

// The fund bill comes with the trade bill, or an hour later; some merchants never get one.
constexpr std::chrono::hours kFundBillPatience{12};
// How long a day is one gateway's: by far longer than it takes. One that dies loses it then.
constexpr std::chrono::hours kTurn{1};

// A folder for bills that goes with us. After a crash, the next run of the same day clears it.
class BillsOfOneDay {
public:
    explicit BillsOfOneDay(std::string name) : name_(std::move(name)) {
        std::error_code failed;
        std::filesystem::remove_all(name_, failed);
        std::filesystem::create_directories(name_, failed);
        std::filesystem::permissions(name_, std::filesystem::perms::owner_all, failed);
    }
    BillsOfOneDay(const BillsOfOneDay&) = delete;
    BillsOfOneDay& operator=(const BillsOfOneDay&) = delete;
    ~BillsOfOneDay() {
        std::error_code failed;
        std::filesystem::remove_all(name_, failed);
    }
    const std::string& name() const { return name_; }

private:
    const std::string name_;
};

}  // namespace

ReconcileService::ReconcileService(const config::Settings& settings, Seams seams)
    : daily_on_(settings.reconciliation.daily),
      folder_(settings.store.stem() + "-bills"),
      seams_(seams),
      reconciler_(
          {.store = seams.store,
           .transact =
               [&writer = seams.writer](const std::function<Result<Done>(ledger::Books&)>& work) {
                   return writer.transact([&](ledger::Books& books) { return work(books); });
               },
           .clock = seams.clock,
           .entropy = seams.entropy,
           .log = seams.log,
           .progress = {},
           .stop = [this] { return stop_.load(); }}),
      source_({.alipay = seams.alipay,
               .http = seams.http,
               .log = seams.log,
               .turn = {},
               .stop = [this] { return stop_.load(); }}),
      day_run_(seams.apps, seams.store, source_, reconciler_, seams.clock, seams.log),
      daily_(sellers_of(settings.apps), seams.store, seams.clock, seams.log,
             [this](const Seller& seller, const BeijingDay& day) { return run_day(seller, day); }) {
}

int ReconcileService::run_once(int limit) {
    if (stop_ || !(daily_on_ || is_guarded())) return 0;
    return daily_.run_once(limit);
}

bool ReconcileService::is_guarded() {
    const auto reading = seams_.store.read();
    if (!reading) return false;
    const auto guard = (*reading)->guard().find();
    return guard && *guard;
}

Result<Done> ReconcileService::run_day(const Seller& seller, const BeijingDay& day) {
    if (stop_) return Error(ErrorCode::unavailable, "stopping");
    const Timestamp now = seams_.clock.now();
    TOLLGATE_TRY(const bool is_ours,
                 seams_.writer.transact([&](ledger::Books& books) -> Result<bool> {
                     return books.reconciliations().take_turn(
                         {.seller_id = seller.seller_id, .date = day.text()}, now, now + kTurn);
                 }));
    if (!is_ours) return Error(ErrorCode::unavailable, "another gateway compares this day");
    const BillsOfOneDay folder(folder_);
    TOLLGATE_DO(day_run_.run({.seller = seller,
                              .day = day,
                              .folder = folder.name(),
                              .wait_for_fund_bill = now < day.end() + kFundBillPatience,
                              .request_id = make_id("req", now, seams_.entropy)}));
    return Done{};
}

}  // namespace tollgate::gateway::reconcile
