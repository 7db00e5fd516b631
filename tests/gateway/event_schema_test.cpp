// docs/events.schema.json says what we really send.
#include <algorithm>
#include <fstream>
#include <regex>
#include <set>

#include <gtest/gtest.h>

#include "callbacks/event.h"
#include "gateway/example_events.h"
#include "tests/gateway/gateway_world.h"
#include "tests/support/source_dir.h"

namespace tollgate {
namespace {

using nlohmann::json;
using testing::GatewayWorld;

// As much of JSON Schema as our schema uses; a keyword that it does not know fails the test.
class SchemaCheck {
public:
    explicit SchemaCheck(const json& root) : root_(root) {}

    // What is wrong, a line each.
    std::string check(const json& schema, const json& value) {
        wrong_.clear();
        visit(schema, value, "");
        return wrong_;
    }

private:
    static bool is_of(const std::string& type, const json& value) {
        if (type == "object") return value.is_object();
        if (type == "string") return value.is_string();
        if (type == "integer") return value.is_number_integer();
        if (type == "boolean") return value.is_boolean();
        if (type == "null") return value.is_null();
        ADD_FAILURE() << "type " << type;
        return false;
    }

    bool fits(const json& schema, const json& value) {
        SchemaCheck other(root_);
        return other.check(schema, value).empty();
    }

    void visit(const json& schema, const json& value, const std::string& path) {
        for (const auto& [keyword, wanted] : schema.items()) {
            if (!keeps(keyword, wanted, value, path)) {
                wrong_ += path + ": " + keyword + " " + wanted.dump() + "\n";
            }
        }
    }

    bool keeps(const std::string& keyword, const json& wanted, const json& value,
               const std::string& path) {
        if (keyword == "title" || keyword == "description") return true;
        if (keyword == "$ref") {
            visit(root_[json::json_pointer(wanted.get<std::string>().substr(1))], value, path);
            return true;
        }
        if (keyword == "type") {
            const json types = wanted.is_array() ? wanted : json::array({wanted});
            return std::ranges::any_of(
                types, [&](const json& type) { return is_of(type.get<std::string>(), value); });
        }
        if (keyword == "required") {
            return std::ranges::all_of(
                wanted, [&](const json& name) { return value.contains(name.get<std::string>()); });
        }
        if (keyword == "properties") {
            for (const auto& [name, schema] : wanted.items()) {
                if (value.contains(name)) visit(schema, value[name], path + "/" + name);
            }
            return true;
        }
        if (keyword == "allOf") {
            for (const json& schema : wanted) visit(schema, value, path);
            return true;
        }
        if (keyword == "anyOf") {
            return std::ranges::any_of(wanted,
                                       [&](const json& schema) { return fits(schema, value); });
        }
        if (keyword == "const") return value == wanted;
        if (keyword == "enum") return std::ranges::find(wanted, value) != wanted.end();
        if (keyword == "minimum") return value >= wanted;
        if (keyword == "pattern") {
            return value.is_string() && std::regex_search(value.get<std::string>(),
                                                          std::regex(wanted.get<std::string>()));
        }
        return false;
    }

    const json& root_;
    std::string wrong_;
};

class EventSchema : public ::testing::Test {
protected:
    EventSchema() {
        std::ifstream file(source_dir() / "docs/events.schema.json");
        schema_ = json::parse(file);
    }

    // What the schema of its type says is wrong with an event.
    std::string wrong(const json& event) {
        const std::string type = event.at("type");
        if (!schema_["$defs"].contains(type)) return "no schema for " + type;
        return SchemaCheck(schema_).check(schema_["$defs"][type], event);
    }

    json schema_;
    testing::CountingEntropy entropy_;
};

TEST_F(EventSchema, HoldsEveryTypeThatIsSentOrPromised) {
    for (const char* type :
         {"payment.paid", "payment.closed", "payment.failed", "payment.finished",
          "payment.refunded", "refund.succeeded", "refund.failed", "preauthorisation.frozen",
          "preauthorisation.confirmed", "preauthorisation.cancelled", "preauthorisation.failed",
          "difference.opened", "endpoint.disabled", "endpoint.test"}) {
        ASSERT_TRUE(schema_["$defs"].contains(type)) << type;
        EXPECT_EQ(schema_["$defs"][type]["properties"]["type"]["const"], type);
        const json link{{"$ref", std::string("#/$defs/") + type}};
        EXPECT_NE(std::ranges::find(schema_["oneOf"], link), schema_["oneOf"].end()) << type;
    }
}

TEST_F(EventSchema, WhatTheMakersOfEventsMakeIsWhatItSays) {
    const Timestamp now = system_clock().now();
    for (const char* type :
         {"payment.paid", "payment.closed", "payment.failed", "payment.finished",
          "payment.refunded", "refund.succeeded", "refund.failed", "preauthorisation.frozen",
          "preauthorisation.confirmed", "preauthorisation.cancelled", "preauthorisation.failed",
          "difference.opened", "endpoint.disabled"}) {
        const auto payload = gateway::example_payload(type, now, entropy_);
        ASSERT_TRUE(payload) << type;
        EXPECT_EQ(wrong(json::parse(*payload)), "") << *payload;
        ledger::Endpoint endpoint;
        endpoint.id = "orders";
        const auto test =
            callbacks::endpoint_test_event("shop", endpoint, *payload, now, entropy_).payload;
        EXPECT_EQ(wrong(json::parse(test)), "") << test;
    }
    EXPECT_FALSE(gateway::example_payload("payment.lost", now, entropy_));
}

TEST_F(EventSchema, WhatIsReallySentIsWhatItSays) {
    GatewayWorld world;
    world.pay("T1");
    world.create(GatewayWorld::order("T2"));
    auto wrong_amount = GatewayWorld::paid("T2", "9.99");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(wrong_amount)).body, "fail");
    EXPECT_EQ(world.api("POST", "/v1/endpoints/orders/test").status, 202);
    std::set<std::string> types;
    for (json event : world.events.wait_for(3)) {
        event.erase("id");  // The receiver's own note.
        EXPECT_EQ(wrong(event), "") << event;
        types.insert(event["type"]);
    }
    EXPECT_EQ(types, (std::set<std::string>{"payment.paid", "difference.opened", "endpoint.test"}));
}

TEST_F(EventSchema, AnEventThatLacksOrBendsAMemberIsSeen) {
    const auto good =
        json::parse(*gateway::example_payload("payment.paid", system_clock().now(), entropy_));
    json bent = good;
    bent["data"]["payment"].erase("version");
    EXPECT_NE(wrong(bent), "");
    bent = good;
    bent["data"]["payment"]["amount"] = "10.00";
    EXPECT_NE(wrong(bent), "");
    bent = good;
    bent["data"]["payment"]["status"] = "closed";
    EXPECT_NE(wrong(bent), "");
    bent = good;
    bent["timestamp"] = "yesterday";
    EXPECT_NE(wrong(bent), "");
}

}  // namespace
}  // namespace tollgate
