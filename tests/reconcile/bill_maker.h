#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sandbox/bill_file.h"

namespace tollgate::testing {

// One movement of money, as far as a comparison looks at it.
struct Movement {
    std::string trade_no;
    std::string out_trade_no;
    std::int64_t fen = 1'000;
    std::string at = "2026-11-10 12:00:00";
    std::string out_request_no = {};  // Of a refund.
    std::int64_t fee_fen = 0;
    bool is_refund = false;
    std::string subject = "一枚书签";
};

// The pretend Alipay's bills: they were written apart from our reader, from the protocol alone.
struct BillMaker {
    std::string seller_id = "2088000000000001";
    std::string date = "2026-11-10";
    std::vector<Movement> movements;

    // In UTF-8.
    std::string trade_text() const { return text(sandbox::BillType::trade); }
    std::string fund_text() const { return text(sandbox::BillType::signcustomer); }
    // With its details and its summary.
    std::string archive(sandbox::BillType type) const;

private:
    std::vector<sandbox::Movement> in_full() const;
    std::string text(sandbox::BillType type) const;
};

Movement money(const std::string& number, const std::string& trade_no, std::int64_t fen = 1'000);
Movement given_back(const std::string& number, const std::string& trade_no,
                    const std::string& request_no, std::int64_t fen);
BillMaker bill_of(std::vector<Movement> movements, const std::string& date = "2026-11-10");

std::string gbk(const std::string& utf8);
void write_text(const std::string& file, const std::string& bytes);
void write_trade_bill(const std::string& file, const BillMaker& bill);
void write_fund_bill(const std::string& file, const BillMaker& bill);

struct BillEntry {
    std::string name;
    std::string bytes;
};

// Any archive at all.
void write_raw_zip(const std::string& file, const std::vector<BillEntry>& entries);

}  // namespace tollgate::testing
