#pragma once

#include <string>
#include <vector>

namespace tollgate::gateway::cli {

// What `tollgate reconcile` was asked.
struct ReconcileCommand {
    std::string config_file;
    std::string seller_id;
    std::string date;                // "yyyy-MM-dd", a day in Beijing.
    std::vector<std::string> bills;  // Empty: they are fetched from Alipay.
    std::string report = "text";     // text, json or csv: what goes to standard output.
    std::string out;  // A folder for the report in every form and the bills; or empty.
};

// Compares one day with Alipay's bills, also while the gateway is running over the same ledger.
// Gives the exit code: kDone when nothing is left for a person, kRefused when there are open
// differences, kUsage when it could not run.
int reconcile(const ReconcileCommand& command);

}  // namespace tollgate::gateway::cli
