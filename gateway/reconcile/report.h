#pragma once

#include <string>
#include <string_view>

#include "gateway/reconcile/reconciler.h"

namespace tollgate::gateway::reconcile {

enum class ReportForm { text, json, csv };

// "text", "json" or "csv". Requires one of them.
ReportForm report_form_from(std::string_view name);

// The run for people: counts and sums, then the first differences of each class.
std::string to_text(const Report& report);
// The same as one JSON object, with every row that the report holds.
std::string to_json(const Report& report);
// The rows alone, with a header line (RFC 4180). A text that a spreadsheet would take for a formula
// gets a ' in front.
std::string to_csv(const Report& report);

std::string render(const Report& report, ReportForm form);

}  // namespace tollgate::gateway::reconcile
