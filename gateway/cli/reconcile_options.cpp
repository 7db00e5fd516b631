#include "gateway/cli/reconcile_options.h"

#include <CLI/CLI.hpp>

namespace tollgate::gateway::cli {

void add_reconcile_command(CLI::App& app, ReconcileCommand& order, int& code) {
    auto* command = app.add_subcommand(
        "reconcile",
        "Compare a day with Alipay's bills. Exit code 0: nothing is left to look at, 1: there are "
        "open differences, 2: it could not run");
    command->add_option("--config", order.config_file, "The settings file")->required();
    command->add_option("--seller", order.seller_id, "The merchant: 2088…")->required();
    command->add_option("--date", order.date, "The day in Beijing: 2026-11-11")->required();
    command->add_option("--bill", order.bills,
                        "A bill's file (ZIP or CSV) instead of fetching it; may be repeated");
    command->add_option("--report", order.report, "On standard output: text, json or csv")
        ->check(CLI::IsMember({"text", "json", "csv"}));
    command->add_option("--out", order.out,
                        "A folder for the report in every form, and for the bills fetched");
    command->callback([&order, &code] { code = reconcile(order); });
}

}  // namespace tollgate::gateway::cli
