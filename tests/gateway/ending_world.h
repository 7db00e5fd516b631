#pragma once

#include <functional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/gateway/little_alipay.h"

namespace tollgate::testing {

// A whole gateway and an Alipay that keeps the truth, and what tests of how payments end ask them.
struct EndingWorld : GatewayWorld {
    explicit EndingWorld(std::function<void(config::Settings&)> change = {})
        : GatewayWorld(std::move(change)), little(*this) {}

    std::string make(const std::string& number, const std::string& product = "page") {
        auto wanted = order(number);
        wanted["product"] = product;
        const auto made = create(wanted);
        EXPECT_EQ(made.status, 201) << made.body;
        return made.json()["id"];
    }
    Answer close(const std::string& id, const transport::HeaderList& headers = {}) {
        return api("POST", "/v1/payments/" + id + "/close", "", headers);
    }
    nlohmann::json refresh(const std::string& id) {
        const auto answer = api("GET", "/v1/payments/" + id + "?refresh=1");
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.json();
    }
    nlohmann::json history(const std::string& id) {
        return api("GET", "/v1/payments/" + id + "/history").json()["transitions"];
    }
    void wait_for_status(const std::string& number, const std::string& status) {
        wait_for_count("SELECT count(*) FROM payment WHERE out_trade_no = '" + number +
                           "' AND status = '" + status + "'",
                       1);
    }

    LittleAlipay little;
};

}  // namespace tollgate::testing
