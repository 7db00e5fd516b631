#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tollgate::ledger {

// A table that both engines have, for moving a ledger from one to the other.
struct CommonTable {
    const char* name;
    const char* amount = nullptr;  // What is added up, if anything.

    // Its rows and the sum of its amounts: asked of both sides, and compared.
    std::string question() const {
        const std::string sum =
            amount == nullptr ? "0" : std::string("coalesce(sum(") + amount + "), 0)";
        return "SELECT count(*), " + sum + " FROM " + std::string(name);
    }
};

// In an order in which nothing refers to what is not there yet.
inline constexpr std::array kCommonTables = {
    CommonTable{"payment", "amount_fen"},
    CommonTable{"payment_request"},
    CommonTable{"transition"},
    CommonTable{"refund", "amount_fen"},
    CommonTable{"refund_transition"},
    CommonTable{"refund_report"},
    CommonTable{"notification"},
    CommonTable{"notification_body"},
    CommonTable{"difference"},
    CommonTable{"endpoint"},
    CommonTable{"endpoint_secret"},
    CommonTable{"event"},
    CommonTable{"delivery"},
    CommonTable{"attempt"},
    CommonTable{"idempotency"},
    CommonTable{"submit_token"},
    CommonTable{"reconciliation"},
    CommonTable{"day_boundary"},
    CommonTable{"preauthorisation", "amount_fen"},
    CommonTable{"preauthorisation_transition"},
    CommonTable{"guard"},
    CommonTable{"operator_action"},
};

inline constexpr int kRowsCopiedAtOnce = 1'000;

// What was counted on both sides, and found to be the same.
struct CopiedTable {
    std::string name;
    std::int64_t rows = 0;
    std::int64_t fen = 0;  // The sum of its amounts; 0 of a table without any.
};

// Hears of each table's rows now and then.
using CopyProgress = std::function<void(std::string_view table, std::int64_t rows)>;

}  // namespace tollgate::ledger
