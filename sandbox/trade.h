#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/money.h"
#include "sandbox/rsa.h"

namespace tollgate::sandbox {

enum class TradeStatus { wait_buyer_pay, trade_success, trade_finished, trade_closed };

// "WAIT_BUYER_PAY" and so on, as on the wire.
std::string_view name_of(TradeStatus status);

// Who pays. Unless a request names another, it is the one buyer of the pretend Alipay.
struct Buyer {
    std::string user_id = "2088102146225135";  // Empty for one who is known by open_id alone.
    std::string open_id;
    std::string logon_id = "buyer@sandbox.example";  // Whole: Alipay shows it masked only.

    friend bool operator==(const Buyer&, const Buyer&) = default;
};

// "buy***@sandbox.example", "159****5620".
std::string masked(std::string_view logon_id);

// A time from some beginning: so many minutes, or until midnight in Beijing.
struct Window {
    std::chrono::minutes length{0};
    bool to_midnight = false;  // Then `length` says nothing.
};
Timestamp end_of(const Window& window, Timestamp beginning);

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
    Timestamp expires_at;          // When it can no longer be paid.
    std::optional<Window> window;  // Else that long after the trade is made, which sets expires_at.
    // Of a QR code, from when that is made; within what the codes of TradeBook live at all.
    std::optional<Window> code_window;
    std::string notify_url;
    std::string return_url;
    std::string quit_url;
    std::string passback_params;
    std::string charset;  // As sent; notifications use it again.
    SignType sign_type = SignType::rsa2;
    std::string store_id;
    std::string operator_id;
    std::string terminal_id;
    Buyer buyer;
};

// Whether a second request for the same out_trade_no asks for the same thing.
bool same_order(const PayOrder& left, const PayOrder& right);

// Who asked for a refund.
enum class RefundOrigin {
    call,     // alipay.trade.refund.
    cancel,   // alipay.trade.cancel of a paid trade.
    console,  // A person in Alipay's own console: the merchant does not know its number.
};

// What became of the money on its way to the buyer's bank, for a refund to a card.
struct DepositBack {
    std::string status;  // "S" arrived, "F" failed, "P" on its way.
    Money amount;
    Timestamp at;
};

struct Refund {
    std::string out_request_no;
    Money amount;
    Money refunded_so_far;  // Of the trade, with this one.
    std::string reason;
    RefundOrigin origin = RefundOrigin::call;
    Timestamp at;
    std::optional<DepositBack> deposit_back;
};

struct Trade {
    PayOrder order;
    std::string trade_no;
    std::string cashier;  // The unguessable last part of the cashier's address.
    std::string nonce;    // What a form must send back: proves that it is ours.
    TradeStatus status = TradeStatus::wait_buyer_pay;
    Timestamp created_at;
    std::optional<Timestamp> paid_at;
    std::optional<Timestamp> closed_at;
    Money refunded;
    std::vector<Refund> refunds;  // Oldest first.
};

const Refund* find_refund(const Trade& trade, std::string_view out_request_no);

// What is left to be refunded.
Money refundable(const Trade& trade);

}  // namespace tollgate::sandbox
