#pragma once

#include <string>

#include "tests/gateway/little_fund.h"

namespace tollgate::testing {

// A whole gateway and an Alipay that keeps one buyer's frozen money, and what a coordinator asks.
struct PreauthWorld : GatewayWorld {
    explicit PreauthWorld(std::function<void(config::Settings&)> change = {})
        : GatewayWorld(std::move(change)), fund(alipay, clock) {}

    // Another app of the same seller, and callers who may let go what is frozen.
    static void add_books(config::Settings& settings) {
        GatewayWorld::add_books(settings);
        settings.apps.at(1).seller_ids = settings.apps.at(0).seller_ids;
        for (auto& caller : settings.callers) {
            if (caller.id == "books" || caller.id == "all") caller.rights.push_back("close");
        }
    }
    static nlohmann::json wanted(const std::string& product, std::int64_t fen = 1'000) {
        nlohmann::json body{{"app", "shop"},
                            {"out_auth_no", "A1"},
                            {"product", product},
                            {"amount", fen},
                            {"subject", "A room"}};
        if (product == "barcode") body["auth_code"] = "280000000000000001";
        return body;
    }
    Answer attempt(const std::string& product = "barcode", std::int64_t fen = 1'000) {
        return api("POST", "/v1/preauthorisations", wanted(product, fen).dump());
    }
    Answer end(const std::string& how, const nlohmann::json& body = nlohmann::json::object()) {
        return api("POST", "/v1/preauthorisations/shop/A1/" + how, body.dump());
    }
    nlohmann::json one() { return api("GET", "/v1/preauthorisations/shop/A1").json(); }
    void wait_for(const std::string& status) {
        wait_for_count("SELECT count(*) FROM preauthorisation WHERE status = '" + status + "'", 1);
    }
    // Lets a time go by, until all that has fallen due in it is seen to.
    void pass_and_rest(std::chrono::milliseconds time) {
        // A step that another one follows makes it due at its own time, a little later; a rest is
        // two seconds at least.
        const std::string until = std::to_string((clock.now() + time).ms + 1'900);
        clock.pass(time);
        wait_for_count("SELECT count(*) FROM preauthorisation WHERE next_sweep_ms <= " + until, 0);
    }
    std::int64_t differences_of(const std::string& what) {
        return count("SELECT count(*) FROM difference WHERE class = 'preauthorisation_" + what +
                     "'");
    }
    std::int64_t events_of(const std::string& what) {
        return count("SELECT count(*) FROM event WHERE type = 'preauthorisation." + what + "'");
    }

    LittleFund fund;
};

}  // namespace tollgate::testing
