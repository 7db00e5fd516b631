// The exporter against a collector that is well, busy, hostile, slow or away. Time passes by hand.
#include "gateway/traces/exporter.h"

#include <gtest/gtest.h>

#include "tests/gateway/collector.h"

namespace tollgate {
namespace {

using gateway::traces::Exporter;
using std::chrono::milliseconds;
using testing::Collector;

class Export : public ::testing::Test {
protected:
    std::unique_ptr<Exporter> exporter(const std::string& endpoint, std::string_view secret = "") {
        return std::make_unique<Exporter>(
            Exporter::Options{.endpoint = endpoint,
                              .authorization = Secret(std::string(secret)),
                              .resource = {.service_name = "shop-pay",
                                           .service_version = "1.2.3",
                                           .instance_id = "run_1"}},
            Exporter::Seams{
                .tracer = tracer_, .clock = clock_, .random = random_, .log = kept_.get()});
    }

    void make_spans(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            tracer_.begin_call({.name = "alipay.trade.query"}).end();
        }
    }

    testing::HandClock clock_;
    SeededRandom random_{1};
    testing::CountingEntropy entropy_;
    testing::TempFolder folder_;
    testing::KeptLog kept_{folder_.file("log")};
    Tracer tracer_{{.sample_per_million = 1'000'000}, clock_, random_, entropy_};
};

TEST_F(Export, SendsWhatWaitsBatchByBatchAndSaysWhoItIs) {
    Collector collector;
    const auto sender = exporter(collector.endpoint(), "Bearer tgk_collectors-key");
    EXPECT_EQ(sender->run_once(), Exporter::kBeat);
    EXPECT_EQ(collector.requests(), 0U);
    make_spans(1'100);
    EXPECT_EQ(sender->run_once(), Exporter::kBeat);
    EXPECT_EQ(collector.spans().size(), 1'100U);
    EXPECT_EQ(collector.requests(), 3U);
    EXPECT_EQ(tracer_.exported(), 1'100U);
    EXPECT_EQ(tracer_.dropped(), 0U);
    EXPECT_EQ(collector.resource("service.name"), "shop-pay");
    EXPECT_EQ(collector.resource("service.version"), "1.2.3");
    EXPECT_EQ(collector.resource("service.instance.id"), "run_1");
    EXPECT_EQ(collector.header("authorization"), "Bearer tgk_collectors-key");
    EXPECT_EQ(kept_.text(), "");
}

TEST_F(Export, TriesABusyCollectorAtGrowingIntervalsAndDropsTheBatchInTheEnd) {
    Collector collector({.status = 503});
    const auto sender = exporter(collector.endpoint());
    make_spans(3);
    milliseconds before{0};
    for (int tries = 1; tries <= Exporter::kTriesMax; ++tries) {
        EXPECT_EQ(tracer_.dropped(), 0U);
        const milliseconds wait = sender->run_once();
        EXPECT_EQ(collector.requests(), static_cast<std::size_t>(tries));
        EXPECT_GT(wait, before);
        before = wait;
        // Too early: nobody is bothered.
        EXPECT_LE(sender->run_once(), wait);
        EXPECT_EQ(collector.requests(), static_cast<std::size_t>(tries));
        clock_.pass(wait);
    }
    EXPECT_EQ(tracer_.dropped(), 3U);
    EXPECT_EQ(tracer_.exported(), 0U);
    // It is well again: the next ones arrive.
    collector.answer_with({.status = 200});
    make_spans(2);
    EXPECT_EQ(sender->run_once(), Exporter::kBeat);
    EXPECT_EQ(tracer_.exported(), 2U);
    EXPECT_NE(kept_.text().find("traces.taken_again"), std::string::npos);
    // One line for the whole outage.
    EXPECT_EQ(kept_.text().find("traces.not_taken"), kept_.text().rfind("traces.not_taken"));
}

TEST_F(Export, KeepsTheBatchThatABusyCollectorTakesLater) {
    Collector collector({.status = 429, .headers = {{"Retry-After", "20"}}});
    const auto sender = exporter(collector.endpoint());
    make_spans(1);
    EXPECT_GE(sender->run_once(), milliseconds(20'000));
    collector.answer_with({.status = 200});
    clock_.pass(milliseconds(30'000));
    sender->run_once();
    EXPECT_EQ(tracer_.exported(), 1U);
    EXPECT_EQ(tracer_.dropped(), 0U);
}

TEST_F(Export, RepeatsNothingThatACollectorRefusesForGood) {
    Collector collector({.status = 400});
    const auto sender = exporter(collector.endpoint());
    make_spans(2);
    EXPECT_EQ(sender->run_once(), Exporter::kBeat);
    EXPECT_EQ(collector.requests(), 1U);
    EXPECT_EQ(tracer_.dropped(), 2U);
    EXPECT_NE(kept_.text().find("HTTP 400"), std::string::npos);
}

TEST_F(Export, CountsWhatACollectorHasTakenInPart) {
    Collector collector({.status = 200, .body = R"({"partialSuccess":{"rejectedSpans":"2"}})"});
    const auto sender = exporter(collector.endpoint());
    make_spans(5);
    sender->run_once();
    EXPECT_EQ(tracer_.exported(), 3U);
    EXPECT_EQ(tracer_.dropped(), 2U);
    collector.answer_with({.status = 200, .body = R"({"partialSuccess":{"rejectedSpans":99}})"});
    make_spans(1);
    sender->run_once();
    EXPECT_EQ(tracer_.dropped(), 3U);
}

TEST_F(Export, LosesNothingWhenNobodyListens) {
    std::string endpoint;
    {
        const Collector gone;
        endpoint = gone.endpoint();
    }
    const auto sender = exporter(endpoint);
    make_spans(1);
    EXPECT_GE(sender->run_once(), milliseconds(1'000));
    EXPECT_EQ(tracer_.dropped(), 0U);
    EXPECT_NE(kept_.text().find("traces.not_taken"), std::string::npos);
}

TEST_F(Export, EndsWithWhatIsLeftWhateverPauseItWasIn) {
    Collector collector({.status = 503});
    const auto sender = exporter(collector.endpoint());
    make_spans(1);
    sender->run_once();
    collector.answer_with({.status = 200});
    make_spans(600);
    sender->flush(clock_.monotonic() + milliseconds(1'000));
    EXPECT_EQ(tracer_.exported(), 601U);
    EXPECT_EQ(tracer_.dropped(), 0U);
}

TEST_F(Export, EndsInTimeWhenTheCollectorHangs) {
    Collector collector;
    std::vector<transport::Ticket> kept;
    collector.script([&](transport::Ticket ticket) {
        kept.push_back(std::move(ticket));
        clock_.pass(milliseconds(1'000));
    });
    const auto sender = exporter(collector.endpoint());
    make_spans(1'500);
    const auto began = system_clock().monotonic();
    sender->flush(clock_.monotonic() + milliseconds(1'000));
    EXPECT_LT(system_clock().monotonic() - began, Exporter::kPatience);
    EXPECT_EQ(tracer_.dropped(), 1'500U);
    EXPECT_EQ(kept.size(), 1U);
}

}  // namespace
}  // namespace tollgate
