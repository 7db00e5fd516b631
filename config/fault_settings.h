#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/json_reader.h"

namespace tollgate::config {

// What the pretend Alipay does wrong on purpose (docs/sandbox.md has a recipe for each).
enum class FaultAction {
    delay,            // Answers, or notifies, later.
    drop_request,     // Does nothing and never answers.
    drop_answer,      // Does it and never answers.
    refuse,           // Does nothing and answers with sub_code.
    do_and_refuse,    // Does it and answers with sub_code all the same.
    unsigned_answer,  // Does it; the answer has no signature.
    garbled,          // Does it; the answer, or the notification, is cut off in the middle.
    cut_off,          // Does it; the connection ends in the middle of the answer.
    reset_request,    // Does nothing; the connection is reset.
    reset_answer,     // Does it; the connection is reset before a byte of the answer has left.
    wrong_signature,  // Does it; the signature does not fit.
    http_error,       // Does nothing and answers with http_status and a page.
    late_money,       // After a close that worked: the buyer's money arrives all the same.
    lose,             // The notification's attempts never leave.
    duplicate,        // The notification goes out several times at once.
    reorder,          // The notification waits until a later one has gone out.
    wrong_amount,     // The notification names another total_amount.
};

struct FaultRule {
    std::string on;  // A method, "*" for every call, "notification" or "notification.refund" ….
    FaultAction action = FaultAction::delay;
    std::string out_trade_no;  // A number, '*' stands for any text; empty: any.
    std::int64_t nth = 0;      // Only the n-th that fits; 0: every one.
    std::int64_t first = 0;    // Only the first so many that fit; 0: all.
    std::int64_t percent = 100;
    std::chrono::milliseconds delay{0};
    std::string sub_code;
    std::int64_t http_status = 502;
    std::int64_t copies = 2;    // duplicate: how many in all.
    std::int64_t attempts = 0;  // Of one notification: only its first so many; 0: all.
    std::string amount;         // wrong_amount: in yuan.
};

struct FaultPlan {
    std::int64_t seed = 1;                 // Decides what `percent` hits.
    std::chrono::seconds clock_offset{0};  // How far the pretend Alipay's clock is ahead.
    std::vector<FaultRule> rules;
};

// The plan, or every mistake at once.
std::variant<FaultPlan, std::vector<Problem>> load_faults(std::string_view json_text);

// The same for a file; a file that cannot be read is a problem at "/".
std::variant<FaultPlan, std::vector<Problem>> load_faults_file(const std::filesystem::path& file);

// As the file writes it: "drop_answer".
std::string_view name_of(FaultAction action);

}  // namespace tollgate::config
