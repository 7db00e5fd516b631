#include "sandbox/trade.h"

#include "base/check.h"

namespace tollgate::sandbox {

std::string_view name_of(TradeStatus status) {
    switch (status) {
        case TradeStatus::wait_buyer_pay: return "WAIT_BUYER_PAY";
        case TradeStatus::trade_success: return "TRADE_SUCCESS";
        case TradeStatus::trade_closed: return "TRADE_CLOSED";
    }
    TOLLGATE_CHECK(false);
}

bool same_order(const PayOrder& left, const PayOrder& right) {
    return left.total == right.total && left.subject == right.subject && left.body == right.body &&
           left.seller_id == right.seller_id && left.product_code == right.product_code;
}

}  // namespace tollgate::sandbox
