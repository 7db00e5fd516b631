#include "gateway/cli/reconcile.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include "base/id.h"
#include "config/load.h"
#include "gateway/alipay_client.h"
#include "gateway/cli/command_ledger.h"
#include "gateway/cli/exit_code.h"
#include "gateway/cli/progress.h"
#include "gateway/reconcile/day_run.h"
#include "gateway/reconcile/report.h"
#include "signing/entropy.h"
#include "transport/curl_client.h"

namespace tollgate::gateway::cli {
namespace {

using reconcile::Report;
using reconcile::ReportForm;
using reconcile::Seller;

constexpr std::chrono::milliseconds kTurn{200};

int cannot_run(const std::string& why) {
    static_cast<void>(std::fprintf(stderr, "tollgate: %s\n", why.c_str()));
    return kUsage;
}

// Bills hold buyers' names: they go when the command ends, unless the caller gave a folder.
class BillFolder {
public:
    static Result<BillFolder> make(const std::string& kept) {
        if (!kept.empty()) return BillFolder(kept, false);
        std::error_code failed;
        std::string name = (std::filesystem::temp_directory_path(failed) / "bills-XXXXXX").string();
        if (failed || ::mkdtemp(name.data()) == nullptr) {
            return Error(ErrorCode::unavailable, "cannot make a folder for the bills");
        }
        return BillFolder(name, true);
    }
    BillFolder(BillFolder&& other) noexcept
        : name_(std::move(other.name_)), fleeting_(std::exchange(other.fleeting_, false)) {}
    BillFolder& operator=(BillFolder&&) = delete;
    ~BillFolder() {
        std::error_code failed;
        if (fleeting_) std::filesystem::remove_all(name_, failed);
    }
    const std::string& name() const { return name_; }

private:
    BillFolder(std::string name, bool fleeting) : name_(std::move(name)), fleeting_(fleeting) {}

    std::string name_;
    bool fleeting_;
};

Result<Done> write_file(const std::string& name, const std::string& text) {
    std::ofstream file(name, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (file.fail()) return Error(ErrorCode::unavailable, "cannot write " + name);
    return Done{};
}

Result<Done> write_reports(const Report& report, const std::string& folder) {
    const std::string stem = folder + "/reconciliation_" + report.reconciliation.day.seller_id +
                             "_" + report.reconciliation.day.date;
    TOLLGATE_DO(write_file(stem + ".txt", render(report, ReportForm::text)));
    TOLLGATE_DO(write_file(stem + ".json", render(report, ReportForm::json)));
    return write_file(stem + ".csv", render(report, ReportForm::csv));
}

Result<Seller> find_seller(const config::Settings& settings, const std::string& seller_id) {
    std::string known;
    for (const Seller& seller : reconcile::sellers_of(settings.apps)) {
        if (seller.seller_id == seller_id) return seller;
        known += (known.empty() ? "" : ", ") + seller.seller_id;
    }
    return Error(ErrorCode::invalid_argument,
                 "--seller: no app has the merchant " + seller_id + "; there are " + known);
}

// The day's bills come from Alipay, through a client that this thread drives.
Result<Report> run_from_alipay(const config::Settings& settings, const reconcile::DayOrder& order,
                               ledger::Store& store, reconcile::Reconciler& reconciler, Log& log) {
    std::vector<config::Problem> problems;
    const auto apps = callbacks::Apps::from(settings.apps, problems);
    if (!apps) return Error(ErrorCode::invalid_argument, config::to_text(problems));
    transport::CurlClient http{transport::CurlClient::Options{}};
    AlipayClient alipay(settings.alipay, http, system_clock(), signing::openssl_entropy(), log);
    reconcile::BillSource source(
        {.alipay = alipay, .http = http, .log = log, .turn = [&http] { http.run_once(kTurn); }});
    return reconcile::DayRun(*apps, store, source, reconciler, system_clock(), log).run(order);
}

Result<Report> run_command(const config::Settings& settings, const ReconcileCommand& command) {
    TOLLGATE_TRY(const BeijingDay day, BeijingDay::parse(command.date));
    if (day.start() > system_clock().now()) {
        return Error(ErrorCode::invalid_argument, "--date: that day has not come yet");
    }
    TOLLGATE_TRY(const Seller seller, find_seller(settings, command.seller_id));
    Log log(STDERR_FILENO, system_clock(), LogLevel::error);
    TOLLGATE_TRY(const auto ledger, CommandLedger::open(settings.store, log));
    ProgressBar bar;
    reconcile::Reconciler reconciler(
        {.store = ledger->store(),
         .transact = [&](const auto& work) { return ledger->transact(work); },
         .clock = system_clock(),
         .entropy = signing::openssl_entropy(),
         .log = log,
         .progress = [&](std::string_view stage, std::int64_t done,
                         std::int64_t of) { bar.show(stage, done, of); }});
    const std::string request_id = make_id("req", system_clock().now(), signing::openssl_entropy());
    if (!command.bills.empty()) {
        return reconciler.run(
            {.seller = seller, .day = day, .bill_files = command.bills, .request_id = request_id});
    }
    bar.show("fetching", 0, 0);
    TOLLGATE_TRY(const BillFolder folder, BillFolder::make(command.out));
    return run_from_alipay(settings,
                           {.seller = seller,
                            .day = day,
                            .folder = folder.name(),
                            .wait_for_fund_bill = false,
                            .request_id = request_id},
                           ledger->store(), reconciler, log);
}

}  // namespace

int reconcile(const ReconcileCommand& command) {
    auto loaded = config::load_file(command.config_file);
    if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded)) {
        return cannot_run(command.config_file + " has mistakes:\n" + config::to_text(*problems));
    }
    ::umask(077);  // Bills and reports hold buyers' data.
    if (!command.out.empty()) {
        std::error_code failed;
        std::filesystem::create_directories(command.out, failed);
        if (failed) return cannot_run("--out: cannot make " + command.out);
    }
    const auto report = run_command(std::get<config::Settings>(loaded), command);
    if (!report) return cannot_run(report.error().message());
    if (!command.out.empty()) {
        const auto written = write_reports(*report, command.out);
        if (!written) return cannot_run(written.error().message());
    }
    static_cast<void>(
        std::fputs(render(*report, reconcile::report_form_from(command.report)).c_str(), stdout));
    return report->has_differences() ? kRefused : kDone;
}

}  // namespace tollgate::gateway::cli
