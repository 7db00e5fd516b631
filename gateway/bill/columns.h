#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tollgate::gateway::bill {

// Which of Alipay's tables a text holds, told by the names of its columns alone.
enum class TableKind {
    trade_details,
    fund_details,
    summary,  // Of either: sums over the same lines.
};

// What we read of a line.
enum class Column {
    trade_no,        // 支付宝交易号
    out_trade_no,    // 商户订单号
    kind,            // 业务类型
    done_at,         // 完成时间
    amount,          // 订单金额
    received,        // 商家实收
    out_request_no,  // 退款批次号
    fee,             // 服务费
    flow_no,         // 账务流水号
    income,          // 收入金额
    expense,         // 支出金额
};
inline constexpr std::size_t kColumns = 11;

std::string_view name_of(Column column);

// Where in a line each column stands that we read. Columns move, come and go over the years: only
// names count, and of a name only what stands before its unit or its alternative ("订单金额（元）",
// "退款批次号/请求号").
class Columns {
public:
    // Errors: invalid_argument when the names are no table of Alipay's, or when one that we need is
    // missing or stands twice.
    static Result<Columns> read(const std::vector<std::string_view>& header);

    // Of a table that nobody reads the lines of.
    static Columns of_summary() { return {}; }

    TableKind kind() const { return kind_; }
    // How many fields a line has.
    std::size_t count() const { return count_; }

    // Of a line of count() fields; empty when the table lacks the column.
    std::string_view field(const std::vector<std::string_view>& line, Column column) const;

private:
    static constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);

    Result<Done> place(Column column, std::string_view name, std::size_t at);
    Result<Done> need(const std::vector<Column>& columns) const;
    bool has(Column column) const { return at_[static_cast<std::size_t>(column)] != kAbsent; }

    TableKind kind_ = TableKind::summary;
    std::size_t count_ = 0;
    std::array<std::size_t, kColumns> at_{};
};

}  // namespace tollgate::gateway::bill
