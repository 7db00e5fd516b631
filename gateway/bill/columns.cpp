#include "gateway/bill/columns.h"

#include <algorithm>
#include <string>

namespace tollgate::gateway::bill {
namespace {

// In the order of Column.
constexpr std::array<std::string_view, kColumns> kNames = {
    "支付宝交易号", "商户订单号", "业务类型",   "完成时间", "订单金额", "商家实收",
    "退款批次号",   "服务费",     "账务流水号", "收入金额", "支出金额"};

// Columns that only the tables of sums have.
constexpr std::array<std::string_view, 3> kSummaryNames = {"交易订单总笔数", "收入笔数",
                                                           "支出笔数"};

// "订单金额（元）" -> "订单金额", "退款批次号/请求号" -> "退款批次号".
std::string_view plain_name(std::string_view name) {
    for (const std::string_view end : {"（", "(", "/", "／"}) {
        name = name.substr(0, name.find(end));
    }
    return name;
}

}  // namespace

std::string_view name_of(Column column) {
    return kNames[static_cast<std::size_t>(column)];
}

Result<Done> Columns::place(Column column, std::string_view name, std::size_t at) {
    if (name != name_of(column)) return Done{};
    if (has(column)) {
        return Error(ErrorCode::invalid_argument,
                     "the column " + std::string(name) + " stands twice");
    }
    at_[static_cast<std::size_t>(column)] = at;
    return Done{};
}

Result<Done> Columns::need(const std::vector<Column>& columns) const {
    for (const Column column : columns) {
        if (has(column)) continue;
        return Error(ErrorCode::invalid_argument,
                     "the column " + std::string(name_of(column)) + " is missing");
    }
    return Done{};
}

Result<Columns> Columns::read(const std::vector<std::string_view>& header) {
    Columns columns;
    columns.at_.fill(kAbsent);
    columns.count_ = header.size();
    bool is_summary = false;
    for (std::size_t i = 0; i < header.size(); ++i) {
        const std::string_view name = plain_name(header[i]);
        is_summary = is_summary || std::ranges::find(kSummaryNames, name) != kSummaryNames.end();
        for (std::size_t column = 0; column < kColumns; ++column) {
            TOLLGATE_DO(columns.place(static_cast<Column>(column), name, i));
        }
    }
    if (is_summary) return columns;
    if (columns.has(Column::flow_no)) {
        columns.kind_ = TableKind::fund_details;
        TOLLGATE_DO(
            columns.need({Column::out_trade_no, Column::income, Column::expense, Column::kind}));
        return columns;
    }
    if (!columns.has(Column::trade_no) && !columns.has(Column::out_trade_no)) {
        return Error(ErrorCode::invalid_argument,
                     "these are not the columns of a trade or fund bill of Alipay's");
    }
    columns.kind_ = TableKind::trade_details;
    TOLLGATE_DO(columns.need({Column::trade_no, Column::out_trade_no, Column::kind, Column::done_at,
                              Column::amount, Column::received, Column::out_request_no}));
    return columns;
}

std::string_view Columns::field(const std::vector<std::string_view>& line, Column column) const {
    const std::size_t at = at_[static_cast<std::size_t>(column)];
    return at == kAbsent ? std::string_view() : line[at];
}

}  // namespace tollgate::gateway::bill
