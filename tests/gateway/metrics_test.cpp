// GET /metrics of a whole gateway that has worked a little, and what ships beside it: the alert
// rules, the dashboard and docs/metrics.md, in both languages, may only speak of what is there.
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "tests/gateway/gateway_world.h"
#include "tests/support/prometheus_text.h"
#include "tests/support/source_dir.h"

namespace tollgate {
namespace {

using testing::GatewayWorld;
using testing::PrometheusText;
using testing::test_keys;
using Labels = std::map<std::string, std::string>;

std::string file_text(const std::string& name) {
    std::ifstream file(source_dir() / name);
    EXPECT_TRUE(file) << name;
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string scrape(GatewayWorld& world) {
    const auto answer = world.operator_get("/metrics");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    return answer.body;
}

// Scrapes until the sample has the value, or fails the test.
PrometheusText scrape_until(GatewayWorld& world, const std::string& name, const Labels& labels,
                            const std::string& value) {
    const auto deadline = std::chrono::minutes(1) + system_clock().monotonic();
    for (;;) {
        PrometheusText text(scrape(world));
        if (text.value(name, labels) == value) return text;
        if (system_clock().monotonic() > deadline) {
            ADD_FAILURE() << name << " is " << text.value(name, labels).value_or("not there");
            return text;
        }
        std::this_thread::yield();
    }
}

// A payment that was paid and told of, one that waits for its buyer, a forged notification, one
// about too little money, an event that was delivered, a call to Alipay, and a path that is none.
void work_a_little(GatewayWorld& world) {
    world.pay("T1");
    world.events.wait_for(1);
    auto qr = GatewayWorld::order("T2");
    qr["product"] = "qr";
    EXPECT_EQ(world.create(qr).status, 201);
    EXPECT_EQ(world.create(GatewayWorld::order("T3")).status, 201);
    const auto forged = GatewayWorld::signed_body(GatewayWorld::paid("T2"), test_keys().stranger);
    EXPECT_EQ(world.notify(forged).body, "fail");
    const auto little = GatewayWorld::signed_body(GatewayWorld::paid("T3", "0.01"));
    EXPECT_EQ(world.notify(little).body, "fail");
    EXPECT_EQ(world.api("GET", "/v1/nothing").status, 404);
    world.wait_for_count("SELECT count(*) FROM delivery WHERE status <> 'delivered'", 0);
}

TEST(Metrics, CountWhatHasHappened) {
    GatewayWorld world;
    work_a_little(world);
    const auto text =
        scrape_until(world, "tollgate_differences_open", {{"class", "amount_mismatch"}}, "1");
    const auto value = [&](const std::string& name, const Labels& labels = {}) {
        return text.value(name, labels).value_or("nothing");
    };
    const Labels create = {{"listener", "api"}, {"method", "POST"}, {"route", "/v1/payments"}};
    EXPECT_EQ(value("tollgate_http_requests_total",
                    {{"route", "/v1/payments"}, {"method", "POST"}, {"status", "2xx"}}),
              "3");
    EXPECT_EQ(value("tollgate_http_request_duration_seconds_count", create), "3");
    EXPECT_EQ(value("tollgate_http_requests_in_flight", create), "0");
    EXPECT_EQ(value("tollgate_http_requests_in_flight",
                    {{"listener", "operator"}, {"route", "/metrics"}}),
              "1");
    EXPECT_EQ(value("tollgate_http_requests_total",
                    {{"listener", "api"}, {"route", "unmatched"}, {"status", "4xx"}}),
              "1");
    EXPECT_EQ(value("tollgate_notifications_total", {{"verdict", "accepted"}}), "1");
    EXPECT_EQ(value("tollgate_notifications_total", {{"verdict", "rejected"}}), "1");
    EXPECT_EQ(value("tollgate_notifications_unverified_total", {{"reason", "sign_mismatch"}}), "1");
    EXPECT_EQ(value("tollgate_notification_lag_seconds_count"), "2");
    EXPECT_EQ(value("tollgate_alipay_calls_total",
                    {{"method", "alipay.trade.precreate"}, {"outcome", "done"}, {"code", "10000"}}),
              "1");
    EXPECT_EQ(value("tollgate_alipay_call_duration_seconds_count",
                    {{"method", "alipay.trade.precreate"}}),
              "1");
    EXPECT_EQ(value("tollgate_endpoint_breaker_open", {{"endpoint", "orders"}}), "0");
    EXPECT_EQ(value("tollgate_payments_unfinished", {{"status", "pending"}, {"age", "5m"}}), "1");
    EXPECT_EQ(value("tollgate_ledger_write_failing"), "0");
    EXPECT_NE(value("tollgate_ledger_batch_units_count"), "0");
    EXPECT_NE(value("tollgate_ledger_commit_duration_seconds_count"), "0");
    EXPECT_EQ(value("tollgate_build_info").substr(0, 1), "1");
}

TEST(Metrics, TellOfEventsThatWaitAndOfTheBreaker) {
    GatewayWorld world;
    world.events.answer_with(500);
    for (const char* number : {"T1", "T2", "T3", "T4", "T5", "T6"}) world.pay(number);
    const auto text =
        scrape_until(world, "tollgate_endpoint_breaker_open", {{"endpoint", "orders"}}, "1");
    EXPECT_NE(text.value("tollgate_delivery_attempts_total",
                         {{"endpoint", "orders"}, {"result", "failed"}}),
              "0");
    EXPECT_EQ(text.value("tollgate_delivery_attempts_total",
                         {{"endpoint", "orders"}, {"result", "delivered"}}),
              "0");
    // No number of a payment, of a caller or of anything else that there is without end.
    for (const auto& [name, family] : text.families()) {
        for (const auto& sample : family.samples) {
            for (const auto& [label, content] : sample.labels) {
                EXPECT_EQ(content.find("pay_"), std::string::npos) << name;
                EXPECT_EQ(content.find("T1"), std::string::npos) << name;
            }
        }
    }
}

// The names that the files ask for; labels stand in the scrape's words, too.
std::set<std::string> names_in(const std::string& text) {
    const std::regex name("tollgate_[a-z0-9_]+");
    return {std::sregex_token_iterator(text.begin(), text.end(), name), {}};
}

// "by (a, b)" and "{a=…, b=~…}".
std::set<std::string> labels_in(const std::string& text) {
    std::set<std::string> labels;
    const std::regex by(R"(by \(([a-z_, ]+)\))");
    const std::regex matcher(R"([{,]([a-z_]+)(=|!=)~?\\?")");
    const std::regex word("[a-z_]+");
    for (std::sregex_iterator found(text.begin(), text.end(), by), end; found != end; ++found) {
        const std::string list = (*found)[1];
        labels.insert(std::sregex_token_iterator(list.begin(), list.end(), word), {});
    }
    for (std::sregex_iterator found(text.begin(), text.end(), matcher), end; found != end;
         ++found) {
        labels.insert((*found)[1]);
    }
    return labels;
}

TEST(Metrics, ShipWithRulesADashboardAndAPageThatKnowThemAll) {
    GatewayWorld world;
    work_a_little(world);
    const auto text =
        scrape_until(world, "tollgate_differences_open", {{"class", "amount_mismatch"}}, "1");
    std::set<std::string> labels = {"instance", "le"};  // What Prometheus adds.
    for (const auto& [name, family] : text.families()) {
        for (const auto& sample : family.samples) {
            for (const auto& [label, content] : sample.labels) labels.insert(label);
        }
    }
    labels.insert({"owner", "kind"});  // Of certificates: this world has none.
    for (const char* file : {"config/alerts.yaml", "config/grafana.json"}) {
        const std::string content = file_text(file);
        const auto names = names_in(content);
        EXPECT_GT(names.size(), 15U) << file;
        for (const auto& name : names) {
            EXPECT_NE(text.family_of(name), nullptr) << file << " asks for " << name;
        }
        for (const auto& label : labels_in(content)) {
            EXPECT_TRUE(labels.contains(label)) << file << " asks for the label " << label;
        }
    }
    for (const char* page : {"docs/metrics.md", "docs/metrics.zh.md"}) {
        const auto documented = names_in(file_text(page));
        for (const auto& [name, family] : text.families()) {
            EXPECT_TRUE(documented.contains(name)) << page << " lacks " << name;
        }
        for (const auto& name : documented) {
            EXPECT_TRUE(text.families().contains(name)) << page << " knows " << name;
        }
    }
    // What a small world cannot have is named here, so that nothing else is ever empty.
    const std::set<std::string> may_be_empty = {
        "tollgate_certificate_days_left", "tollgate_endpoint_secret_days_left",
        "tollgate_refunds_unfinished", "tollgate_preauthorisations_unfinished"};
    for (const auto& [name, family] : text.families()) {
        EXPECT_TRUE(!family.samples.empty() || may_be_empty.contains(name)) << name << " is empty";
    }
}

TEST(Metrics, AreWhatPromtoolTakes) {
    if (std::system("command -v promtool >/dev/null") != 0) {
        ASSERT_EQ(std::getenv("TOLLGATE_NO_SKIP"), nullptr) << "promtool is not installed";
        GTEST_SKIP() << "skipped: promtool is not installed";
    }
    GatewayWorld world;
    work_a_little(world);
    const std::string file = world.folder.file("metrics.txt");
    std::ofstream(file) << scrape(world);
    EXPECT_EQ(std::system(("promtool check metrics <" + file).c_str()), 0);
    const std::string rules = (source_dir() / "config/alerts.yaml").string();
    EXPECT_EQ(std::system(("promtool check rules '" + rules + "' >/dev/null").c_str()), 0);
}

}  // namespace
}  // namespace tollgate
