// Nobody at home, an app that is down or slow, restarts: what is told, what is kept, what arrives.
#include <algorithm>
#include <condition_variable>
#include <deque>
#include <fstream>

#include <gtest/gtest.h>

#include "signing/self_signed.h"
#include "tests/tunnel/tunnel_world.h"
#include "transport/curl_client.h"

namespace tollgate::tunnel::testing {
namespace {

using std::chrono::milliseconds;

// A port of this machine on which nobody listens now.
int free_port() {
    const App briefly;
    return briefly.port();
}

// Callbacks that have reached the app and wait for the test to answer them.
class HeldTickets {
public:
    void keep(transport::Ticket ticket) {
        {
            const std::lock_guard lock(mutex_);
            held_.push_back(std::move(ticket));
        }
        came_.notify_one();
    }

    // Waits for the next one.
    transport::Ticket next() {
        std::unique_lock lock(mutex_);
        came_.wait(lock, [&] { return !held_.empty(); });
        transport::Ticket ticket = std::move(held_.front());
        held_.pop_front();
        return ticket;
    }

private:
    std::mutex mutex_;
    std::condition_variable came_;
    std::deque<transport::Ticket> held_;
};

std::vector<std::string> ids_of(const std::vector<transport::ServerRequest>& requests) {
    std::vector<std::string> ids;
    for (const auto& request : requests) {
        ids.emplace_back(request.header("X-Tunnel-Event-Id").value_or(""));
    }
    return ids;
}

TEST(Offline, IsTold503AndDeliveredInOrderWhenTheLaptopIsBack) {
    App app;
    RunningRelay relay;
    for (int i = 0; i < 12; ++i) {
        const auto answer = relay.notify("n" + std::to_string(i));
        EXPECT_EQ(answer.status, 503);
        EXPECT_EQ(answer.header("Retry-After"), "30");
    }
    const auto began = system_clock().monotonic();
    const RunningClient client(relay.url(), app.url(), [](auto& settings) {
        settings.drain_per_second = 20;
        settings.exchanges = 1;  // Two at once may overtake each other on the way.
    });
    ASSERT_TRUE(becomes_true([&] { return app.count() == 12; }));
    EXPECT_GE(system_clock().monotonic() - began, milliseconds(11 * 50)) << "20 a second";
    const auto seen = app.seen();
    for (std::size_t i = 0; i < seen.size(); ++i) {
        EXPECT_EQ(seen[i].body, "notify_id=n" + std::to_string(i));
        EXPECT_TRUE(seen[i].header("X-Tunnel-Age"));
    }
    ASSERT_TRUE(becomes_true([&] { return relay.counters().answered == 12; }));
    EXPECT_EQ(relay.counters().kept, 0U);
}

TEST(Offline, AReSendReplacesTheKeptOne) {
    App app;
    RunningRelay relay;
    relay.notify("n1", "&sending=1");
    relay.notify("n2");
    relay.notify("n1", "&sending=2");
    EXPECT_EQ(relay.counters().kept, 2U);
    const RunningClient client(relay.url(), app.url(), [](auto& settings) {
        settings.drain_per_second = 100;
        settings.exchanges = 1;
    });
    ASSERT_TRUE(becomes_true([&] { return app.count() == 2; }));
    EXPECT_EQ(app.seen()[0].body, "notify_id=n1&sending=2");
    EXPECT_EQ(app.seen()[1].body, "notify_id=n2");
    ASSERT_TRUE(becomes_true([&] { return relay.counters().answered == 2; }));
    EXPECT_EQ(relay->log().list(0, {}, 10)->at(1).sendings, 2);
}

TEST(Offline, KeepsNoPageForLater) {
    RunningRelay relay;
    const auto answer = relay.peer().ask("GET /t/alice/page HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(answer->status, 503);
    EXPECT_EQ(relay.counters().kept, 0U);
}

TEST(Offline, AcceptsInTheProvidersWordsAndGoesOnUntilTheAppSaysSuccess) {
    App app;
    app.answer_with(500, "not yet");
    RunningRelay relay(
        [](auto& settings) { settings.tunnels[0].fallback = {.accept = true, .body = "success"}; });
    const auto answer = relay.notify("n1");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "success");
    const RunningClient client(relay.url(), app.url());
    ASSERT_TRUE(becomes_true([&] { return relay.counters().answered == 1; }));
    EXPECT_EQ(relay.counters().kept, 1U);
    app.answer_with(200, "success");
    ASSERT_TRUE(becomes_true([&] { return relay.counters().kept == 0 && app.count() >= 2; }));
    EXPECT_EQ(ids_of(app.seen()).front(), ids_of(app.seen()).back());
}

TEST(Offline, SurvivesARestartOfTheRelay) {
    App app;
    RunningRelay relay;
    relay.notify("n1");
    relay.stop();
    relay.start();
    EXPECT_EQ(relay.counters().kept, 1U);
    const RunningClient client(relay.url(), app.url());
    ASSERT_TRUE(becomes_true([&] { return relay.counters().answered == 1; }));
    EXPECT_EQ(app.count(), 1U);
}

TEST(Offline, HoldsBackWhatWasKeptUntilItIsReleased) {
    App app;
    RunningRelay relay;
    relay.notify("kept");
    const RunningClient client(relay.url(), app.url(),
                               [](auto& settings) { settings.hold = true; });
    client.connected();
    EXPECT_EQ(relay.notify("live").status, 200);
    EXPECT_EQ(app.count(), 1U);
    EXPECT_EQ(relay.counters().kept, 1U);
    client->set_hold(false);
    EXPECT_TRUE(becomes_true([&] { return app.count() == 2; }));
}

TEST(AppDown, IsTold502WithTheReasonAndTriedAgain) {
    const int port = free_port();
    // At once: had it waited, the answer would be 504.
    RunningRelay relay(
        [](auto& settings) { settings.tunnels[0].answer_wait = std::chrono::seconds(50); });
    const RunningClient client(relay.url(), "http://127.0.0.1:" + std::to_string(port));
    client.connected();
    const auto answer = relay.notify("n1");
    EXPECT_EQ(answer.status, 502);
    EXPECT_EQ(answer.header("X-Tunnel-Error"), "app_down");
    EXPECT_NE(answer.body.find("connect to 127.0.0.1"), std::string::npos) << answer.body;
    EXPECT_EQ(relay.counters().kept, 1U);
    ASSERT_TRUE(becomes_true([&] { return relay.counters().no_app >= 2; }));
    const auto exchange = relay->log().list(0, {}, 1);
    EXPECT_EQ(exchange->front().state, ExchangeState::waiting);
}

TEST(AppSlow, IsTold504AndItsAnswerIsStillTaken) {
    App app;
    HeldTickets held;
    app.answer_with([&](const auto&, transport::Ticket ticket) { held.keep(std::move(ticket)); });
    RunningRelay relay([](auto& settings) { settings.tunnels[0].answer_wait = milliseconds(300); });
    const RunningClient client(relay.url(), app.url());
    client.connected();
    const auto answer = relay.notify("n1");
    EXPECT_EQ(answer.status, 504);
    EXPECT_EQ(answer.header("X-Tunnel-Error"), "app_slow");
    held.next().complete(transport::testing::text_answer("success"));
    ASSERT_TRUE(becomes_true([&] { return relay.counters().answered == 1; }));
    EXPECT_EQ(app.count(), 1U);
    EXPECT_EQ(relay.counters().put_back, 0U);
}

TEST(Exchanges, AreNoMoreThanAskedFor) {
    App app;
    HeldTickets held;
    app.answer_with([&](const auto&, transport::Ticket ticket) { held.keep(std::move(ticket)); });
    RunningRelay relay;
    const RunningClient client(relay.url(), app.url(),
                               [](auto& settings) { settings.exchanges = 1; });
    client.connected();
    std::vector<std::thread> providers;
    for (int i = 0; i < 4; ++i) {
        providers.emplace_back(
            [&, i] { EXPECT_EQ(relay.notify("n" + std::to_string(i)).status, 200); });
    }
    for (std::size_t i = 1; i <= 4; ++i) {
        transport::Ticket ticket = held.next();
        EXPECT_EQ(app.count(), i) << "the app has one at a time";
        ticket.complete(transport::testing::text_answer("success"));
    }
    for (std::thread& provider : providers) provider.join();
}

// More at once than one exchange carries, and more than the client may have in hand.
TEST(Exchanges, CarryACrowdWithoutLosingAnybody) {
    App app;
    RunningRelay relay;
    const RunningClient client(relay.url(), app.url(),
                               [](auto& settings) { settings.exchanges = 4; });
    client.connected();
    std::vector<std::thread> providers;
    for (int i = 0; i < 20; ++i) {
        providers.emplace_back([&, i] {
            for (int j = 0; j < 10; ++j) {
                const auto answer = relay.notify(std::to_string(i) + "-" + std::to_string(j));
                EXPECT_EQ(answer.status, 200);
                EXPECT_EQ(answer.body, "success");
            }
        });
    }
    for (std::thread& provider : providers) provider.join();
    EXPECT_EQ(app.count(), 200U);
}

// How soon is told by Reconnecting's tests, on a clock moved by hand.
TEST(Reconnect, FindsARestartedRelay) {
    App app;
    RunningRelay relay;
    const RunningClient client(relay.url(), app.url());
    client.connected();
    EXPECT_EQ(relay.notify("n1").status, 200);
    relay.stop();
    ASSERT_TRUE(becomes_true([&] { return !client->state().connected; }));
    relay.start();
    ASSERT_TRUE(becomes_true([&] { return client->state().connected; }));
    EXPECT_EQ(relay.notify("n2").status, 200);
}

// The app answers while the relay is gone. The next relay hands the callback out again, and the
// client knows the answer.
TEST(Reconnect, AnswersFromMemoryWhatTheOldRelayNeverHeard) {
    App app;
    HeldTickets held;
    app.answer_with([&](const auto&, transport::Ticket ticket) { held.keep(std::move(ticket)); });
    RunningRelay relay;
    const RunningClient client(relay.url(), app.url());
    client.connected();
    std::thread provider([&] { EXPECT_EQ(relay.notify("n1").status, 503); });
    transport::Ticket ticket = held.next();
    relay.stop();
    provider.join();
    ticket.complete(transport::testing::text_answer("success"));
    relay.start();
    ASSERT_TRUE(becomes_true([&] { return relay.counters().answered == 1; }));
    EXPECT_EQ(app.count(), 1U) << "the app has it once";
    EXPECT_EQ(relay.counters().kept, 0U);
}

TEST(Token, AWrongOneEndsTheClientWithAReason) {
    App app;
    RunningRelay relay;
    RunningClient client(relay.url(), app.url(),
                         [](auto& settings) { settings.token = Secret("tgt_other"); });
    const auto ended = client.ended();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code(), ErrorCode::permission_denied);
    EXPECT_NE(ended.error().message().find("token"), std::string::npos);
}

// With a certificate of its own making, trusted by file or by its key alone.
TEST(Tls, CarriesCallbacksAndTrustsNobodyElse) {
    const TempFolder folder;
    const auto made = signing::make_self_signed(
        {.common_name = "relay", .names = {"127.0.0.1"}, .valid_from = system_clock().now()});
    ASSERT_TRUE(made);
    const auto write = [&](const char* name, std::string_view text) {
        std::ofstream(folder.file(name)) << text;
        return folder.file(name);
    };
    const std::string certificate = write("cert.pem", made->certificate_pem);
    const std::string key = write("key.pem", made->private_key_pem.reveal());
    RunningRelay relay(
        [&](auto& settings) { settings.tls = {.certificate_file = certificate, .key_file = key}; });
    const std::string url = "https://127.0.0.1:" + std::to_string(relay.port());
    App app;
    const RunningClient stranger(url, app.url());
    const RunningClient client(url, app.url(), [&](auto& settings) {
        settings.ca_file = certificate;
        settings.pinned_key = made->public_key_pin;
    });
    client.connected();
    EXPECT_FALSE(stranger->state().connected);
    transport::CurlClient provider({.ca_file = certificate});
    const auto reply =
        send_and_wait(provider, {.url = url + "/t/alice/notify", .body = "notify_id=1"});
    ASSERT_TRUE(reply) << reply.error().message();
    EXPECT_EQ(reply->body, "success");
    EXPECT_EQ(app.seen()[0].header("X-Forwarded-Proto"), "https");
}

TEST(Limits, TellTooManyApartFromTooLarge) {
    RunningRelay relay([](auto& settings) {
        settings.tunnels[0].burst = 2;
        settings.tunnels[0].requests_per_second = 1;
        settings.tunnels[0].body_bytes_max = 100;
    });
    EXPECT_EQ(relay.post("/n", std::string(101, 'x')).status, 413);
    EXPECT_EQ(relay.notify("1").status, 503);
    EXPECT_EQ(relay.notify("2").status, 503);
    const auto answer = relay.notify("3");
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.header("Retry-After"), "1");
    EXPECT_EQ(relay.counters().kept, 2U);
}

