#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "tests/gateway/gateway_world.h"

namespace tollgate::testing {

// One buyer's frozen money at a pretend Alipay that keeps the truth; each call can be lost, or its
// answer after it was done, or be refused. Safe from any thread.
class LittleFund {
public:
    enum class Loss { request, answer };
    // What becomes of the n-th call of all, from 1: nothing is lost without an answer.
    using Fate = std::function<std::optional<Loss>(int nth)>;

    LittleFund(ScriptedAlipay& alipay, Clock& clock);

    // The buyer agrees to a code, or has never come and it is over.
    void agree() { set_order("AUTHORIZED"); }
    // Somebody else lets it go, or takes what is frozen.
    void release() { set_order("FINISH"); }
    void take(std::int64_t fen);
    // What is frozen from now on is this, and not what was asked for.
    void freeze_only(std::int64_t fen);
    void lose(const std::string& method, Loss loss);
    void lose_by(Fate fate);
    void refuse(const std::string& method, const std::string& code);
    void heal();
    int calls(const std::string& method) const;
    int all_calls() const;
    std::int64_t taken() const;
    std::int64_t captures() const;  // How often money was taken.
    std::string order() const;      // Empty: Alipay has none.

    // What it does with a call, and says; nothing: that is lost.
    using Json = nlohmann::json;
    std::optional<Json> reply_to(const std::string& method, const Json& biz);

private:
    std::optional<Loss> loss_of(const std::string& method);
    void set_order(const std::string& order);
    Json named(Json answer);
    Json act(const std::string& method, const Json& biz);
    Json open(const Json& biz, const std::string& order);
    Json detail();
    Json cancel();
    Json unfreeze(const Json& biz);
    Json pay(const Json& biz);
    Json query();

    Clock& clock_;
    mutable std::mutex mutex_;
    std::string number_;
    std::string order_;
    std::int64_t frozen_ = 0;
    std::optional<std::int64_t> freezes_only_;
    std::int64_t taken_ = 0;
    std::int64_t captures_ = 0;
    int all_ = 0;
    Fate fate_;
    std::multimap<std::string, Loss> losses_;
    std::map<std::string, std::string> refusals_;
    std::map<std::string, int> calls_;
};

}  // namespace tollgate::testing
