#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/money.h"
#include "sandbox/rsa.h"

namespace tollgate::sandbox {

enum class TradeStatus { wait_buyer_pay, trade_success, trade_closed };

// "WAIT_BUYER_PAY" and so on, as on the wire.
std::string_view name_of(TradeStatus status);

// What a paying request asked for.
struct PayOrder {
    std::string app_id;
    std::string seller_id;
    std::string merchant;  // The application's name.
    std::string method;    // "alipay.trade.page.pay".
    std::string out_trade_no;
    std::string subject;
    std::string body;
    std::string product_code;
    Money total;
    Timestamp expires_at;
    std::string notify_url;
    std::string return_url;
    std::string quit_url;
    std::string passback_params;
    std::string charset;  // As sent; notifications use it again.
    SignType sign_type = SignType::rsa2;
};

// Whether a second request for the same out_trade_no asks for the same thing.
bool same_order(const PayOrder& left, const PayOrder& right);

struct Trade {
    PayOrder order;
    std::string trade_no;
    std::string cashier;  // The unguessable last part of the cashier's address.
    std::string nonce;    // What a form must send back: proves that it is ours.
    TradeStatus status = TradeStatus::wait_buyer_pay;
    Timestamp created_at;
    std::optional<Timestamp> paid_at;
    std::optional<Timestamp> closed_at;
};

// The one buyer of the pretend Alipay.
constexpr std::string_view kBuyerId = "2088102146225135";
constexpr std::string_view kBuyerLogonId = "buy***@sandbox.example";

}  // namespace tollgate::sandbox
