#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"
#include "base/result.h"
#include "gateway/bill/bill_line.h"

namespace tollgate::gateway::bill {

// A count of lines and what they add up to.
struct Sum {
    std::int64_t lines = 0;
    std::int64_t zero_lines = 0;  // Those of 0.00, which some bills count and some do not.
    std::int64_t fen = 0;

    void add(Money amount);
};

// What a bill claims about itself below its lines: "#交易合计：3笔，商家实收共30.00元，…".
struct ClaimedSum {
    std::int64_t lines = 0;
    std::int64_t fen = 0;  // Without a sign.
};

// Reads such a comment. Nothing when the text is another comment; an error when it begins like one
// and cannot be read on.
Result<std::optional<ClaimedSum>> read_claim(std::string_view comment, std::string_view title);

// A bill's own totals beside what its lines add up to: the proof that it came whole.
class Totals {
public:
    void add(const TradeLine& line);
    void add(const FundLine& line);
    // Looks whether the comment is one of the totals. Errors: invalid_argument.
    Result<Done> read_comment(std::string_view comment);
    // Every way in which claims and lines differ, for people; a total that is missing is one.
    std::vector<std::string> trade_problems() const;
    std::vector<std::string> fund_problems() const;

private:
    enum Title { payments, refunds, income, expense, kTitles };
    static std::string_view name_of(Title title);
    void check(Title title, std::vector<std::string>& problems) const;

    std::array<Sum, kTitles> sums_{};
    std::array<std::optional<ClaimedSum>, kTitles> claims_{};
};

}  // namespace tollgate::gateway::bill