TEST(UnknownTunnel, IsNever404) {
    const RunningRelay relay;
    EXPECT_EQ(relay.peer().ask("POST /t/bob/ HTTP/1.1\r\nHost: h\r\n\r\n")->status, 503);
}

TEST(Replay, ReachesTheAppAgainEdited) {
    App app;
    RunningRelay relay;
    const RunningClient client(relay.url(), app.url());
    client.connected();
    relay.notify("n1");
    const auto first = client->log().list(0, {.text = "n1"}, 1);
    ASSERT_EQ(first->size(), 1U);
    const std::uint64_t id = first->front().callback.id;
    const auto local =
        client->log().replay({.of = id, .host = "pay.local", .body = "notify_id=edited"});
    ASSERT_TRUE(local);
    ASSERT_TRUE(becomes_true([&] { return app.count() == 2; }));
    EXPECT_EQ(app.seen()[1].header("Host"), "pay.local");
    EXPECT_EQ(app.seen()[1].body, "notify_id=edited");
    ASSERT_TRUE(
        becomes_true([&] { return client->log().find(*local)->state == ExchangeState::answered; }));
    EXPECT_EQ(client->log().find(*local)->replay_of, id);

    ASSERT_TRUE(
        becomes_true([&] { return relay->log().find(id)->state == ExchangeState::answered; }));
    const auto remote = relay->log().replay({.of = id, .target = "/other?x=1"});
    ASSERT_TRUE(remote);
    ASSERT_TRUE(becomes_true([&] { return app.count() == 3; }));
    EXPECT_EQ(app.seen()[2].target, "/other?x=1");
    EXPECT_EQ(relay->log().replay({.of = id, .target = "no path"}).error().code(),
              ErrorCode::invalid_argument);
    EXPECT_EQ(relay->log().replay({.of = 1}).error().code(), ErrorCode::not_found);
}

TEST(Replay, IntoAFullTunnelIsRefused) {
    RunningRelay relay([](auto& settings) { settings.tunnels[0].kept_bytes_max = 1'500; });
    EXPECT_EQ(relay.post("/notify", "notify_id=n1&" + std::string(900, 'x')).status, 503);
    ASSERT_EQ(relay.counters().kept, 1U);
    const std::uint64_t id = relay->log().list(0, {}, 1)->front().callback.id;
    EXPECT_EQ(relay->log().replay({.of = id}).error().code(), ErrorCode::unavailable);
    EXPECT_EQ(relay.counters().kept, 1U);
}

}  // namespace
}  // namespace tollgate::tunnel::testing
