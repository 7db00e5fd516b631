#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tollgate::testing {

// One movement of money, as Alipay would put it into its bills.
struct Movement {
    std::string trade_no;
    std::string out_trade_no;
    std::int64_t fen = 1'000;
    std::string at = "2026-11-10 12:00:00";
    std::string out_request_no = {};  // Of a refund.
    std::int64_t fee_fen = 0;
    bool is_refund = false;
};

// Writes bills the way Alipay does: GBK, CRLF, a TAB after each field, frames and totals.
struct BillMaker {
    std::string seller_id = "2088000000000001";
    std::string date = "2026-11-10";
    std::vector<Movement> movements;

    // In UTF-8.
    std::string trade_text() const;
    std::string trade_summary_text() const;
    std::string fund_text() const;
};

std::string gbk(const std::string& utf8);

struct BillEntry {
    std::string name;  // UTF-8; stands in the archive in GBK, without saying so.
    std::string text;  // UTF-8; stands there in GBK.
};

// Writes an archive of these; `bytes` instead of text are taken as they are.
void write_zip(const std::string& file, const std::vector<BillEntry>& entries);
void write_raw_zip(const std::string& file, const std::vector<BillEntry>& entries);
void write_text(const std::string& file, const std::string& bytes);

// The usual two texts of a trade bill, as one file.
void write_trade_bill(const std::string& file, const BillMaker& bill);
void write_fund_bill(const std::string& file, const BillMaker& bill);

}  // namespace tollgate::testing
