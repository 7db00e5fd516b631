#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "sandbox/journal.h"

namespace tollgate::sandbox {

enum class BillType {
    trade,         // Trades and refunds, with their numbers.
    signcustomer,  // The account's own movements, fees apart.
};

struct BillOrder {
    BillType type;
    std::string seller_id;
    std::string date;  // "2026-11-11" or "2026-11".
};

// The archive that Alipay hands out (protocol notes 10): two CSV files in GBK, details and summary.
// Errors: internal when it cannot be packed.
Result<std::string> bill_archive(const BillOrder& order, const std::vector<Movement>& movements,
                                 Timestamp now);

// One of its CSV files as UTF-8, lines ended by CR LF.
std::string bill_details(const BillOrder& order, const std::vector<Movement>& movements,
                         Timestamp now);
std::string bill_summary(const BillOrder& order, const std::vector<Movement>& movements,
                         Timestamp now);

}  // namespace tollgate::sandbox
