#include "gateway/bill/totals.h"

#include <charconv>

#include "base/check.h"

namespace tollgate::gateway::bill {
namespace {

std::int64_t magnitude(std::int64_t fen) {
    return fen < 0 ? -fen : fen;
}

Error unreadable(std::string_view comment) {
    return Error(ErrorCode::invalid_argument,
                 "a total that cannot be read: " + std::string(comment.substr(0, 200)));
}

std::string in_words(std::int64_t lines, std::int64_t fen) {
    return std::to_string(lines) + " lines, " + Money::from_fen(fen).to_yuan() + " yuan";
}

}  // namespace

void Sum::add(Money amount) {
    ++lines;
    if (amount.fen() == 0) ++zero_lines;
    fen += amount.fen();
}

Result<std::optional<ClaimedSum>> read_claim(std::string_view comment, std::string_view title) {
    constexpr std::string_view kCount = "笔";
    constexpr std::string_view kSum = "共";
    constexpr std::string_view kYuan = "元";
    std::string_view rest = comment;
    if (!rest.starts_with(title)) return std::optional<ClaimedSum>();
    rest.remove_prefix(title.size());
    for (const std::string_view colon : {"：", ":"}) {
        if (rest.starts_with(colon)) rest.remove_prefix(colon.size());
    }
    ClaimedSum claim;
    const std::size_t count_end = rest.find(kCount);
    if (count_end == std::string_view::npos) return unreadable(comment);
    const char* const end = rest.data() + count_end;
    const auto read = std::from_chars(rest.data(), end, claim.lines);
    if (read.ec != std::errc() || read.ptr != end || claim.lines < 0) return unreadable(comment);

    const std::size_t sum_at = rest.find(kSum, count_end);
    if (sum_at == std::string_view::npos) return unreadable(comment);
    rest.remove_prefix(sum_at + kSum.size());
    const std::size_t sum_end = rest.find(kYuan);
    if (sum_end == std::string_view::npos) return unreadable(comment);
    const auto amount = Money::parse_signed_yuan(rest.substr(0, sum_end));
    if (!amount) return unreadable(comment);
    claim.fen = magnitude(amount->fen());
    return std::optional(claim);
}

std::string_view Totals::name_of(Title title) {
    switch (title) {
        case payments: return "交易合计";
        case refunds: return "退款合计";
        case income: return "收入合计";
        case expense: return "支出合计";
        case kTitles: break;
    }
    TOLLGATE_CHECK(false);
    return {};
}

void Totals::add(const TradeLine& line) {
    sums_[line.kind == TradeLine::Kind::payment ? payments : refunds].add(line.received);
}

void Totals::add(const FundLine& line) {
    // A line of nothing is counted here or there.
    if (line.expense.fen() != 0 || line.income.fen() == 0) sums_[expense].add(line.expense);
    if (line.expense.fen() == 0) sums_[income].add(line.income);
}

Result<Done> Totals::read_comment(std::string_view comment) {
    for (std::size_t i = 0; i < kTitles; ++i) {
        TOLLGATE_TRY(auto claim, read_claim(comment, name_of(static_cast<Title>(i))));
        if (!claim) continue;
        if (claims_[i]) {
            return Error(ErrorCode::invalid_argument,
                         "a total that stands twice: " + std::string(comment.substr(0, 200)));
        }
        claims_[i] = claim;
    }
    return Done{};
}

void Totals::check(Title title, std::vector<std::string>& problems) const {
    const Sum& sum = sums_[title];
    const auto& claim = claims_[title];
    const std::string name(name_of(title));
    if (!claim) {
        problems.push_back(name + " is missing: the bill may have been cut off");
        return;
    }
    const bool counts_fit = claim->lines <= sum.lines && claim->lines >= sum.lines - sum.zero_lines;
    if (counts_fit && claim->fen == sum.fen) return;
    problems.push_back(name + " says " + in_words(claim->lines, claim->fen) +
                       ", the bill's lines are " + in_words(sum.lines, sum.fen));
}

std::vector<std::string> Totals::trade_problems() const {
    std::vector<std::string> problems;
    check(payments, problems);
    check(refunds, problems);
    return problems;
}

std::vector<std::string> Totals::fund_problems() const {
    std::vector<std::string> problems;
    check(income, problems);
    check(expense, problems);
    return problems;
}

}  // namespace tollgate::gateway::bill
