#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/beijing_day.h"
#include "base/charset.h"
#include "base/result.h"
#include "gateway/bill/archive.h"
#include "gateway/bill/bill_line.h"
#include "gateway/bill/columns.h"
#include "gateway/bill/lines.h"
#include "gateway/bill/totals.h"

namespace tollgate::gateway::bill {

// Which bill is expected: a file of another merchant or another day is refused.
struct BillOrder {
    std::string seller_id;
    BeijingDay day;
};

// What was read, for the record.
struct BillCounts {
    int trade_texts = 0;
    int fund_texts = 0;
    std::int64_t lines_max = 4'000'000;  // Of all texts together.
    std::int64_t lines = 0;
};

// Reads the texts of Alipay's bills (GBK, CSV, protocol notes 10) line by line into a sink. A line
// that cannot be read, totals that do not fit: each is kept as a problem with its file and line,
// and result() names them all; whoever calls must not act on any line before it has said Done.
class BillReader final : public TextConsumer {
public:
    // Both must outlive it.
    BillReader(const BillOrder& order, BillSink& sink) : order_(order), sink_(sink) {}

    Result<Done> begin(const std::string& name) override;
    Result<Done> take(std::string_view bytes) override;
    Result<Done> end() override;

    // Errors: invalid_argument naming every problem, the first kProblemsMax of them in words.
    Result<Done> result() const;
    const BillCounts& counts() const { return counts_; }

    static constexpr std::size_t kProblemsMax = 20;

private:
    // An error that ends the text, with the text's name.
    Result<Done> named(Result<Done> done) const;
    Result<Done> take_line(std::string_view bytes, std::int64_t number);
    Result<Done> take_comment(std::string_view comment);
    Result<Done> take_header();
    Result<Done> take_row(std::int64_t number);
    Result<TradeLine> trade_line(std::int64_t number) const;
    Result<FundLine> fund_line(std::int64_t number) const;
    Result<Money> amount(Column column) const;
    std::string_view field(Column column) const { return columns_->field(fields_, column); }
    void problem(const std::string& where, const std::string& what);

    const BillOrder& order_;
    BillSink& sink_;
    BillCounts counts_;
    std::vector<std::string> problems_;
    std::size_t problems_seen_ = 0;
    ChineseDecoder decoder_;

    // Of the text under way.
    std::string name_;
    LineCutter cutter_;
    std::optional<Columns> columns_;
    bool says_summary_ = false;
    bool says_account_ = false;
    bool says_period_ = false;
    Totals totals_;
    std::string line_;
    std::vector<std::string_view> fields_;
    std::vector<std::string> unquoted_;
};

// Reads every file. Errors: as read_bill_file() and BillReader::result().
Result<BillCounts> read_bills(const std::vector<std::string>& files, const BillOrder& order,
                              BillSink& sink);

}  // namespace tollgate::gateway::bill
