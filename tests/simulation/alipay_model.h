#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/money.h"
#include "sandbox/auth_book.h"
#include "sandbox/resend_schedule.h"
#include "sandbox/trade_book.h"
#include "signing/fields.h"
#include "tests/simulation/keys.h"
#include "tests/simulation/network.h"
#include "tests/simulation/world.h"

namespace tollgate::simulation {

// The app that pays in every run, as Alipay knows it.
inline constexpr std::string_view kAppId = "2021000000000001";
inline constexpr std::string_view kSellerId = "2088000000000001";
inline constexpr std::string_view kGatewayUrl = "http://alipay.example/gateway.do";

// What Alipay knows about one trade, for ever: no crash of ours reaches it.
struct TradeTruth {
    Money amount;
    std::string trade_no;
    bool paid = false;
    bool closed_unpaid = false;  // And then perhaps paid all the same, late.
    bool foreign = false;        // Its number is none of ours.
    // What went back, by out_request_no; each number at most once.
    std::map<std::string, sandbox::Refund> refunds;
};

// Alipay, outside the process under test: the sandbox's trade book behind the protocol's answers
// and notifications, the latter sent again on Alipay's own schedule until somebody says `success`.
class AlipayModel {
public:
    struct Seams {
        World& world;
        Trace& trace;
        Network& network;
        const KeySet& keys;
        // Takes a notification to the gateway.
        Network::Server to_gateway;
        // The gateway has answered `success` to it.
        std::function<void(const std::string& notify_id)> on_success;
        // Something that must never be was seen.
        std::function<void(const std::string& violation)> on_violation;
    };

    AlipayModel(Dice dice, Seams seams);

    void set_faults(const Faults& faults) { faults_ = faults; }

    // POST gateway.do.
    bool serve(const transport::ClientRequest& request, const Network::Answer& answer);

    // What a buyer does. Each gives the trade's number, or nothing when Alipay refuses.
    std::optional<std::string> open_page(const std::string& url);
    std::optional<std::string> scan(const std::string& qr_code);
    bool pay(const std::string& trade_no);

    // The same of money that is to be frozen: what gives its number, and the buyer's yes.
    std::optional<std::string> open_freeze(const std::string& order_string);
    std::optional<std::string> scan_freeze(const std::string& code);
    bool agree_to_freeze(const std::string& auth_no);

    // Somebody who has no key of Alipay's says that a payment was paid.
    void forge(const std::string& out_trade_no, Money amount);
    // Money for a number that another program of the same merchant made.
    void take_foreign_money(const std::string& out_trade_no, Money amount);

    // By out_trade_no.
    const std::map<std::string, TradeTruth>& trades() const { return truth_; }
    // How a trade stands; nullptr when there is none.
    const sandbox::Trade* trade(const std::string& out_trade_no);
    // How a freeze stands, by the caller's number; nullptr when there is none.
    const sandbox::AuthOrder* auth(const std::string& out_order_no);
    // Of every freeze that there ever was.
    const std::set<std::string>& auth_numbers() const { return auth_numbers_; }
    // Whether money has gone back under this number, and how much.
    std::optional<Money> refunded(const std::string& out_trade_no, const std::string& number) const;
    // The same of all numbers together.
    Money refunded_in_all(const std::string& out_trade_no) const;
    // Nothing is on its way, and nothing will be sent by itself.
    bool quiet() const { return notices_under_way_ == 0; }

private:
    using Json = nlohmann::json;
    struct Notice;

    bool is_ours(const signing::Fields& fields) const;
    sandbox::PayOrder order_of(const signing::Fields& fields, const Json& biz) const;
    std::optional<std::string> opened(const Result<const sandbox::Trade*>& trade);
    std::string answer_text(const std::string& method, const Json& node);

    // The methods: alipay_methods.cpp.
    Json run(const std::string& method, const signing::Fields& fields, const Json& biz);
    Json precreate(const sandbox::PayOrder& order);
    Json create(const sandbox::PayOrder& order);
    Json pay_at_till(const sandbox::PayOrder& order);
    Json query(const Json& biz);
    Json close(const Json& biz);
    Json cancel(const Json& biz);
    Json refund(const Json& biz, const std::string& sign);
    bool wants_no_refund(const std::string& sign);
    bool wants_no_repeat(const sandbox::Refund& known, const std::string& sign);
    std::string refusal_of_a_repeat();
    Json refund_query(const Json& biz);

    // Money that is frozen first: alipay_auths.cpp.
    Json run_auth(const std::string& method, const signing::Fields& fields, const Json& biz);
    Result<sandbox::AuthOutcome> open_freeze(const signing::Fields& fields, const Json& biz);
    Json freeze_code(const sandbox::AuthOutcome& opened) const;
    Json freeze_at_till(const sandbox::AuthOutcome& opened);
    Json unfreeze(const Json& biz);
    Json capture(const signing::Fields& fields, const Json& biz);
    void auth_happened(const sandbox::AuthOrder& auth, const sandbox::Operation& operation);

    // What happens in the book, told by it once it has.
    void happened(const sandbox::Trade& trade, sandbox::TradeEvent event,
                  const sandbox::Refund* refund);
    void refund_at_the_console(const std::string& trade_no);

    void notify(const sandbox::Trade& trade, std::string_view status,
                const sandbox::Refund* refund = nullptr);
    signing::Fields notification(const sandbox::Trade& trade, std::string_view status,
                                 const sandbox::Refund* refund) const;
    // Signs it and sends it off; `number` is Alipay's for what it is about.
    void post(std::string name, const std::string& number, signing::Fields fields);
    std::string signed_body(signing::Fields fields, const std::string& notify_id,
                            const signing::PrivateKey& key) const;
    void send(const std::shared_ptr<Notice>& notice);
    void after_attempt(const std::shared_ptr<Notice>& notice, const Result<Network::Reply>& reply);

    Dice dice_;
    Seams seams_;
    Faults faults_;
    sandbox::TradeBook book_;
    Dice auth_dice_;
    sandbox::AuthBook auths_;
    std::set<std::string> auth_numbers_;
    std::set<std::string> captured_;  // Paid from what was frozen: no notification tells of them.
    const signing::PublicKey app_key_;
    const sandbox::ResendSchedule schedule_;
    std::map<std::string, TradeTruth> truth_;
    std::map<std::string, Timestamp> unseen_until_;  // Refunds that a query does not know of yet.
    std::map<std::string, std::string>
        refund_made_by_;             // By its number: the signature of the call.
    std::set<std::string> refused_;  // Calls that move money, by their signature.
    std::uint64_t notices_ = 0;
    std::uint64_t console_refunds_ = 0;
    int notices_under_way_ = 0;
};

}  // namespace tollgate::simulation
