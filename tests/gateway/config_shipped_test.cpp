// What ships beside the program: the example, the schema, and the settings of two gateways.
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "signing/password.h"
#include "tests/gateway/config_world.h"
#include "tests/support/source_dir.h"

namespace tollgate {
namespace {

using config::Problem;

class ShippedConfig : public testing::ConfigWorld {};

TEST_F(ShippedConfig, TheShippedExampleIsWholeAndKnown) {
    std::ifstream file(source_dir() / "config/example.json");
    std::stringstream text;
    text << file.rdbuf();
    // Its keys and secrets are the reader's; everything else must be right.
    for (const Problem& problem : problems(text.str())) {
        EXPECT_TRUE(problem.what.starts_with("cannot read") ||
                    problem.what.starts_with("the environment has no"))
            << problem.where << ": " << problem.what;
    }
}

const std::set<std::string> kRules{"schedule",         "timeout_seconds", "in_flight_max",
                                   "drain_per_second", "ordered",         "success_body",
                                   "park_after_hours"};

// Every member of one is in the other; lists are looked at through their first member.
const std::set<std::string> kCommentsOfApps = {"encrypt_key", "certificates", "app_auth_token"};

void compare(const nlohmann::json& example, const nlohmann::json& schema, const std::string& path) {
    if (example.is_array() && schema.contains("items") && !example.empty()) {
        return compare(example[0], schema["items"], path + "/0");
    }
    if (!example.is_object() || !schema.contains("properties")) return;
    for (const auto& [name, value] : example.items()) {
        ASSERT_TRUE(schema["properties"].contains(name))
            << path << "/" << name << ": not in schema";
        compare(value, schema["properties"][name], path + "/" + name);
    }
    for (const auto& [name, unused] : schema["properties"].items()) {
        // What `deliveries` shows need not be said again for an endpoint; a queue stands there as a
        // comment, in the place of "url" and "secrets".
        if (path == "/endpoints/0" && (kRules.contains(name) || name == "queue")) continue;
        // Whoever copies the example should neither encrypt by accident nor want certificates or
        // act for another merchant: these stand there as comments.
        if (path == "/apps/0" && kCommentsOfApps.contains(name)) continue;
        // Of a rehearsal alone.
        if (path == "/console" && name == "sandbox_url") continue;
        // Whoever copies the example has no collector yet: these stand there as a comment.
        if (path == "/traces" && (name == "endpoint" || name == "authorization")) continue;
        // In the place of the file; config/two_gateways shows it.
        if (path == "/store" && name == "postgres") continue;
        // TLS and a burst stand there as comments, and what one door shows need not be said again.
        if (name == "tls" || (path == "/callers/0" && name == "burst")) continue;
        if ((path == "/api" || path == "/operator") && name == "limits") continue;
        EXPECT_TRUE(example.contains(name)) << path << "/" << name << ": not in the example";
    }
}

TEST_F(ShippedConfig, TheSchemaAndTheExampleOfTwoGatewaysHoldTheSameSettings) {
    const auto read = [](const char* file) {
        std::ifstream stream(source_dir().string() + file);
        return nlohmann::json::parse(stream, nullptr, true, true);
    };
    const auto store = read("/config/schema.json")["properties"]["store"]["properties"]["postgres"];
    compare(read("/config/two_gateways/1.json")["store"]["postgres"], store, "/store/postgres");
    // The two differ in what is each one's own, and in nothing else.
    auto one = read("/config/two_gateways/1.json");
    auto two = read("/config/two_gateways/2.json");
    EXPECT_NE(one["store"]["postgres"]["folder"], two["store"]["postgres"]["folder"]);
    for (const char* door : {"public", "api", "operator"}) {
        EXPECT_NE(one[door]["listen"], two[door]["listen"]);
        two[door]["listen"] = one[door]["listen"];
    }
    two["store"]["postgres"]["folder"] = one["store"]["postgres"]["folder"];
    EXPECT_EQ(one, two);
    for (const char* file : {"/config/two_gateways/1.json", "/config/two_gateways/2.json"}) {
        std::ifstream stream(source_dir().string() + file);
        std::ostringstream text;
        text << stream.rdbuf();
        for (const Problem& problem : problems(text.str())) {
            EXPECT_TRUE(problem.what.starts_with("cannot read")) << problem.where << problem.what;
        }
    }
}

TEST_F(ShippedConfig, TheSchemaAndTheExampleHoldTheSameSettings) {
    const auto read = [](const char* file) {
        std::ifstream stream(source_dir().string() + file);
        return nlohmann::json::parse(stream, nullptr, true, true);
    };
    const auto schema = read("/config/schema.json");
    compare(read("/config/example.json"), schema, "");
    // What can be said of one endpoint is what can be said of all.
    for (const std::string& rule : kRules) {
        EXPECT_TRUE(schema["properties"]["endpoints"]["items"]["properties"].contains(rule))
            << rule;
        EXPECT_TRUE(schema["properties"]["deliveries"]["properties"].contains(rule)) << rule;
    }
}

// It is read only when the keys can be, so the test above never comes to it.
TEST_F(ShippedConfig, TheExamplesPasswordsCanBeRead) {
    std::ifstream file(source_dir() / "config/example.json");
    const auto example = nlohmann::json::parse(file, nullptr, true, true);
    const auto& people = example["console"]["operators"];
    ASSERT_FALSE(people.empty());
    for (const auto& person : people) {
        const auto hash = signing::PasswordHash::parse(person["password_hash"].get<std::string>());
        EXPECT_TRUE(hash) << person["name"] << ": " << hash.error().message();
    }
}

TEST_F(ShippedConfig, TheExampleShowsTheDefaults) {
    std::ifstream file(source_dir() / "config/example.json");
    const auto example = nlohmann::json::parse(file, nullptr, true, true);
    const config::Settings defaults;
    auto shown = example["deliveries"];
    EXPECT_EQ(shown["in_flight_max"], defaults.deliveries.in_flight_max);
    EXPECT_EQ(shown["allowed_networks"], defaults.deliveries.allowed_networks);
    const auto rules = config::to_json(defaults.deliveries.defaults);
    EXPECT_EQ(shown["in_flight_max_each"], rules["in_flight_max"]);
    EXPECT_EQ(shown["schedule"], "standard");
    EXPECT_EQ(defaults.deliveries.defaults.waits, config::DeliveryRules::standard_schedule());
    for (const char* name :
         {"timeout_seconds", "drain_per_second", "ordered", "success_body", "park_after_hours"}) {
        EXPECT_EQ(shown[name], rules[name]) << name;
    }
    EXPECT_EQ(example["notifications"]["unverified_kept_max"],
              defaults.notifications.unverified_kept_max);
    EXPECT_EQ(example["store"]["wal_megabytes_max"], defaults.store.wal_bytes_max / (1024 * 1024));
    EXPECT_EQ(example["traces"]["service_name"], defaults.traces.service_name);
    EXPECT_EQ(example["traces"]["sample_per_million"], defaults.traces.sample_per_million);
    EXPECT_EQ(example["public"]["listen"], "127.0.0.1:8600");
    EXPECT_EQ(example["workers"], defaults.workers);
}

}  // namespace
}  // namespace tollgate
