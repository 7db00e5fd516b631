// The relay's door to strangers and to clients: what it takes for what, and what it lets through.
#include <future>

#include <gtest/gtest.h>

#include "base/line_limit.h"
#include "tests/tunnel/hand_made_client.h"
#include "tunnel/relay_route.h"

namespace tollgate::tunnel::testing {
namespace {

using transport::HeaderList;

TEST(OddHeaders, AreLeftOutOfTheAnswerAndOfTheRecord) {
    RunningRelay relay;
    HandMadeClient client(relay);
    client.hold();
    auto provider = std::async(std::launch::async, [&] { return relay.notify("n1"); });
    const auto handed_out = client.poll();
    ASSERT_EQ(handed_out.size(), 1U);
    client.bring({.id = handed_out[0].callback.id,
                  .attempt = handed_out[0].attempt,
                  .round = handed_out[0].round,
                  .status = 202,
                  .headers = {{"X Odd", "1"},
                              {"X-Split", "a\r\nX-Smuggled: b"},
                              {"", "no name"},
                              {"X-Good", "2"}},
                  .body = "success"});
    const auto answer = provider.get();
    EXPECT_EQ(answer.status, 202);
    EXPECT_EQ(answer.body, "success");
    EXPECT_EQ(answer.header("X-Good"), "2");
    EXPECT_EQ(answer.header("X-Smuggled"), "");
    const auto recorded = [&] { return relay->log().list(0, {}, 1)->at(0).attempts; };
    ASSERT_TRUE(becomes_true([&] { return !recorded().empty(); }));
    EXPECT_EQ(recorded()[0].status, 202);
    EXPECT_EQ(recorded()[0].headers, (HeaderList{{"X-Good", "2"}}));
}

// A relay whose tunnel has a name of its own.
class NamedTunnel : public ::testing::Test {
protected:
    static constexpr const char* kName = "alice.example";

