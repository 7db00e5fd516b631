// GET /openapi.json describes every route that there is, and no other.
#include <cctype>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "tests/gateway/gateway_world.h"
#include "tests/support/prometheus_text.h"
#include "tests/support/source_dir.h"

namespace tollgate {
namespace {

using nlohmann::json;
using testing::GatewayWorld;
using testing::PrometheusText;

// "api POST /v1/payments". The console's own routes are none of the API's.
std::string route(std::string_view listener, std::string method, const std::string& path) {
    for (char& letter : method) {
        letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
    return std::string(listener) + " " + method + " " + path;
}

std::set<std::string> described_routes(const json& document) {
    std::set<std::string> routes;
    for (const auto& [path, methods] : document["paths"].items()) {
        for (const auto& [method, operation] : methods.items()) {
            routes.insert(route(operation["x-listener"].get<std::string>(), method, path));
        }
    }
    return routes;
}

// Those that the listeners count requests for.
std::set<std::string> registered_routes(GatewayWorld& world) {
    std::set<std::string> routes;
    const PrometheusText text(world.operator_get("/metrics").body);
    const auto* const family = text.family_of("tollgate_http_requests_in_flight");
    EXPECT_NE(family, nullptr);
    if (family == nullptr) return routes;
    for (const auto& sample : family->samples) {
        const std::string& path = sample.labels.at("route");
        if (path == "unmatched" || path.starts_with("/console")) continue;
        routes.insert(route(sample.labels.at("listener"), sample.labels.at("method"), path));
    }
    return routes;
}

TEST(OpenApi, DescribesEveryRouteAndNoOther) {
    GatewayWorld world;
    const auto answer = world.operator_get("/openapi.json");
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(answer.json()["openapi"], "3.1.0");
    const auto routes = registered_routes(world);
    EXPECT_GT(routes.size(), 40U);
    EXPECT_EQ(described_routes(answer.json()), routes);
}

// Every $ref of the document, wherever it stands.
void collect_references(const json& node, std::set<std::string>& into) {
    if (node.is_object() && node.contains("$ref")) into.insert(node["$ref"].get<std::string>());
    for (const auto& child : node) {
        if (child.is_structured()) collect_references(child, into);
    }
}

TEST(OpenApi, RefersToWhatIsThereAndNamesEachOperationOnce) {
    GatewayWorld world;
    const auto document = world.operator_get("/openapi.json").json();
    std::set<std::string> references;
    collect_references(document, references);
    for (const auto& reference : references) {
        ASSERT_TRUE(reference.starts_with("#/")) << reference << " leads elsewhere";
        EXPECT_TRUE(document.contains(json::json_pointer(reference.substr(1)))) << reference;
    }
    std::set<std::string> ids;
    for (const auto& methods : document["paths"]) {
        for (const auto& operation : methods) {
            const std::string id = operation["operationId"];
            EXPECT_TRUE(ids.insert(id).second) << id;
            EXPECT_FALSE(operation["summary"].get<std::string>().empty()) << id;
            const bool needs_key = operation.contains("x-right");
            EXPECT_EQ(needs_key, operation["x-listener"] == "api") << id;
        }
    }
}

// A generated client refuses what it does not know.
TEST(OpenApi, HasTheProductsThatEventsHave) {
    GatewayWorld world;
    const auto document = world.operator_get("/openapi.json").json();
    std::ifstream file(source_dir() / "docs/events.schema.json");
    const auto events = json::parse(file);
    EXPECT_EQ(document["components"]["schemas"]["Payment"]["properties"]["product"]["enum"],
              events["$defs"]["payment"]["properties"]["product"]["enum"]);
}

}  // namespace
}  // namespace tollgate
