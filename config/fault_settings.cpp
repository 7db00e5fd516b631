#include "config/fault_settings.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace tollgate::config {
namespace {

constexpr std::size_t kFaultFileBytesMax = 1024 * 1024;
constexpr std::size_t kRulesMax = 500;
constexpr std::int64_t kCountMax = 1'000'000'000;
constexpr std::int64_t kDelayMaxMs = 7 * 24 * 3'600'000;
constexpr std::int64_t kOffsetMax = 366 * 24 * 3600;
constexpr std::int64_t kCopiesMax = 100;

// Where an action can stand.
enum class Place { call, notification, both, close };

struct ActionRow {
    std::string_view name;
    FaultAction action;
    Place place;
};

constexpr std::array kActions = {
    ActionRow{"delay", FaultAction::delay, Place::both},
    ActionRow{"drop_request", FaultAction::drop_request, Place::call},
    ActionRow{"drop_answer", FaultAction::drop_answer, Place::call},
    ActionRow{"refuse", FaultAction::refuse, Place::call},
    ActionRow{"do_and_refuse", FaultAction::do_and_refuse, Place::call},
    ActionRow{"unsigned", FaultAction::unsigned_answer, Place::call},
    ActionRow{"garbled", FaultAction::garbled, Place::both},
    ActionRow{"cut_off", FaultAction::cut_off, Place::call},
    ActionRow{"reset_request", FaultAction::reset_request, Place::call},
    ActionRow{"reset_answer", FaultAction::reset_answer, Place::call},
    ActionRow{"wrong_signature", FaultAction::wrong_signature, Place::both},
    ActionRow{"http_error", FaultAction::http_error, Place::call},
    ActionRow{"late_money", FaultAction::late_money, Place::close},
    ActionRow{"lose", FaultAction::lose, Place::notification},
    ActionRow{"duplicate", FaultAction::duplicate, Place::notification},
    ActionRow{"reorder", FaultAction::reorder, Place::notification},
    ActionRow{"wrong_amount", FaultAction::wrong_amount, Place::notification},
};

std::vector<std::string> action_names() {
    std::vector<std::string> names;
    for (const ActionRow& row : kActions) names.emplace_back(row.name);
    return names;
}

bool fits(Place place, std::string_view on) {
    const bool notification = on.starts_with("notification");
    switch (place) {
        case Place::call: return !notification;
        case Place::notification: return notification;
        case Place::close: return on == "alipay.trade.close";
        case Place::both: return true;
    }
    TOLLGATE_CHECK(false);
}

void check_place(Section& section, const FaultRule& rule, std::string_view action) {
    const bool known = rule.on == "*" || rule.on.starts_with("alipay.") ||
                       rule.on == "notification" || rule.on.starts_with("notification.");
    if (!known) {
        section.problem_at("on",
                           "a method (alipay.trade.refund), *, notification or "
                           "notification.<kind> is needed");
        return;
    }
    const auto* row = std::ranges::find(kActions, action, &ActionRow::name);
    if (row == kActions.end() || fits(row->place, rule.on)) return;
    section.problem_at("do", std::string(action) + " cannot happen to " + rule.on);
}

FaultRule read_rule(Section& section) {
    FaultRule rule;
    section.need_text("on", rule.on);
    std::string action;
    section.need_choice("do", action, action_names());
    if (const auto* row = std::ranges::find(kActions, action, &ActionRow::name);
        row != kActions.end()) {
        rule.action = row->action;
    }
    section.may_have_text("out_trade_no", rule.out_trade_no);
    section.may_have_integer("nth", rule.nth, 1, kCountMax);
    section.may_have_integer("first", rule.first, 1, kCountMax);
    section.may_have_integer("percent", rule.percent, 0, 100);
    section.may_have_milliseconds("delay_ms", rule.delay, 0, kDelayMaxMs);
    section.may_have_text("sub_code", rule.sub_code);
    section.may_have_integer("http_status", rule.http_status, 400, 599);
    section.may_have_integer("copies", rule.copies, 2, kCopiesMax);
    section.may_have_integer("attempts", rule.attempts, 1, kCountMax);
    section.may_have_text("amount", rule.amount);
    if (!rule.on.empty() && !action.empty()) check_place(section, rule, action);
    const bool refuses =
        rule.action == FaultAction::refuse || rule.action == FaultAction::do_and_refuse;
    if (refuses && rule.sub_code.empty()) {
        section.problem_at("sub_code", "is missing: what to refuse with, ACQ.SYSTEM_ERROR say");
    }
    if (rule.action == FaultAction::delay && rule.delay.count() == 0 && !action.empty()) {
        section.problem_at("delay_ms", "is missing");
    }
    if (rule.action == FaultAction::wrong_amount && rule.amount.empty()) {
        section.problem_at("amount", "is missing: yuan, 0.01 say");
    }
    section.finish();
    return rule;
}

}  // namespace

std::variant<FaultPlan, std::vector<Problem>> load_faults(std::string_view json_text) {
    std::vector<Problem> problems;
    const auto json = parse_json(json_text, Comments::allowed, problems);
    if (!json || !problems.empty()) return problems;

    FaultPlan plan;
    Section::Context context{.folder = {}, .problems = problems};
    Section root(*json, "", context);
    std::int64_t offset = 0;
    root.may_have_integer("seed", plan.seed, 0, kCountMax);
    root.may_have_integer("clock_offset_seconds", offset, -kOffsetMax, kOffsetMax);
    plan.clock_offset = std::chrono::seconds(offset);
    for (Section& child : root.may_have_children("faults")) {
        plan.rules.push_back(read_rule(child));
    }
    if (plan.rules.size() > kRulesMax) root.problem_at("faults", "500 at most");
    root.finish();

    if (!problems.empty()) return problems;
    return plan;
}

std::variant<FaultPlan, std::vector<Problem>> load_faults_file(const std::filesystem::path& file) {
    const auto text = read_file(file, kFaultFileBytesMax);
    if (!text) return std::vector<Problem>{{.where = "/", .what = text.error().message()}};
    return load_faults(*text);
}

std::string_view name_of(FaultAction action) {
    const auto* row = std::ranges::find(kActions, action, &ActionRow::action);
    TOLLGATE_CHECK(row != kActions.end());
    return row->name;
}

}  // namespace tollgate::config
