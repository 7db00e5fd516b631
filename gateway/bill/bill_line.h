#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/money.h"
#include "base/result.h"

// What the lines of Alipay's bills say (protocol notes 10). Texts point into the reader's line.
namespace tollgate::gateway::bill {

// A line of a trade bill: money that came, or that was given back.
struct TradeLine {
    enum class Kind { payment, refund };

    Kind kind = Kind::payment;
    std::int64_t number = 0;  // In its file, from 1.
    std::string_view trade_no;
    std::string_view out_trade_no;    // Empty where the trade was made without one.
    std::string_view out_request_no;  // Of a refund.
    Money amount;                     // What the order was, or what was given back; never negative.
    Money received;                   // By the merchant, before the fee; never negative.
    Money fee;                        // Of both kinds never negative: samples differ in its sign.
    Timestamp done_at;
};

// A line of a fund bill (signcustomer): the merchant's account went up or down.
struct FundLine {
    enum class Kind { income, payout, fee, fee_returned, other };

    Kind kind = Kind::other;
    std::int64_t number = 0;
    std::string_view out_trade_no;  // Empty where the line is about none.
    Money income;                   // One of the two is zero; neither is negative.
    Money expense;
};

// Gets the lines of one or more bills as they are read.
class BillSink {
public:
    virtual ~BillSink() = default;
    virtual Result<Done> trade_line(const TradeLine& line) = 0;
    virtual Result<Done> fund_line(const FundLine& line) = 0;
};

}  // namespace tollgate::gateway::bill
