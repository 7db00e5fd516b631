#include "gateway/bill/bill_reader.h"

#include "base/time_text.h"

namespace tollgate::gateway::bill {
namespace {

// Ten billion yuan: four million lines of it still add up without a wrap.
constexpr std::int64_t kLineFenMax = 1'000'000'000'000;
constexpr std::size_t kNumberBytesMax = 64;

Money magnitude(Money amount) {
    return Money::from_fen(amount.fen() < 0 ? -amount.fen() : amount.fen());
}

Error wrong(Column column, std::string_view text, const std::string& why) {
    return Error(ErrorCode::invalid_argument, std::string(name_of(column)) + " \"" +
                                                  std::string(text.substr(0, 64)) + "\": " + why);
}

// What stands in the first [] after `title`; empty when there is none.
std::string_view bracketed(std::string_view comment, std::string_view title) {
    const std::size_t at = comment.find(title);
    if (at == std::string_view::npos) return {};
    const std::size_t open = comment.find('[', at);
    if (open == std::string_view::npos) return {};
    return comment.substr(open + 1, comment.find(']', open) - open - 1);
}

// "2026年06月05日 00:00:00" -> "2026-06-05 00:00:00"; also a plain date with dashes.
std::string plain_time(std::string_view text) {
    std::string plain;
    while (!text.empty()) {
        if (text.starts_with("年") || text.starts_with("月")) {
            plain += '-';
            text.remove_prefix(std::string_view("年").size());
        } else if (text.starts_with("日")) {
            text.remove_prefix(std::string_view("日").size());
        } else {
            plain += text.front();
            text.remove_prefix(1);
        }
    }
    return plain;
}

FundLine::Kind fund_kind(std::string_view name) {
    if (name == "在线支付") return FundLine::Kind::income;
    if (name == "交易退款") return FundLine::Kind::payout;
    if (name == "收费") return FundLine::Kind::fee;
    if (name == "退费") return FundLine::Kind::fee_returned;
    return FundLine::Kind::other;
}

}  // namespace

void BillReader::problem(const std::string& where, const std::string& what) {
    if (++problems_seen_ <= kProblemsMax) problems_.push_back(where + ": " + what);
}

Result<Done> BillReader::result() const {
    if (problems_seen_ == 0) return Done{};
    std::string text;
    for (const std::string& problem : problems_) text += (text.empty() ? "" : "\n") + problem;
    if (problems_seen_ > problems_.size()) {
        text += "\n… and " + std::to_string(problems_seen_ - problems_.size()) + " more";
    }
    return Error(ErrorCode::invalid_argument, std::move(text)).because("bill_invalid");
}

Result<Done> BillReader::begin(const std::string& name) {
    name_ = name;
    cutter_ = LineCutter();
    columns_.reset();
    says_summary_ = false;
    says_account_ = false;
    says_period_ = false;
    totals_ = Totals();
    return Done{};
}

Result<Done> BillReader::take(std::string_view bytes) {
    return named(cutter_.feed(bytes, [this](std::string_view line, std::int64_t number) {
        return take_line(line, number);
    }));
}

Result<Done> BillReader::named(Result<Done> done) const {
    if (done || done.error().code() != ErrorCode::invalid_argument) return done;
    return Error(ErrorCode::invalid_argument, name_ + ": " + done.error().message())
        .because("bill_invalid");
}

Result<Done> BillReader::end() {
    TOLLGATE_DO(named(cutter_.finish(
        [this](std::string_view line, std::int64_t number) { return take_line(line, number); })));
    if (!columns_) {
        problem(name_, "holds no table");
        return Done{};
    }
    if (columns_->kind() == TableKind::summary) return Done{};
    // Whose it is and which day's stands nowhere else.
    if (!says_account_) problem(name_, "does not say whose bill it is (账号)");
    if (!says_period_) problem(name_, "does not say which day's bill it is (起始日期)");
    const bool trade = columns_->kind() == TableKind::trade_details;
    ++(trade ? counts_.trade_texts : counts_.fund_texts);
    for (const std::string& what : trade ? totals_.trade_problems() : totals_.fund_problems()) {
        problem(name_, what);
    }
    return Done{};
}

Result<Done> BillReader::take_line(std::string_view bytes, std::int64_t number) {
    const std::string where = name_ + ", line ";
    if (bytes.empty()) return Done{};
    if (!decoder_.decode(bytes, line_)) {
        problem(where + std::to_string(number), "bytes that are not GBK");
        return Done{};
    }
    const bool is_comment = line_.starts_with('#');
    auto done = Result<Done>(Done{});
    if (is_comment) {
        done = take_comment(std::string_view(line_).substr(1));
    } else {
        split_csv(line_, fields_, unquoted_);
        done = columns_ ? take_row(number) : take_header();
    }
    if (done || done.error().code() != ErrorCode::invalid_argument) return done;
    problem(where + std::to_string(number), done.error().message());
    // Without the columns no line can be read: one problem is enough.
    if (!is_comment && !columns_) {
        return Error(ErrorCode::invalid_argument,
                     "line " + std::to_string(number) + ": " + done.error().message());
    }
    return Done{};
}

Result<Done> BillReader::take_comment(std::string_view comment) {
    if (const auto account = bracketed(comment, "账号"); !account.empty()) {
        says_account_ = true;
        // The merchant's number, and four digits for which of its accounts.
        if (account.starts_with(order_.seller_id)) return Done{};
        return Error(ErrorCode::invalid_argument, "the bill is of account " +
                                                      std::string(account.substr(0, 64)) +
                                                      ", not of " + order_.seller_id);
    }
    if (const auto first = bracketed(comment, "起始日期"); !first.empty()) {
        says_period_ = true;
        const auto from = parse_beijing(plain_time(first));
        const auto to = parse_beijing(plain_time(bracketed(comment, "终止日期")));
        const bool fits =
            from && to && *from == order_.day.start() && *to > *from && *to <= order_.day.end();
        if (fits) return Done{};
        return Error(ErrorCode::invalid_argument, "the bill's period is not the day " +
                                                      order_.day.text() + ": " +
                                                      std::string(comment.substr(0, 200)));
    }
    // Titles of tables of sums name them so; their columns have seen several names.
    says_summary_ = says_summary_ || comment.find("汇总") != std::string_view::npos;
    return totals_.read_comment(comment);
}

Result<Done> BillReader::take_header() {
    if (!fields_.empty() && fields_.back().empty()) fields_.pop_back();
    if (says_summary_) {
        columns_ = Columns::of_summary();
        return Done{};
    }
    TOLLGATE_TRY(columns_, Columns::read(fields_));
    return Done{};
}

Result<Done> BillReader::take_row(std::int64_t number) {
    if (columns_->kind() == TableKind::summary) return Done{};
    // A comma at the end makes one field more, an empty one.
    if (fields_.size() == columns_->count() + 1 && fields_.back().empty()) fields_.pop_back();
    if (fields_.size() != columns_->count()) {
        return Error(ErrorCode::invalid_argument, std::to_string(fields_.size()) +
                                                      " fields, the header has " +
                                                      std::to_string(columns_->count()));
    }
    if (++counts_.lines > counts_.lines_max) {
        return Error(
            ErrorCode::failed_precondition,
            "more than " + std::to_string(counts_.lines_max) + " lines in one day's bills");
    }
    if (columns_->kind() == TableKind::fund_details) {
        TOLLGATE_TRY(const FundLine line, fund_line(number));
        totals_.add(line);
        return sink_.fund_line(line);
    }
    TOLLGATE_TRY(const TradeLine line, trade_line(number));
    totals_.add(line);
    return sink_.trade_line(line);
}

Result<Money> BillReader::amount(Column column) const {
    const std::string_view text = field(column);
    if (text.empty()) return Money();
    const auto amount = Money::parse_signed_yuan(text);
    if (!amount) return wrong(column, text, "not an amount");
    if (magnitude(*amount).fen() > kLineFenMax) return wrong(column, text, "too large");
    return magnitude(*amount);
}

Result<TradeLine> BillReader::trade_line(std::int64_t number) const {
    TradeLine line;
    line.number = number;
    const std::string_view kind = field(Column::kind);
    if (kind != "交易" && kind != "退款") return wrong(Column::kind, kind, "not known");
    line.kind = kind == "交易" ? TradeLine::Kind::payment : TradeLine::Kind::refund;
    line.trade_no = field(Column::trade_no);
    if (line.trade_no.empty()) return wrong(Column::trade_no, "", "is missing");
    line.out_trade_no = field(Column::out_trade_no);
    line.out_request_no = field(Column::out_request_no);
    for (const Column column : {Column::trade_no, Column::out_trade_no, Column::out_request_no}) {
        if (field(column).size() > kNumberBytesMax) {
            return wrong(column, field(column), "longer than 64 bytes");
        }
    }
    if (field(Column::amount).empty()) return wrong(Column::amount, "", "is missing");
    TOLLGATE_TRY(line.amount, amount(Column::amount));
    TOLLGATE_TRY(line.received, amount(Column::received));
    TOLLGATE_TRY(line.fee, amount(Column::fee));
    const auto done_at = parse_beijing(field(Column::done_at));
    if (!done_at) return wrong(Column::done_at, field(Column::done_at), done_at.error().message());
    line.done_at = *done_at;
    return line;
}

Result<FundLine> BillReader::fund_line(std::int64_t number) const {
    FundLine line;
    line.number = number;
    line.kind = fund_kind(field(Column::kind));
    line.out_trade_no = field(Column::out_trade_no);
    if (line.out_trade_no.size() > kNumberBytesMax) {
        return wrong(Column::out_trade_no, line.out_trade_no, "longer than 64 bytes");
    }
    TOLLGATE_TRY(line.income, amount(Column::income));
    TOLLGATE_TRY(line.expense, amount(Column::expense));
    if (line.income.fen() != 0 && line.expense.fen() != 0) {
        return wrong(Column::income, field(Column::income), "there is an expense as well");
    }
    return line;
}

Result<BillCounts> read_bills(const std::vector<std::string>& files, const BillOrder& order,
                              BillSink& sink) {
    BillReader reader(order, sink);
    for (const std::string& file : files) TOLLGATE_DO(read_bill_file(file, {}, reader));
    TOLLGATE_DO(reader.result());
    return reader.counts();
}

}  // namespace tollgate::gateway::bill
