#include "sandbox/bill_file.h"

#include <array>
#include <map>

#include "base/charset.h"
#include "base/time_text.h"
#include "sandbox/bill_rows.h"
#include "sandbox/zip.h"

namespace tollgate::sandbox {
namespace {

struct Names {
    std::string_view kind;     // In the first line and the file's name: 业务 or 账务.
    std::string_view columns;  // Of the details.
    std::string_view summary_columns;
};

constexpr Names kTradeNames = {
    .kind = "业务",
    .columns =
        "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,"
        "终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,"
        "支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,"
        "卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注",
    .summary_columns =
        "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,"
        "支付宝优惠（元）,商家优惠（元）,卡消费金额（元）,服务费（元）,分润（元）,"
        "实收净额（元）"};
constexpr Names kAccountNames = {
    .kind = "账务",
    .columns =
        "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,"
        "支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注",
    .summary_columns = "业务类型,收入笔数,收入金额（+元）,支出笔数,支出金额（-元）,总金额（元）"};

const Names& names_of(BillType type) {
    return type == BillType::trade ? kTradeNames : kAccountNames;
}

std::string account_of(const BillOrder& order) {
    return order.seller_id + "0156";
}

std::string in_words(std::string_view date, std::string_view time) {
    return std::string(date.substr(0, 4)) + "年" + std::string(date.substr(5, 2)) + "月" +
           std::string(date.substr(8, 2)) + "日 " + std::string(time);
}

// The first moment and the first one after it, as a bill writes them.
std::string period_line(const BillOrder& order) {
    const bool month = order.date.size() == 7;
    const std::string first = month ? order.date + "-01" : order.date;
    const Timestamp start = parse_beijing(first + " 00:00:00").value_or(Timestamp{});
    Timestamp end = start + std::chrono::hours(24);
    while (month && to_beijing(end).starts_with(order.date)) end = end + std::chrono::hours(24);
    return "#起始日期：[" + in_words(first, "00:00:00") + "]   终止日期：[" +
           in_words(to_beijing(end), "00:00:00") + "]\r\n";
}

std::string frame(std::string_view kind, std::string_view title, std::string_view end) {
    const std::string dashes(41, '-');
    const std::size_t after = end.empty() ? 40 : 36;
    return "#" + dashes + std::string(kind) + std::string(title) + std::string(end) +
           std::string(after, '-') + "\r\n";
}

std::string head(const BillOrder& order, std::string_view what) {
    return "#支付宝" + std::string(names_of(order.type).kind) + std::string(what) + "\r\n#账号：[" +
           account_of(order) + "]\r\n" + period_line(order);
}

std::string exported(Timestamp now) {
    const std::string at = to_beijing(now);
    return "#导出时间：[" + in_words(at, at.substr(11)) + "]\r\n";
}

Result<ZipEntry> entry_of(const BillOrder& order, std::string_view end, const std::string& text) {
    std::string date = order.date;
    std::erase(date, '-');
    const std::string name = account_of(order) + "_" + date + "_" +
                             std::string(names_of(order.type).kind) + std::string(end) + ".csv";
    TOLLGATE_TRY(std::string name_bytes, from_utf8(name, "gbk"));
    // A character that GBK lacks must not cost the whole bill.
    auto bytes = from_utf8(text, "gb18030");
    if (!bytes) return Error(ErrorCode::internal, "the bill is not text");
    return ZipEntry{.name = std::move(name_bytes), .bytes = *std::move(bytes)};
}

}  // namespace

std::string bill_details(const BillOrder& order, const std::vector<Movement>& movements,
                         Timestamp now) {
    const Names& names = names_of(order.type);
    std::string text = head(order, "明细查询") + frame(names.kind, "明细列表", "") +
                       std::string(names.columns) + "\r\n";
    const bool trade = order.type == BillType::trade;
    for (const Movement& movement : movements) {
        text += trade ? trade_row(movement) : account_rows(movement);
    }
    text += frame(names.kind, "明细列表", "结束");
    text += trade ? trade_totals(movements) : account_totals(movements);
    return text + exported(now);
}

std::string bill_summary(const BillOrder& order, const std::vector<Movement>& movements,
                         Timestamp now) {
    const Names& names = names_of(order.type);
    const bool trade = order.type == BillType::trade;
    return head(order, "汇总查询") + frame(names.kind, "汇总列表", "") +
           std::string(names.summary_columns) + "\r\n" +
           (trade ? trade_summary(movements) : account_summary(movements)) +
           frame(names.kind, "汇总列表", "结束") + exported(now);
}

Result<std::string> bill_archive(const BillOrder& order, const std::vector<Movement>& movements,
                                 Timestamp now) {
    TOLLGATE_TRY(ZipEntry details, entry_of(order, "明细", bill_details(order, movements, now)));
    TOLLGATE_TRY(ZipEntry summary,
                 entry_of(order, "明细(汇总)", bill_summary(order, movements, now)));
    return zip_of({std::move(details), std::move(summary)});
}

}  // namespace tollgate::sandbox
