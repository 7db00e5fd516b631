#include "tests/gateway/collector.h"

#include <algorithm>
#include <regex>

#include <gtest/gtest.h>

namespace tollgate::testing {
namespace {

using nlohmann::json;

// What the protocol says of each member (opentelemetry-proto's trace.proto and common.proto).
void check_attributes(const json& attributes) {
    ASSERT_TRUE(attributes.is_array());
    for (const json& attribute : attributes) {
        EXPECT_TRUE(attribute["key"].is_string()) << attribute;
        EXPECT_EQ(attribute.size(), 2U) << attribute;
        const json& value = attribute["value"];
        ASSERT_EQ(value.size(), 1U) << attribute;
        EXPECT_TRUE(value.contains("stringValue") || value.contains("intValue")) << attribute;
        // int64 is a text in protobuf's JSON.
        EXPECT_TRUE(value.begin()->is_string()) << attribute;
    }
}

void check_span(const json& span) {
    static const std::regex kTraceId("[0-9a-f]{32}");
    static const std::regex kSpanId("[0-9a-f]{16}");
    static const std::regex kNanoseconds("[0-9]{19}");
    EXPECT_TRUE(std::regex_match(span["traceId"].get<std::string>(), kTraceId)) << span;
    EXPECT_TRUE(std::regex_match(span["spanId"].get<std::string>(), kSpanId)) << span;
    if (span.contains("parentSpanId")) {
        EXPECT_TRUE(std::regex_match(span["parentSpanId"].get<std::string>(), kSpanId)) << span;
    }
    EXPECT_FALSE(span["name"].get<std::string>().empty()) << span;
    EXPECT_TRUE(span["kind"] == 2 || span["kind"] == 3 || span["kind"] == 4) << span;
    const auto began = span["startTimeUnixNano"].get<std::string>();
    const auto ended = span["endTimeUnixNano"].get<std::string>();
    EXPECT_TRUE(std::regex_match(began, kNanoseconds)) << span;
    EXPECT_TRUE(std::regex_match(ended, kNanoseconds)) << span;
    EXPECT_LE(began, ended) << span;
    EXPECT_TRUE(span["status"]["code"] == 0 || span["status"]["code"] == 2) << span;
    check_attributes(span["attributes"]);
    for (const json& link : span.value("links", json::array())) {
        EXPECT_TRUE(std::regex_match(link["traceId"].get<std::string>(), kTraceId)) << span;
        EXPECT_TRUE(std::regex_match(link["spanId"].get<std::string>(), kSpanId)) << span;
    }
}

}  // namespace

Collector::Collector(transport::ServerResponse answer) {
    answer_with(std::move(answer));
    transport::Router router;
    router.add("POST", "/v1/traces",
               [this](transport::ServerRequest& request, transport::Ticket ticket) {
                   take(request);
                   Script script;
                   {
                       const std::lock_guard lock(mutex_);
                       script = script_;
                   }
                   script(std::move(ticket));
               });
    server_ = std::make_unique<LocalServer>(std::move(router));
}

void Collector::answer_with(transport::ServerResponse answer) {
    script([answer = std::move(answer)](transport::Ticket ticket) { ticket.complete(answer); });
}

void Collector::script(Script script) {
    const std::lock_guard lock(mutex_);
    script_ = std::move(script);
}

void Collector::take(const transport::ServerRequest& request) {
    EXPECT_EQ(request.header("content-type"), "application/json");
    EXPECT_EQ(request.query, "");
    constexpr bool kThrow = false;
    const json body = json::parse(request.body, nullptr, kThrow);
    ASSERT_TRUE(body.is_object()) << request.body;
    ASSERT_EQ(body["resourceSpans"].size(), 1U);
    const json& of_resource = body["resourceSpans"][0];
    check_attributes(of_resource["resource"]["attributes"]);
    ASSERT_EQ(of_resource["scopeSpans"].size(), 1U);
    EXPECT_EQ(of_resource["scopeSpans"][0]["scope"]["name"], "tollgate");
    const json& spans = of_resource["scopeSpans"][0]["spans"];
    EXPECT_GE(spans.size(), 1U);
    EXPECT_LE(spans.size(), 512U);
    for (const json& span : spans) check_span(span);
    const std::lock_guard lock(mutex_);
    ++requests_;
    headers_ = request.headers;
    resource_ = of_resource["resource"];
    for (const json& span : spans) spans_.push_back(span);
    arrived_.notify_all();
}

std::vector<json> Collector::spans() const {
    const std::lock_guard lock(mutex_);
    return spans_;
}

json Collector::wait_for(const std::string& name) {
    std::unique_lock lock(mutex_);
    const auto named = [&](const json& span) { return span["name"] == name; };
    const bool came = arrived_.wait_for(lock, std::chrono::minutes(1),
                                        [&] { return std::ranges::any_of(spans_, named); });
    EXPECT_TRUE(came) << name << " did not come, only " << json(spans_).dump();
    return came ? *std::ranges::find_if(spans_, named) : json::object();
}

std::size_t Collector::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

std::string Collector::resource(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    return attribute(resource_, name);
}

std::string Collector::header(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    return std::string(transport::find_header(headers_, name).value_or("none"));
}

std::string Collector::attribute(const json& span, const std::string& name) {
    for (const json& attribute : span.value("attributes", json::array())) {
        if (attribute["key"] == name) return attribute["value"].begin()->get<std::string>();
    }
    return "none";
}

}  // namespace tollgate::testing
