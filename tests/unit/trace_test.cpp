// Traces without a network: what is read from headers, who belongs to which trace, and what becomes
// of spans that are too many.
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "base/log.h"
#include "base/tracer.h"
#include "tests/support/fakes.h"
#include "tests/support/spans.h"

namespace tollgate {
namespace {

using std::chrono::milliseconds;
using tollgate::testing::attribute;

constexpr const char* kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr const char* kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr const char* kNotSampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
constexpr std::int64_t kAll = 1'000'000;

TEST(Traceparent, ReadsAndWritesVersion00) {
    const auto context = parse_traceparent(kParent);
    ASSERT_TRUE(context);
    EXPECT_EQ(id_text(context->trace_id), kTrace);
    EXPECT_EQ(id_text(context->span_id), "00f067aa0ba902b7");
    EXPECT_TRUE(context->sampled);
    EXPECT_EQ(to_traceparent(*context), kParent);
    EXPECT_FALSE(parse_traceparent(kNotSampled)->sampled);
    EXPECT_EQ(to_traceparent(*parse_traceparent(kNotSampled)), kNotSampled);
}

TEST(Traceparent, LooksAtOneFlagOnlyAndPassesOnNoOther) {
    const auto flags = [](const std::string& text) {
        return to_traceparent(
            *parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-" + text));
    };
    EXPECT_EQ(flags("ff"), kParent);
    EXPECT_EQ(flags("03"), kParent);
    EXPECT_EQ(flags("02"), kNotSampled);
    EXPECT_EQ(flags("fe"), kNotSampled);
}

TEST(Traceparent, ReadsTheStartOfALaterVersion) {
    for (const char* later : {"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                              "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
                              "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-ever",
                              "fe-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03-*"}) {
        const auto context = parse_traceparent(later);
        ASSERT_TRUE(context) << later;
        EXPECT_EQ(to_traceparent(*context), kParent) << later;
    }
}

TEST(Traceparent, RefusesEverythingElse) {
    for (const char* wrong : {"",
                              "00",
                              "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                              "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-",
                              "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
                              "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                              "0F-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                              ".0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                              "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                              "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                              "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                              "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
                              "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902bG-01",
                              "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
                              "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-.1",
                              "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what",
                              "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
                              "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.what",
                              "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                              "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
                              "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
                              "00-4bf92f3577b34da6a3ce929d0e0e47-3600f067aa0ba902b7-01",
                              " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}) {
        EXPECT_FALSE(parse_traceparent(wrong)) << wrong;
    }
}

std::string members(int count) {
    std::string list;
    for (int i = 0; i < count; ++i) list += (i == 0 ? "k" : ",k") + std::to_string(i) + "=v";
    return list;
}

TEST(Tracestate, IsAListOfKeysAndValues) {
    const std::string long_key(256, 'z');
    const std::string tenant(241, 't');
    const std::string system(14, 's');
    for (const std::string& good :
         {std::string("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"), std::string("foo=1 , bar=2"),
          std::string("foo=1,\t,bar=2,"), std::string("a-b_c*d/e=!\"#$%&'()*+-./:;<>?@[]^_`{|}~"),
          std::string("0tenant@vendor=1"), std::string("foo= x y"), long_key + "=1",
          tenant + "@" + system + "=1", "foo=" + std::string(256, 'v'), members(32)}) {
        EXPECT_TRUE(is_tracestate(good)) << good;
    }
    for (const std::string& wrong : {std::string(),
                                     std::string(" , "),
                                     std::string("foo"),
                                     std::string("foo="),
                                     std::string("=1"),
                                     std::string("foo =1"),
                                     std::string("FOO=1"),
                                     std::string("foo.bar=1"),
                                     std::string("foo@=1,bar=2"),
                                     std::string("@foo=1"),
                                     std::string("foo@@bar=1"),
                                     std::string("foo@bar@baz=1"),
                                     std::string("foo@1bar=1"),
                                     std::string("foo=bar=baz"),
                                     std::string("foo=1;bar=2"),
                                     std::string("foo=\x7F"),
                                     std::string("foo=\xC3\xA9"),
                                     long_key + "z=1",
                                     tenant + "t@" + system + "=1",
                                     tenant + "@" + system + "s=1",
                                     "foo=" + std::string(257, 'v'),
                                     members(33),
                                     std::string(1'025, 'x') + "=1"}) {
        EXPECT_FALSE(is_tracestate(wrong)) << wrong;
    }
}

class Traces : public ::testing::Test {
protected:
    std::unique_ptr<Tracer> make(std::int64_t sample, std::size_t waiting_max = 100,
                                 std::size_t remembered_max = 100) {
        return std::make_unique<Tracer>(Tracer::Options{.sample_per_million = sample,
                                                        .waiting_max = waiting_max,
                                                        .remembered_max = remembered_max,
                                                        .payment_ids_begin = "pay_"},
                                        clock_, random_, entropy_);
    }

    Span request(Tracer& tracer, const std::string& id, const char* traceparent = nullptr,
                 const std::vector<std::string>& captures = {}) {
        return tracer.begin_request(
            {.request_id = id,
             .method = "POST",
             .route = "/v1/payments",
             .captures = captures,
             .parent = traceparent == nullptr ? std::nullopt : parse_traceparent(traceparent),
             .began = clock_.monotonic()});
    }

    static std::string trace_of(const Span& span) { return id_text(span.context()->trace_id); }
    static std::string id_of(const Span& span) { return id_text(span.context()->span_id); }
    static std::string parent_of(const SpanRecord& span) {
        return span.parent ? id_text(*span.parent) : "none";
    }

    testing::HandClock clock_;
    SeededRandom random_{1};
    testing::CountingEntropy entropy_;
};

TEST_F(Traces, BeginAsOftenAsTheSettingsSay) {
    const auto begun = [this](std::int64_t sample) {
        const auto tracer = make(sample);
        int count = 0;
        for (int i = 0; i < 10'000; ++i) count += request(*tracer, "req_1") ? 1 : 0;
        return count;
    };
    EXPECT_EQ(begun(0), 0);
    EXPECT_EQ(begun(kAll), 10'000);
    EXPECT_NEAR(begun(kAll / 4), 2'500, 250);
}

TEST_F(Traces, LetTheSendersFlagDecide) {
    const auto none = make(0);
    request(*none, "req_1", kParent).end();
    EXPECT_EQ(none->take(10).size(), 1U);
    const auto all = make(kAll);
    Span span = request(*all, "req_1", kNotSampled);
    ASSERT_TRUE(span);
    // It is passed on all the same, by an id of ours, with the flag as it was.
    EXPECT_EQ(trace_of(span), kTrace);
    EXPECT_NE(id_of(span), "00f067aa0ba902b7");
    EXPECT_FALSE(span.context()->sampled);
    span.end();
    EXPECT_EQ(all->take(10).size(), 0U);
    EXPECT_EQ(all->dropped(), 0U);
}

TEST_F(Traces, AreMadeOfSpansThatKnowTheirParents) {
    const auto tracer = make(0);
    Span span = request(*tracer, "req_1", kParent);
    Span call = tracer->begin_call({.name = "alipay.trade.query", .request_id = "req_1"});
    ASSERT_TRUE(call);
    call.add("tollgate.alipay.code", "10000");
    call.add("http.response.status_code", 200);
    call.add("tollgate.alipay.sub_code", "");
    call.end();
    span.fail("500");
    span.end();
    const auto spans = tracer->take(10);
    ASSERT_EQ(spans.size(), 2U);
    EXPECT_EQ(spans[0].name, "alipay.trade.query");
    EXPECT_EQ(spans[0].kind, SpanKind::client);
    EXPECT_EQ(parent_of(spans[0]), id_text(spans[1].context.span_id));
    EXPECT_EQ(attribute(spans[0], "tollgate.alipay.code"), "10000");
    EXPECT_EQ(attribute(spans[0], "http.response.status_code"), "200");
    EXPECT_EQ(attribute(spans[0], "tollgate.alipay.sub_code"), "none");
    EXPECT_FALSE(spans[0].failed);
    EXPECT_EQ(spans[1].name, "POST /v1/payments");
    EXPECT_EQ(spans[1].kind, SpanKind::server);
    EXPECT_EQ(parent_of(spans[1]), "00f067aa0ba902b7");
    EXPECT_TRUE(spans[1].failed);
    EXPECT_EQ(attribute(spans[1], "error.type"), "500");
    // Of other requests nothing is known.
    EXPECT_FALSE(tracer->begin_call({.name = "alipay.trade.query", .request_id = "req_2"}));
}

TEST_F(Traces, GoOnWithThePaymentWhenTheRequestIsOver) {
    const auto tracer = make(0);
    Span span = request(*tracer, "req_1", kParent);
    tracer->note_payment("req_1", "pay_1");
    span.end();
    Span delivery = tracer->begin_call({.name = "deliver payment.paid", .payment_id = "pay_1"});
    ASSERT_TRUE(delivery);
    EXPECT_EQ(trace_of(delivery), kTrace);
    EXPECT_FALSE(tracer->begin_call({.name = "deliver payment.paid", .payment_id = "pay_2"}));
    // An errand has an id of its own; what follows from it finds the trace by that.
    EXPECT_EQ(trace_of(tracer->begin_call(
                  {.name = "alipay.trade.refund", .request_id = "ask_1", .payment_id = "pay_1"})),
              kTrace);
    EXPECT_EQ(trace_of(tracer->begin_call({.name = "alipay.trade.query", .request_id = "ask_1"})),
              kTrace);
    EXPECT_EQ(tracer->trace_id_of("ask_1"), kTrace);
}

TEST_F(Traces, OfOurOwnQuestionsAreAsManyAsOfRequests) {
    EXPECT_FALSE(make(0)->begin_call({.name = "alipay.trade.query", .request_id = "ask_1"}));
    const auto tracer = make(kAll);
    Span first = tracer->begin_call(
        {.name = "alipay.trade.query", .request_id = "ask_1", .payment_id = "pay_1"});
    ASSERT_TRUE(first);
    first.end();
    EXPECT_EQ(parent_of(tracer->take(1).at(0)), "none");
    // What the answer has led to belongs to it.
    EXPECT_EQ(trace_of(tracer->begin_call({.name = "deliver payment.paid", .payment_id = "pay_1"})),
              trace_of(first));
}

TEST_F(Traces, PointToTheTraceInWhichThePaymentWasBefore) {
    const auto tracer = make(0);
    request(*tracer, "req_1", kParent).end();
    tracer->note_payment("req_1", "pay_1");
    Span other =
        request(*tracer, "req_2", "00-11111111111111111111111111111111-2222222222222222-01");
    tracer->note_payment("req_2", "pay_1");
    other.end();
    const auto spans = tracer->take(10);
    ASSERT_EQ(spans.size(), 2U);
    EXPECT_FALSE(spans[0].link);
    ASSERT_TRUE(spans[1].link);
    EXPECT_EQ(id_text(spans[1].link->trace_id), kTrace);
    EXPECT_EQ(spans[1].link->span_id, spans[0].context.span_id);
    EXPECT_EQ(attribute(spans[1], "tollgate.payment_id"), "pay_1");
    EXPECT_EQ(trace_of(tracer->begin_call({.name = "deliver payment.paid", .payment_id = "pay_1"})),
              "11111111111111111111111111111111");
}

TEST_F(Traces, NameThePaymentThatStandsInThePath) {
    const auto tracer = make(0);
    request(*tracer, "req_1", kParent, {"pay_7", "R1"}).end();
    for (const char* other : {"shop", "pay_me?", "pay_Secret"}) {
        request(*tracer, "req_2", kParent, {other}).end();
    }
    const auto spans = tracer->take(10);
    EXPECT_EQ(attribute(spans.at(0), "tollgate.payment_id"), "pay_7");
    for (std::size_t i = 1; i < spans.size(); ++i) {
        EXPECT_EQ(attribute(spans[i], "tollgate.payment_id"), "none");
    }
    // Looking at a payment is no reason for anything that happens to it.
    EXPECT_FALSE(tracer->begin_call({.name = "deliver payment.paid", .payment_id = "pay_7"}));
}

TEST_F(Traces, ForgetWhatAnIdMeantWhenItComesAgain) {
    const auto tracer = make(0);
    request(*tracer, "same", kParent).end();
    EXPECT_TRUE(tracer->begin_call({.name = "alipay.trade.query", .request_id = "same"}));
    EXPECT_FALSE(request(*tracer, "same"));
    EXPECT_FALSE(tracer->begin_call({.name = "alipay.trade.query", .request_id = "same"}));
    EXPECT_EQ(tracer->trace_id_of("same"), "");
}

TEST_F(Traces, RememberTheLatestAndKeepTheOldestSpans) {
    const auto tracer = make(0, 2, 2);
    for (const char* id : {"req_1", "req_2", "req_3"}) {
        Span span = request(*tracer, id, kParent);
        span.add("tollgate.request_id", id);
        span.end();
    }
    EXPECT_EQ(tracer->dropped(), 1U);
    const auto spans = tracer->take(10);
    ASSERT_EQ(spans.size(), 2U);
    EXPECT_EQ(attribute(spans[0], "tollgate.request_id"), "req_1");
    EXPECT_EQ(tracer->trace_id_of("req_1"), "");
    EXPECT_EQ(tracer->trace_id_of("req_3"), kTrace);
    // There is room again.
    request(*tracer, "req_4", kParent).end();
    EXPECT_EQ(tracer->take(10).size(), 1U);
}

TEST_F(Traces, AreTimedByOneClockWhateverTheWallSays) {
    const auto tracer = make(0);
    const std::int64_t began = clock_.now().ms * 1'000'000;
    Span span = request(*tracer, "req_1", kParent);
    clock_.pass(milliseconds(1'500));
    span.end();
    const auto record = tracer->take(1).at(0);
    EXPECT_EQ(record.began_ns, began);
    EXPECT_EQ(record.ended_ns - record.began_ns, 1'500'000'000);
}

TEST_F(Traces, TellOfWhatNobodyHasEnded) {
    const auto tracer = make(0);
    {
        const Span span = request(*tracer, "req_1", kParent);
        const Span copy = span;
    }
    const auto spans = tracer->take(10);
    ASSERT_EQ(spans.size(), 1U);
    EXPECT_TRUE(spans[0].failed);
    EXPECT_EQ(attribute(spans[0], "error.type"), "abandoned");
    Span ended = request(*tracer, "req_2", kParent);
    Span copy = ended;
    ended.end();
    copy.end();
    EXPECT_EQ(tracer->take(10).size(), 1U);
}

TEST_F(Traces, CutOffWhatIsTooLong) {
    const auto tracer = make(0);
    Span span = request(*tracer, "req_1", kParent);
    span.add("tollgate.request_id", std::string(1'000, 'x'));
    span.end();
    EXPECT_EQ(attribute(tracer->take(1).at(0), "tollgate.request_id").size(), 256U);
}

TEST_F(Traces, AreNamedInTheLogBesideTheRequest) {
    const testing::TempFolder folder;
    const int file = ::open(folder.file("log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    Log log(file, clock_);
    const auto tracer = make(0);
    const Span span = request(*tracer, "req_1", kParent);
    log.info("before", {{"request_id", "req_1"}});
    log.name_traces_of(tracer.get());
    log.info("known", {{"request_id", "req_1"}});
    log.info("unknown", {{"request_id", "req_2"}});
    log.info("none", {{"payment_id", "req_1"}});
    log.name_traces_of(nullptr);
    log.info("after", {{"request_id", "req_1"}});
    ::close(file);
    std::ifstream text(folder.file("log"));
    const std::string lines{std::istreambuf_iterator<char>(text), {}};
    EXPECT_NE(lines.find(R"("event":"known","request_id":"req_1","trace_id":")" +
                         std::string(kTrace) + "\"}"),
              std::string::npos)
        << lines;
    EXPECT_EQ(lines.find("trace_id"), lines.rfind("trace_id")) << lines;
}

}  // namespace
}  // namespace tollgate