    RunningRelay relay_{[](auto& settings) { settings.tunnels[0].hosts = {kName}; }};
    HandMadeClient client_{relay_, kName};
};

TEST_F(NamedTunnel, TakesNoClientsRequestForACallback) {
    const std::string hold = to_wire(HoldRequest{.mark = {.session = 1, .counter = 1}});
    const std::string bring =
        to_wire(ExchangeRequest{.mark = {.session = 1, .counter = 2}, .frames_max = 0});
    const auto held = read_hold_reply(client_.ask("POST /x/hold", hold).body);
    ASSERT_TRUE(held) << held.error().message();
    EXPECT_EQ(held->tunnel, "alice");
    EXPECT_EQ(client_.ask("POST /x/exchange?x=1", bring).status, 200);
    EXPECT_EQ(client_.ask("POST /x/%68old", hold).status, 200);
    EXPECT_EQ(client_.ask("POST /x/hold", "nonsense").status, 400);
    EXPECT_EQ(client_.ask("PUT /x/hold", hold).header("Allow"), "POST");
    HandMadeClient by_path(relay_);
    EXPECT_EQ(by_path.ask("POST /t/alice/x/hold", hold).status, 200);
    EXPECT_EQ(relay_.counters().received, 0U);
    EXPECT_TRUE(relay_->log().list(0, {}, 10)->empty()) << "a token would be stored";
}

TEST_F(NamedTunnel, HasThesePathsForItselfWithoutAToken) {
    ASSERT_EQ(client_.ask("POST /x/hold", "of the app's", "tgt_other").status, 503);
    const auto kept = relay_->log().list(0, {}, 10);
    ASSERT_EQ(kept->size(), 1U);
    EXPECT_EQ(kept->front().callback.target, "/x/hold");
    EXPECT_EQ(kept->front().callback.body, "of the app's");
    HandMadeClient elsewhere(relay_);
    EXPECT_EQ(elsewhere.ask("POST /x/hold", "", "tgt_other").status, 401);
}

// What is said of a body of that size before it has been sent; 0: it is wanted.
int said_before(const RunningRelay& relay, const std::string& path, std::size_t bytes,
                const std::string& token = "tgt_other") {
    Peer peer = relay.peer();
    peer.send("POST " + path + " HTTP/1.1\r\nHost: hook.example\r\nExpect: 100-continue\r\n" +
              "Authorization: Bearer " + token + "\r\nContent-Length: " + std::to_string(bytes) +
              "\r\n\r\n");
    const std::string line = peer.line();
    return line.ends_with("100 Continue") ? 0 : std::stoi(line.substr(line.find(' ')));
}

TEST(LargeBodies, AreTakenFromThoseWhoMaySendThem) {
    const RunningRelay relay;
    constexpr std::size_t kMebibyte = std::size_t{1024} * 1024;
    for (const char* path : {"/x/exchange", "/x/hold", "/t/nobody/notify", "/", "/healthz"}) {
        EXPECT_EQ(said_before(relay, path, kStrangersBodyBytesMax), 0) << path;
        EXPECT_EQ(said_before(relay, path, kStrangersBodyBytesMax + 1), 413) << path;
    }
    EXPECT_EQ(said_before(relay, "/t/alice/notify", 3 * kMebibyte), 0);
    EXPECT_EQ(said_before(relay, "/t/alice/notify", 3 * kMebibyte + 1), 413);
    EXPECT_EQ(said_before(relay, "/x/exchange", 16 * kMebibyte, kToken), 0);
    EXPECT_EQ(said_before(relay, "/x/exchange", 16 * kMebibyte + 1, kToken), 413);
    EXPECT_EQ(said_before(relay, "/x/hold", kHoldBytesMax + 1, kToken), 413);
}

TEST(LargeBodies, OfAHoldWithAllItsIdsFit) {
    RunningRelay relay;
    HandMadeClient client(relay);
    EXPECT_EQ(client.hold(std::vector<std::uint64_t>(kIdsMax, 7)).status, 200);
}

std::int64_t times_in(const std::string& text, const std::string& part) {
    std::int64_t times = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++times;
    return times;
}

TEST(Strangers, CannotFloodTheLog) {
    const RunningRelay relay;
    HandMadeClient stranger(relay);
    const auto began = system_clock().monotonic();
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(stranger.ask("POST /t/nobody/notify", "").status, 503);
        EXPECT_EQ(stranger.ask("POST /x/hold", "", "tgt_guess").status, 401);
    }
    const auto took = std::chrono::floor<std::chrono::seconds>(system_clock().monotonic() - began);
    const std::int64_t lines_max = LineLimit::kLinesPerSecondMax * (took.count() + 2);
    const std::string log = relay.log_text();
    for (const char* event : {"tunnel.unknown", "tunnel.token_refused"}) {
        EXPECT_GE(times_in(log, event), 1) << event;
        EXPECT_LE(times_in(log, event), lines_max) << event;
    }
}

// What the app has answered is remembered for days, and a flood is over before the timer comes.
TEST(Flood, OfAnsweredCallbacksStaysWithinTheLimitAtEveryMoment) {
    constexpr std::int64_t kBytesMax = 64 * 1024;
    App app;
    RunningRelay relay([](auto& settings) { settings.tunnels[0].kept_bytes_max = kBytesMax; });
    const RunningClient client(relay.url(), app.url());
    client.connected();
    const std::string filling = "&x=" + std::string(4'000, 'x');
    for (std::size_t i = 0; i < 60; ++i) {
        ASSERT_EQ(relay.notify("n" + std::to_string(i), filling).status, 200);
        std::int64_t bytes = 0;
        const auto remembered = relay->log().list(0, {}, 100);
        for (const auto& exchange : *remembered) bytes += bytes_of(exchange.callback);
        ASSERT_LE(bytes, kBytesMax) << "after " << i;
        ASSERT_GE(remembered->size(), std::min<std::size_t>(i + 1, 10)) << "no more than needed";
    }
}

}  // namespace
}  // namespace tollgate::tunnel::testing
