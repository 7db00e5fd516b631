// Traces of a whole gateway: taken from whoever calls, carried to the order system, told to a
// collector, and never in anybody's way.
#include <algorithm>
#include <regex>

#include <gtest/gtest.h>

#include "base/trace_context.h"
#include "tests/gateway/collector.h"

namespace tollgate {
namespace {

using nlohmann::json;
using testing::Collector;
using testing::GatewayWorld;
using testing::LocalServer;

constexpr const char* kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr const char* kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr const char* kNotSampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
constexpr std::int64_t kAll = 1'000'000;

// The order system, as far as traces go: the headers of every event.
class Receiver {
public:
    Receiver() {
        transport::Router router;
        router.add("POST", "/events", [this](transport::ServerRequest& request, auto ticket) {
            const std::lock_guard lock(mutex_);
            headers_.push_back(request.headers);
            arrived_.notify_all();
            ticket.complete({.status = 204});
        });
        server_ = std::make_unique<LocalServer>(std::move(router));
    }

    std::string url() const { return server_->url() + "/events"; }
    // Of the first event, once it has come.
    std::string header(const std::string& name) {
        std::unique_lock lock(mutex_);
        const bool came =
            arrived_.wait_for(lock, std::chrono::minutes(1), [this] { return !headers_.empty(); });
        EXPECT_TRUE(came);
        if (!came) return "no event";
        return std::string(transport::find_header(headers_[0], name).value_or("none"));
    }

private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<transport::HeaderList> headers_;
    std::unique_ptr<LocalServer> server_;
};

// A gateway whose spans go to the collector and whose events go to the receiver.
struct TracedWorld {
    explicit TracedWorld(std::int64_t sample, const std::string& endpoint = "")
        : world([this, sample, endpoint](config::Settings& settings) {
              settings.traces.endpoint = endpoint.empty() ? collector.endpoint() : endpoint;
              settings.traces.sample_per_million = sample;
              settings.traces.authorization = Secret("Bearer tgk_collectors-key");
              settings.endpoints.at(0).url = receiver.url();
          }) {}

    json create_qr(const transport::HeaderList& headers) {
        auto order = GatewayWorld::order("T1");
        order["product"] = "qr";
        const auto made = world.create(order, headers);
        EXPECT_EQ(made.status, 201) << made.body;
        return made.json();
    }

    void paid(const transport::HeaderList& headers = {}) {
        const auto body = GatewayWorld::signed_body(GatewayWorld::paid("T1"));
        EXPECT_EQ(world.notify(body, headers).body, "success");
    }

    std::string metric(const std::string& result) {
        const std::string text = world.operator_get("/metrics").body;
        const std::regex line("tollgate_trace_spans_total\\{result=\"" + result + "\"\\} (\\d+)");
        std::smatch match;
        return std::regex_search(text, match, line) ? match[1].str() : "not there";
    }

