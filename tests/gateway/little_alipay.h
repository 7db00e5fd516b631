#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/gateway/gateway_world.h"

namespace tollgate::testing {

// As much of Alipay's trades as the end of a payment needs, with faults that a test chooses: it
// keeps the truth that the gateway has to find out.
class LittleAlipay {
public:
    struct Refund {
        std::string number;
        std::int64_t fen = 0;
    };
    struct Trade {
        std::string status = "WAIT_BUYER_PAY";
        std::int64_t fen = 0;
        std::string paid_at;  // Beijing time; empty: no money came.
        std::vector<Refund> refunds;
    };

    // What becomes of one call, beside or instead of doing it.
    struct Fault {
        enum class Kind {
            lose_request,  // Nothing is done, and the connection dies.
            lose_answer,   // It is done, and the connection dies.
            system_error,  // It is done, and answered with SYSTEM_ERROR.
            refuse,        // It is not done, and refused with `code`.
            unsigned_refusal,
            quiet_refund,  // It is done, and answered 10000 without fund_change=Y.
        };
        Kind kind = Kind::lose_answer;
        std::string code = {};  // "ACQ.TRADE_HAS_FINISHED"
    };

    explicit LittleAlipay(GatewayWorld& world);

    // The buyer opens the cashier, or scans: now there is a trade.
    void open(const std::string& out_trade_no, std::int64_t fen = 1'000);
    void pay(const std::string& out_trade_no, std::int64_t fen = 1'000);
    void set(const std::string& out_trade_no, Trade trade);
    Trade trade(const std::string& out_trade_no) const;
    std::int64_t refunded(const std::string& out_trade_no) const;
    void next(const std::string& method, Fault fault);
    // Every call of the method from now on.
    void always(const std::string& method, Fault fault);
    void heal();
    int calls(const std::string& method) const;
    // Money for a trade that nobody could pay any more: as it happens when two messages cross.
    static std::string trade_no(const std::string& out_trade_no) { return "2026" + out_trade_no; }

private:
    using Json = nlohmann::json;
    void serve(const std::string& method, const Json& biz, transport::Ticket ticket);
    Json act(const std::string& method, const Json& biz);
    Json query(const Json& biz);
    Json close(const Json& biz);
    Json cancel(const Json& biz);
    Json refund(const Json& biz);
    Json refund_query(const Json& biz);
    std::optional<Fault> take_fault(const std::string& method);

    Clock& clock_;
    mutable std::mutex mutex_;
    std::map<std::string, Trade> trades_;
    std::map<std::string, std::deque<Fault>> faults_;
    std::map<std::string, Fault> lasting_;
    std::map<std::string, int> calls_;
};

}  // namespace tollgate::testing
