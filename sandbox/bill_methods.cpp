#include "sandbox/bill_methods.h"

#include <chrono>

#include "base/time_text.h"
#include "sandbox/biz_fields.h"
#include "sandbox/form.h"
#include "sandbox/refusal.h"

namespace tollgate::sandbox {
namespace {

using std::chrono::hours;

constexpr hours kReadyAfter{9};  // A day's bill is there at nine the next morning.
constexpr hours kMonthReadyAfter{2 * 24 + 9};
constexpr hours kOldest{6 * 366 * 24};

Error bad_arguments(const std::string& what) {
    return refusal("INVAILID_ARGUMENTS", "参数错误：" + what);  // Alipay's own spelling.
}

Result<BillType> read_type(const Json& biz) {
    const std::string type = text_member(biz, "bill_type").value_or("");
    if (type == "trade") return BillType::trade;
    if (type == "signcustomer") return BillType::signcustomer;
    return refusal("TYPE_NOT_SUPPORTED", "账单类型不支持：" + type);
}

// The moment at which the day or month is over.
Result<Timestamp> end_of(const std::string& date) {
    const bool month = date.size() == 7;
    const auto start = parse_beijing(date + (month ? "-01" : "") + " 00:00:00");
    if (!start || (!month && date.size() != 10)) {
        return bad_arguments("bill_date 应为 yyyy-MM-dd 或 yyyy-MM");
    }
    Timestamp end = *start + hours(24);
    while (month && to_beijing(end).starts_with(date)) end = end + hours(24);
    return end;
}

Result<std::string> read_date(const Json& biz, const MethodWorld& world) {
    std::string date = text_member(biz, "bill_date").value_or("");
    TOLLGATE_TRY(const Timestamp end, end_of(date));
    const bool month = date.size() == 7;
    if (world.now - end > kOldest) return bad_arguments("bill_date 超过6年");
    const bool today = !month && date == day_of(world.now);
    if (today && world.bills_at_once) return date;
    if (end > world.now) return bad_arguments("bill_date 不能是今天或将来");
    if (!world.bills_at_once && world.now < end + (month ? kMonthReadyAfter : kReadyAfter)) {
        return refusal("BILL_NOT_EXIST", "账单不存在：尚未生成");
    }
    return date;
}

std::string url_of(const BillOrder& order, const std::string& token, const MethodWorld& world) {
    std::string date = order.date;
    std::erase(date, '-');
    const char* type = order.type == BillType::trade ? "trade" : "signcustomer";
    const std::string name = order.seller_id + "0156_" + date + ".csv.zip";
    return std::string(world.base_url) + "/downloadBillFile.resource?" +
           to_form({{"bizType", type},
                    {"userId", order.seller_id + "0156"},
                    {"fileType", "csv.zip"},
                    {"bizDates", date},
                    {"downloadFileName", name},
                    {"fileId", "/" + std::string(type) + "/" + name},
                    {"timestamp", std::to_string(world.now.ms)},
                    {"token", token}});
}

}  // namespace

Run bill_download_url(const SignedRequest& request, const MethodWorld& world) {
    TOLLGATE_DO(only_fields(request.biz, {"bill_type", "bill_date", "smid", "secure"}));
    BillOrder order{.type = BillType::trade, .seller_id = request.app->seller_id, .date = ""};
    TOLLGATE_TRY(order.type, read_type(request.biz));
    TOLLGATE_TRY(order.date, read_date(request.biz, world));
    if (!world.books.journal.has(order.seller_id, order.date)) {
        return refusal("BILL_NOT_EXIST", "账单不存在：当天没有交易");
    }
    Handled handled;
    const std::string token = world.books.bills.put(order, world.now);
    handled.node["bill_download_url"] = url_of(order, token, world);
    return handled;
}

}  // namespace tollgate::sandbox