    Collector collector;
    Receiver receiver;
    GatewayWorld world;
};

std::string attribute(const json& span, const std::string& name) {
    return Collector::attribute(span, name);
}

TEST(Traces, GoFromTheCallerOverAlipayToTheOrderSystem) {
    TracedWorld traced(0);
    const json payment = traced.create_qr({{"traceparent", kParent}, {"tracestate", "shop=42"}});
    traced.paid();
    const json create = traced.collector.wait_for("POST /v1/payments");
    const json call = traced.collector.wait_for("alipay.trade.precreate");
    const json delivery = traced.collector.wait_for("deliver payment.paid");

    EXPECT_EQ(create["traceId"], kTrace);
    EXPECT_EQ(create["parentSpanId"], "00f067aa0ba902b7");
    EXPECT_EQ(create["traceState"], "shop=42");
    EXPECT_EQ(create["kind"], 2);
    EXPECT_EQ(create["status"]["code"], 0);
    EXPECT_EQ(attribute(create, "http.request.method"), "POST");
    EXPECT_EQ(attribute(create, "http.route"), "/v1/payments");
    EXPECT_EQ(attribute(create, "http.response.status_code"), "201");
    EXPECT_EQ(attribute(create, "tollgate.listener"), "api");
    EXPECT_EQ(attribute(create, "tollgate.payment_id"), payment["id"]);
    EXPECT_EQ(attribute(create, "tollgate.request_id").substr(0, 4), "req_");

    EXPECT_EQ(call["traceId"], kTrace);
    EXPECT_EQ(call["parentSpanId"], create["spanId"]);
    EXPECT_EQ(call["kind"], 3);
    EXPECT_EQ(attribute(call, "tollgate.alipay.code"), "10000");
    EXPECT_EQ(attribute(call, "tollgate.app"), "shop");
    EXPECT_EQ(attribute(call, "tollgate.payment_id"), payment["id"]);
    EXPECT_EQ(attribute(call, "tollgate.request_id"), attribute(create, "tollgate.request_id"));
    // Alipay is told nothing of it.
    const auto asked = traced.world.alipay.requests().at(0).headers;
    EXPECT_FALSE(transport::find_header(asked, "traceparent"));
    EXPECT_FALSE(transport::find_header(asked, "tracestate"));

    EXPECT_EQ(delivery["traceId"], kTrace);
    EXPECT_EQ(delivery["parentSpanId"], create["spanId"]);
    EXPECT_EQ(delivery["kind"], 3);
    EXPECT_EQ(attribute(delivery, "tollgate.endpoint_id"), "orders");
    EXPECT_EQ(attribute(delivery, "tollgate.event_type"), "payment.paid");
    EXPECT_EQ(attribute(delivery, "tollgate.attempt"), "1");
    EXPECT_EQ(attribute(delivery, "http.response.status_code"), "204");
    EXPECT_EQ(attribute(delivery, "tollgate.event_id"), traced.receiver.header("webhook-id"));
    EXPECT_EQ(traced.receiver.header("traceparent"),
              std::string("00-") + kTrace + "-" + delivery["spanId"].get<std::string>() + "-01");
    EXPECT_EQ(traced.receiver.header("tracestate"), "shop=42");
    EXPECT_EQ(traced.collector.header("authorization"), "Bearer tgk_collectors-key");
    EXPECT_EQ(traced.collector.resource("service.name"), "tollgate");
    EXPECT_EQ(traced.collector.resource("service.instance.id").substr(0, 4), "run_");
}

TEST(Traces, TellNothingThatMustNotLeaveTheHouse) {
    TracedWorld traced(kAll);
    const json payment = traced.create_qr({{"traceparent", kParent}});
    traced.paid();
    const std::string id = payment["id"];
    traced.world.api("GET", "/v1/payments/" + id + "?refresh=0");
    traced.world.api("GET", "/v1/payments?app=shop&order=tgk_in-a-query");
    traced.world.public_get("/alipay/shop/return?sign=tgk_in-a-query");
    traced.world.public_get("/.env/tgk_in-a-path");
    traced.collector.wait_for("deliver payment.paid");
    traced.collector.wait_for("GET /alipay/{app}/return");
    traced.collector.wait_for("GET");
    const json seen = traced.collector.wait_for("GET /v1/payments/{id}");
    EXPECT_EQ(attribute(seen, "tollgate.payment_id"), id);
    for (const json& span : traced.collector.spans()) {
        const std::string text = span.dump();
        for (const char* secret :
             {"tgk_", "whsec_", "Bearer", "sign=", "书签", "?", "2088", "qr.alipay", "127.0.0.1"}) {
            EXPECT_EQ(text.find(secret), std::string::npos) << secret << " is in " << text;
        }
    }
}

TEST(Traces, LetTheCallersFlagDecide) {
    TracedWorld traced(kAll);
    traced.create_qr({{"traceparent", kNotSampled}, {"X-Request-Id", "callers-own"}});
    // One that is recorded comes after it.
    traced.world.api("GET", "/v1/payments?app=shop&out_trade_no=T1");
    traced.collector.wait_for("GET /v1/payments");
    for (const json& span : traced.collector.spans()) {
        EXPECT_NE(span["traceId"], kTrace) << span.dump();
        EXPECT_FALSE(span.contains("parentSpanId")) << span.dump();
    }
    // Logged all the same: the caller's own spans may be somewhere.
    traced.world.wait_for_log(R"("request_id":"callers-own","payment_id":)");
    const std::regex line(
        "\"event\":\"payment.created\",\"request_id\":\"callers-own\".*"
        "\"trace_id\":\"" +
        std::string(kTrace) + "\"");
    EXPECT_TRUE(std::regex_search(traced.world.log(), line)) << traced.world.log();
}

TEST(Traces, PassAnUnsampledTraceOnAsWhatItIs) {
    TracedWorld traced(0);
    traced.create_qr({{"traceparent", kNotSampled}});
    traced.paid();
    const auto passed_on = parse_traceparent(traced.receiver.header("traceparent"));
    ASSERT_TRUE(passed_on);
    EXPECT_EQ(id_text(passed_on->trace_id), kTrace);
    EXPECT_NE(id_text(passed_on->span_id), "00f067aa0ba902b7");
    EXPECT_FALSE(passed_on->sampled);
    EXPECT_EQ(traced.collector.requests(), 0U);
}

TEST(Traces, BeginAnewWhereTheHeaderIsWrong) {
    TracedWorld traced(kAll);
    traced.create_qr({{"traceparent", "ff-" + std::string(kTrace) + "-00f067aa0ba902b7-01"},
                      {"tracestate", "shop=42"}});
    const json create = traced.collector.wait_for("POST /v1/payments");
    EXPECT_NE(create["traceId"], kTrace);
    EXPECT_FALSE(create.contains("parentSpanId"));
    EXPECT_FALSE(create.contains("traceState"));
}

TEST(Traces, OfANotificationPointToTheOneThatMadeThePayment) {
    TracedWorld traced(0);
    traced.create_qr({{"traceparent", kParent}});
    traced.paid({{"traceparent", "00-11111111111111111111111111111111-2222222222222222-01"}});
    const json create = traced.collector.wait_for("POST /v1/payments");
    const json notification = traced.collector.wait_for("POST /alipay/{app}/notify");
    const json delivery = traced.collector.wait_for("deliver payment.paid");
    EXPECT_EQ(notification["traceId"], "11111111111111111111111111111111");
    ASSERT_TRUE(notification.contains("links")) << notification.dump();
    EXPECT_EQ(notification["links"][0]["traceId"], kTrace);
    EXPECT_EQ(notification["links"][0]["spanId"], create["spanId"]);
    // The event tells of what the notification has brought.
    EXPECT_EQ(delivery["parentSpanId"], notification["spanId"]);
}

TEST(Traces, HoldWhatAlipayRefused) {
    TracedWorld traced(0);
    const json payment = traced.create_qr({});
    const std::string target = "/v1/payments/" + payment["id"].get<std::string>() + "?refresh=1";
    EXPECT_EQ(traced.world.api("GET", target, "", {{"traceparent", kParent}}).status, 200);
    const json get = traced.collector.wait_for("GET /v1/payments/{id}");
    const json query = traced.collector.wait_for("alipay.trade.query");
    EXPECT_EQ(query["parentSpanId"], get["spanId"]);
    EXPECT_EQ(attribute(query, "tollgate.alipay.code"), "40004");
    EXPECT_EQ(attribute(query, "tollgate.alipay.sub_code"), "ACQ.TRADE_NOT_EXIST");
    EXPECT_EQ(query["status"]["code"], 0);
}

TEST(Traces, CallAnAnswerThatCannotBeUsedAFailure) {
    TracedWorld traced(0);
    traced.world.alipay.script([](const std::string&, const json&, transport::Ticket ticket) {
        ticket.complete({.status = 502, .body = "nothing"});
    });
    auto order = GatewayWorld::order("T1");
    order["product"] = "qr";
    traced.world.create(order, {{"traceparent", kParent}});
    const json call = traced.collector.wait_for("alipay.trade.precreate");
    EXPECT_EQ(call["status"]["code"], 2);
    EXPECT_EQ(attribute(call, "error.type"), "outcome_unknown");
    EXPECT_EQ(attribute(call, "http.response.status_code"), "502");
}

TEST(Traces, GoFromARefundToItsCall) {
    TracedWorld traced(0);
    traced.world.alipay.script(
        [](const std::string& method, const json& biz, transport::Ticket ticket) {
            json node = {{"code", "10000"}, {"msg", "Success"}};
            node["out_trade_no"] = biz["out_trade_no"];
            if (method == "alipay.trade.precreate") node["qr_code"] = "https://qr.example/1";
            if (method == "alipay.trade.refund") {
                node["fund_change"] = "Y";
                node["refund_fee"] = biz["refund_amount"];
                node["trade_no"] = "2026T1";
            }
            ticket.complete(testing::ScriptedAlipay::answer(method, node));
        });
    const json payment = traced.create_qr({});
    traced.paid();
    const auto refunded = traced.world.api(
        "POST", "/v1/payments/" + payment["id"].get<std::string>() + "/refunds",
        R"({"out_request_no":"R1","amount":100,"reason":"it broke"})", {{"traceparent", kParent}});
    EXPECT_LT(refunded.status, 300) << refunded.body;
    const json request = traced.collector.wait_for("POST /v1/payments/{id}/refunds");
    EXPECT_EQ(traced.collector.wait_for("alipay.trade.refund")["parentSpanId"], request["spanId"]);
    EXPECT_EQ(traced.collector.wait_for("deliver refund.succeeded")["parentSpanId"],
              request["spanId"]);
}

TEST(Traces, AreInNobodysWayWhenTheCollectorIsAway) {
    std::string endpoint;
    {
        const Collector gone;
        endpoint = gone.endpoint();
    }
    TracedWorld traced(kAll, endpoint);
    traced.create_qr({});
    traced.paid();
    EXPECT_NE(traced.receiver.header("traceparent"), "none");
    traced.world.wait_for_log("traces.not_taken");
    EXPECT_EQ(traced.world.payment_status("T1"), "paid");
    EXPECT_EQ(traced.metric("exported"), "0");
}

TEST(Traces, AreCountedWhenTheyAreRefused) {
    TracedWorld traced(kAll);
    traced.collector.answer_with({.status = 400});
    traced.create_qr({});
    traced.collector.wait_for("POST /v1/payments");
    traced.world.wait_for_log("traces.not_taken");
    EXPECT_EQ(traced.metric("exported"), "0");
    EXPECT_NE(traced.metric("dropped"), "0");
    EXPECT_NE(traced.metric("dropped"), "not there");
}

TEST(Traces, AreAtTheCollectorWhenTheGatewayHasEnded) {
    TracedWorld traced(kAll);
    traced.create_qr({});
    std::vector<json> spans;
    traced.world.restart([&] { spans = traced.collector.spans(); });
    EXPECT_TRUE(std::ranges::any_of(
        spans, [](const json& span) { return span["name"] == "POST /v1/payments"; }));
}

TEST(Traces, AreNoneWhereNoCollectorIsNamed) {
    Collector collector;
    Receiver receiver;
    GatewayWorld world([&](config::Settings& settings) {
        settings.traces.sample_per_million = kAll;
        settings.endpoints.at(0).url = receiver.url();
    });
    EXPECT_EQ(world.create(GatewayWorld::order("T1"), {{"traceparent", kParent}}).status, 201);
    const auto body = GatewayWorld::signed_body(GatewayWorld::paid("T1"));
    EXPECT_EQ(world.notify(body, {{"traceparent", kParent}}).body, "success");
    EXPECT_EQ(receiver.header("traceparent"), "none");
    EXPECT_EQ(world.log().find("trace_id"), std::string::npos);
    EXPECT_NE(world.operator_get("/metrics")
                  .body.find("tollgate_trace_spans_total{result=\"exported\"} 0"),
              std::string::npos);
    EXPECT_EQ(collector.requests(), 0U);
}

}  // namespace
}  // namespace tollgate
