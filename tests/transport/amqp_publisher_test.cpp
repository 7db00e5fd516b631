// Against a real broker: what it confirmed must be in the queue, whatever happened meanwhile.
#include "transport/amqp_publisher.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "peer.h"
#include "rabbit.h"
#include "scripted_server.h"

namespace tollgate::transport::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::tollgate::testing::HandClock;

AmqpMessage message(const std::string& id, const std::string& queue = "events") {
    return {.routing_key = queue,
            .message_id = id,
            .type = "payment.paid",
            .timestamp_seconds = 1'794'326'400,
            .headers = {{"webhook-signature", "v1,abc"}, {"empty", ""}},
            .body = R"({"id":")" + id + "\"}"};
}

// How messages ended, by message_id: "confirmed" or the reason why not.
class Endings {
public:
    AmqpPublisher::Completion note(const std::string& id) {
        return [this, id](const Result<Done>& how) {
            EXPECT_FALSE(endings_.contains(id)) << id << " has ended twice";
            endings_[id] = how ? "confirmed" : how.error().reason();
            if (!how) codes_.insert(how.error().code());
        };
    }
    // Empty while it has not ended.
    std::string of(const std::string& id) const {
        const auto found = endings_.find(id);
        return found == endings_.end() ? "" : found->second;
    }
    std::size_t count() const { return endings_.size(); }
    std::size_t count(const std::string& how) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            endings_, [&how](const auto& entry) { return entry.second == how; }));
    }
    std::set<std::string> ids(const std::string& how) const {
        std::set<std::string> found;
        for (const auto& [id, end] : endings_) {
            if (end == how) found.insert(id);
        }
        return found;
    }
    const std::set<ErrorCode>& codes() const { return codes_; }

private:
    std::map<std::string, std::string> endings_;
    std::set<ErrorCode> codes_;
};

bool run_until(AmqpPublisher& publisher, const std::function<bool()>& condition) {
    return becomes_true([&] {
        if (condition()) return true;
        publisher.run_once(milliseconds(100));
        return condition();
    });
}

// One broker for all tests, as it takes seconds to come up; each test has queues of its own.
class AmqpBroker : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        if (!Rabbit::is_installed()) return;
        rabbit_ = std::make_unique<Rabbit>();
        is_up_ = rabbit_->start();
    }
    static void TearDownTestSuite() { rabbit_.reset(); }
    void SetUp() override {
        if (!rabbit_ && std::getenv("TOLLGATE_NO_SKIP") == nullptr) {  // NOLINT
            GTEST_SKIP() << "skipped: rabbitmq-server is not installed";
        }
        ASSERT_TRUE(rabbit_) << "rabbitmq-server is not installed";
        ASSERT_TRUE(is_up_) << rabbit_->log();
    }

    static std::unique_ptr<Rabbit> rabbit_;
    static bool is_up_;
    HandClock clock_;
    Endings endings_;
};

std::unique_ptr<Rabbit> AmqpBroker::rabbit_;
bool AmqpBroker::is_up_ = false;

TEST_F(AmqpBroker, ConfirmsWhatArrivesWhole) {
    ASSERT_TRUE(rabbit_->declare_queue("whole"));
    AmqpPublisher publisher(rabbit_->settings(), clock_);
    for (int i = 0; i < 200; ++i) {
        const std::string id = "evt_" + std::to_string(1000 + i);
        publisher.start(message(id, "whole"), endings_.note(id));
    }
    AmqpMessage large = message("evt_large", "whole");
    large.body = std::string(kAmqpBodyBytesMax - 100, 'x');
    publisher.start(large, endings_.note("evt_large"));
    EXPECT_EQ(publisher.in_flight(), 201U);
    ASSERT_TRUE(run_until(publisher, [&] { return endings_.count() == 201; }));
    EXPECT_EQ(endings_.count("confirmed"), 201U);
    EXPECT_EQ(publisher.in_flight(), 0U);
    const auto all = rabbit_->take_all("whole");
    ASSERT_EQ(all.size(), 201U);
    EXPECT_EQ(all[7].message_id, "evt_1007");
    EXPECT_EQ(all[7].type, "payment.paid");
    EXPECT_EQ(all[7].content_type, "application/json");
    EXPECT_EQ(all[7].timestamp, 1'794'326'400U);
    EXPECT_EQ(all[7].delivery_mode, 2);
    EXPECT_EQ(all[7].headers,
              (std::map<std::string, std::string>{{"webhook-signature", "v1,abc"}, {"empty", ""}}));
    EXPECT_EQ(all[7].body, R"({"id":"evt_1007"})");
    EXPECT_EQ(all[200].body, large.body);
}

TEST_F(AmqpBroker, ReturnsWhatHasNoQueueAndOnlyThat) {
    ASSERT_TRUE(rabbit_->declare_queue("routed"));
    AmqpPublisher publisher(rabbit_->settings(), clock_);
    for (int i = 0; i < 30; ++i) {
        const std::string id = "evt_" + std::to_string(i);
        AmqpMessage one = message(id, i % 3 == 0 ? "nowhere" : "routed");
        if (i == 6) one.body.clear();
        publisher.start(one, endings_.note(id));
    }
    ASSERT_TRUE(run_until(publisher, [&] { return endings_.count() == 30; }));
    EXPECT_EQ(endings_.count("unroutable"), 10U);
    EXPECT_EQ(endings_.count("confirmed"), 20U);
    EXPECT_EQ(endings_.of("evt_6"), "unroutable");
    EXPECT_EQ(endings_.of("evt_7"), "confirmed");
    EXPECT_EQ(endings_.codes(), std::set{ErrorCode::failed_precondition});
    EXPECT_EQ(rabbit_->take_all("routed").size(), 20U);
}

TEST_F(AmqpBroker, TakesMessagesFromAnyThread) {
    ASSERT_TRUE(rabbit_->declare_queue("threads"));
    AmqpPublisher publisher(rabbit_->settings(), clock_);
    std::vector<std::thread> starters;
    std::atomic<int> confirmed{0};
    for (int part = 0; part < 3; ++part) {
        starters.emplace_back([&, part] {
            for (int i = 0; i < 50; ++i) {
                publisher.start(message(std::to_string(part) + "_" + std::to_string(i), "threads"),
                                [&](const Result<Done>& how) { confirmed += how ? 1 : 0; });
            }
        });
    }
    EXPECT_TRUE(run_until(publisher, [&] { return confirmed == 150; }));
    for (auto& starter : starters) starter.join();
    EXPECT_EQ(rabbit_->take_all("threads").size(), 150U);
}

TEST_F(AmqpBroker, LetsACompletionStartTheNextMessage) {
    ASSERT_TRUE(rabbit_->declare_queue("chain"));
    AmqpSettings settings = rabbit_->settings();
    settings.unconfirmed_max = 1;
    AmqpPublisher publisher(std::move(settings), clock_);
    int left = 20;
    std::function<void(Result<Done>)> next = [&](const Result<Done>& how) {
        ASSERT_TRUE(how);
        if (--left > 0) publisher.start(message(std::to_string(left), "chain"), next);
    };
    publisher.start(message("first", "chain"), next);
    EXPECT_TRUE(run_until(publisher, [&] { return left == 0; }));
}

TEST_F(AmqpBroker, RefusesWhatAmqpCannotCarry) {
    AmqpPublisher publisher(rabbit_->settings(), clock_);
    std::vector<AmqpMessage> wrong(5, message("evt_1"));
    wrong[0].message_id.clear();
    wrong[1].message_id.assign(256, 'x');
    wrong[2].routing_key.assign(256, 'x');
    wrong[3].body.assign(kAmqpBodyBytesMax + 1, 'x');
    wrong[4].headers.emplace_back("", "x");
    for (std::size_t i = 0; i < wrong.size(); ++i) {
        publisher.start(wrong[i], endings_.note(std::to_string(i)));
    }
    ASSERT_TRUE(run_until(publisher, [&] { return endings_.count() == wrong.size(); }));
    EXPECT_EQ(endings_.codes(), std::set{ErrorCode::invalid_argument});
}

TEST_F(AmqpBroker, SaysWhyItCannotLogInAndNotWithWhat) {
    const auto error_of = [&](AmqpSettings settings) {
        AmqpPublisher publisher(std::move(settings), clock_);
        std::optional<Error> error;
        publisher.start(message("evt_1"), [&](const Result<Done>& how) { error = how.error(); });
        EXPECT_TRUE(run_until(publisher, [&] { return error.has_value(); }));
        EXPECT_EQ(error->code(), ErrorCode::unavailable);
        EXPECT_THAT(error->message(), Not(HasSubstr("hunter2")));
        return error->reason();
    };
    AmqpSettings wrong_word = rabbit_->settings();
    wrong_word.password = Secret("hunter2");
    EXPECT_EQ(error_of(std::move(wrong_word)), "access_refused");
    AmqpSettings wrong_vhost = rabbit_->settings();
    wrong_vhost.vhost = "nowhere";
    EXPECT_EQ(error_of(std::move(wrong_vhost)), "access_refused");
    AmqpSettings wrong_exchange = rabbit_->settings();
    wrong_exchange.exchange = "nowhere";
    EXPECT_EQ(error_of(std::move(wrong_exchange)), "no_such_exchange");
    AmqpSettings not_tls = rabbit_->settings();
    not_tls.tls = true;
    EXPECT_EQ(error_of(std::move(not_tls)), "tls_failed");
}

TEST_F(AmqpBroker, SpeaksTlsOnlyToABrokerThatItCanTrust) {
    ASSERT_TRUE(rabbit_->declare_queue("tls"));
    const auto ending_with = [&](AmqpSettings settings) {
        Endings endings;
        AmqpPublisher publisher(std::move(settings), clock_);
        for (int i = 0; i < 100; ++i) {
            const std::string id = std::to_string(i);
            publisher.start(message(id, "tls"), endings.note(id));
        }
        EXPECT_TRUE(run_until(publisher, [&] { return endings.count() == 100; }));
        EXPECT_EQ(endings.count(endings.of("0")), 100U);
        return endings.of("0");
    };
    EXPECT_EQ(ending_with(rabbit_->tls_settings()), "confirmed");
    EXPECT_EQ(rabbit_->take_all("tls").size(), 100U);
    AmqpSettings stranger = rabbit_->tls_settings();
    stranger.ca_file.clear();
    EXPECT_EQ(ending_with(std::move(stranger)), "tls_failed");
    AmqpSettings no_file = rabbit_->tls_settings();
    no_file.ca_file = "/nowhere.pem";
    EXPECT_EQ(ending_with(std::move(no_file)), "tls_failed");
    AmqpSettings other_name = rabbit_->tls_settings();
    other_name.host = "127.0.0.1";  // The library only compares names.
    EXPECT_EQ(ending_with(std::move(other_name)), "tls_failed");
}

TEST_F(AmqpBroker, PublishesToANamedExchange) {
    ASSERT_TRUE(rabbit_->declare_queue("elsewhere"));
    AmqpSettings settings = rabbit_->settings();
    settings.exchange = "amq.direct";  // Always there; nothing is bound to it.
    AmqpPublisher publisher(std::move(settings), clock_);
    publisher.start(message("evt_1", "elsewhere"), endings_.note("evt_1"));
    ASSERT_TRUE(run_until(publisher, [&] { return endings_.count() == 1; }));
    EXPECT_EQ(endings_.of("evt_1"), "unroutable");
}

TEST_F(AmqpBroker, TellsTheSentFromTheUnsentWhenItCancels) {
    ASSERT_TRUE(rabbit_->declare_queue("cancelled"));
    AmqpSettings settings = rabbit_->settings();
    settings.unconfirmed_max = 1;
    AmqpPublisher publisher(std::move(settings), clock_);
    publisher.start(message("sent", "cancelled"), endings_.note("sent"));
    publisher.start(message("waiting", "cancelled"), endings_.note("waiting"));
    publisher.run_once(milliseconds(0));  // Connects and sends the first.
    ASSERT_EQ(endings_.count(), 0U);
    publisher.cancel_all();
    EXPECT_EQ(endings_.count("cancelled"), 2U);
    EXPECT_EQ(endings_.codes(), (std::set{ErrorCode::outcome_unknown, ErrorCode::unavailable}));
    EXPECT_EQ(publisher.in_flight(), 0U);
    EXPECT_TRUE(becomes_true([&] { return !rabbit_->take_all("cancelled").empty(); }));
}

// However long it has waited in line before it was sent: a lease is as long as that.
TEST_F(AmqpBroker, AMessageHasEndedInTimeCountedFromItsStart) {
    ASSERT_TRUE(rabbit_->declare_queue("slow"));
    AmqpPublisher publisher(rabbit_->settings(), clock_);
    publisher.start(message("first", "slow"), endings_.note("first"));
    ASSERT_TRUE(run_until(publisher, [&] { return endings_.of("first") == "confirmed"; }));
    rabbit_->stand_still();
    publisher.start(message("second", "slow"), endings_.note("second"));
    clock_.pass(milliseconds(10'000));
    publisher.run_once(milliseconds(0));  // Sends it.
    clock_.pass(milliseconds(5'000));
    publisher.run_once(milliseconds(0));
    EXPECT_EQ(endings_.of("second"), "confirm_timeout");
    rabbit_->go_on();
}

// Last, as it ends the broker. (Tests of a suite run in the order in which they stand.)
TEST_F(AmqpBroker, EverythingConfirmedIsInTheQueueAfterTheBrokerWasKilled) {
    ASSERT_TRUE(rabbit_->declare_queue("killed"));
    AmqpPublisher publisher(rabbit_->settings(), clock_);
    int started = 0;
    const auto start_some = [&](int count) {
        for (int i = 0; i < count; ++i) {
            const std::string id = "evt_" + std::to_string(started++);
            publisher.start(message(id, "killed"), endings_.note(id));
        }
    };
    start_some(2'000);
    ASSERT_TRUE(run_until(publisher, [&] { return endings_.count("confirmed") >= 300; }));
    ASSERT_LT(endings_.count(), 2'000U);
    rabbit_->kill();
    // All end: what was sent is lost, what was not is unavailable, and nobody waits for the other.
    ASSERT_TRUE(run_until(publisher, [&] { return endings_.count() == 2'000; }));
    EXPECT_GT(endings_.count("connection_lost"), 0U);
    EXPECT_EQ(endings_.codes(), (std::set{ErrorCode::outcome_unknown, ErrorCode::unavailable}));

    start_some(1);
    ASSERT_TRUE(run_until(publisher, [&] { return endings_.count() == 2'001; }));
    EXPECT_EQ(endings_.of("evt_2000"), "could_not_connect");
    ASSERT_TRUE(rabbit_->start()) << rabbit_->log();
    // Not before the second is over, and then by itself.
    start_some(1);
    publisher.run_once(milliseconds(0));
    EXPECT_EQ(endings_.of("evt_2001"), "could_not_connect");
    clock_.pass(milliseconds(1'000));
    start_some(1);
    ASSERT_TRUE(run_until(publisher, [&] { return endings_.count() == 2'003; }));
    EXPECT_EQ(endings_.of("evt_2002"), "confirmed");

    std::set<std::string> in_queue;
    for (const Received& one : rabbit_->take_all("killed")) in_queue.insert(one.message_id);
    const auto confirmed = endings_.ids("confirmed");
    EXPECT_TRUE(std::ranges::includes(in_queue, confirmed))
        << confirmed.size() << " confirmed, " << in_queue.size() << " in the queue";
    // What never went out is not there either.
    for (const std::string& id : endings_.ids("could_not_connect")) {
        EXPECT_FALSE(in_queue.contains(id)) << id;
    }
}

// Memory so short that the broker takes nothing.
TEST_F(AmqpBroker, NothingWaitsForeverForABrokerThatIsFull) {
    rabbit_->kill();
    rabbit_->set_config("vm_memory_high_watermark.absolute = 1MB\n");
    ASSERT_TRUE(rabbit_->start()) << rabbit_->log();
    ASSERT_TRUE(rabbit_->declare_queue("full"));
    AmqpPublisher publisher(rabbit_->settings(), clock_);
    // How soon the broker finds out, and says so, is its own affair.
    int started = 0;
    EXPECT_TRUE(becomes_true([&] {
        const std::string id = std::to_string(started++);
        publisher.start(message(id, "full"), endings_.note(id));
        publisher.run_once(milliseconds(100));
        publisher.run_once(milliseconds(100));
        if (endings_.of(id) == "confirmed") return false;
        clock_.pass(milliseconds(15'000));
        return run_until(publisher, [&] { return !endings_.of(id).empty(); }) &&
               endings_.of(id) == "broker_blocked";
    }));
    EXPECT_GE(endings_.count("confirm_timeout"), 1U);
    EXPECT_EQ(endings_.count("confirm_timeout") + endings_.count("confirmed") + 1,
              endings_.count());
}

TEST(AmqpPublisher, CallsItUnavailableWhenNobodyListens) {
    HandClock clock;
    Endings endings;
    AmqpSettings settings;
    settings.port = unused_port();
    AmqpPublisher publisher(std::move(settings), clock);
    publisher.start(message("evt_1"), endings.note("evt_1"));
    ASSERT_TRUE(run_until(publisher, [&] { return endings.count() == 1; }));
    EXPECT_EQ(endings.of("evt_1"), "could_not_connect");
    EXPECT_EQ(endings.codes(), std::set{ErrorCode::unavailable});
}

TEST(AmqpPublisher, TriesToConnectAtMostOnceASecond) {
    HandClock clock;
    Endings endings;
    ScriptedServer server([](Peer& peer, int) { peer.leave_rudely(); });
    AmqpSettings settings;
    settings.port = std::stoi(server.url().substr(server.url().rfind(':') + 1));
    AmqpPublisher publisher(std::move(settings), clock);
    for (int i = 0; i < 25; ++i) {
        const std::string id = std::to_string(i);
        publisher.start(message(id), endings.note(id));
        ASSERT_TRUE(run_until(publisher, [&] { return !endings.of(id).empty(); }));
        clock.pass(milliseconds(100));
    }
    EXPECT_EQ(server.connections(), 3);
    EXPECT_EQ(endings.codes(), std::set{ErrorCode::unavailable});
}

TEST(AmqpPublisher, ABrokerThatSaysNothingCostsItsTimeoutAndNoMore) {
    HandClock clock;
    Endings endings;
    ScriptedServer server([](Peer& peer, int) { peer.rest(); });
    AmqpSettings settings;
    settings.port = std::stoi(server.url().substr(server.url().rfind(':') + 1));
    settings.io_timeout = milliseconds(200);
    AmqpPublisher publisher(std::move(settings), clock);
    publisher.start(message("evt_1"), endings.note("evt_1"));
    const auto began = system_clock().monotonic();
    publisher.run_once(milliseconds(0));
    EXPECT_LT(system_clock().monotonic() - began, std::chrono::seconds(5));
    EXPECT_EQ(endings.of("evt_1"), "broker_failed");
}

TEST(AmqpSettings, ReadUrlsAndRepeatNoneOfThem) {
    const auto plain = AmqpSettings::parse_url(Secret("amqp://shop:hunter2@mq.example:1234/a%2fb"));
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->host, "mq.example");
    EXPECT_EQ(plain->port, 1234);
    EXPECT_EQ(plain->vhost, "a/b");
    EXPECT_EQ(plain->user, "shop");
    EXPECT_EQ(plain->password.reveal(), "hunter2");
    EXPECT_FALSE(plain->tls);
    const auto secure = AmqpSettings::parse_url(Secret("amqps://u:p%40@[::1]/"));
    ASSERT_TRUE(secure);
    EXPECT_EQ(secure->host, "::1");
    EXPECT_EQ(secure->port, 5671);
    EXPECT_EQ(secure->vhost, "/");
    EXPECT_EQ(secure->password.reveal(), "p@");
    EXPECT_TRUE(secure->tls);
    for (const char* text : {"", "hunter2", "http://u:hunter2@h/", "amqp://u:hunter2@h:port/",
                             "amqp://u:hunter2@h:99999/", "amqp:/u:hunter2@h"}) {
        const auto wrong = AmqpSettings::parse_url(Secret(text));
        ASSERT_FALSE(wrong) << text;
        EXPECT_EQ(wrong.error().reason(), "amqp_url_malformed");
        EXPECT_THAT(wrong.error().message(), Not(HasSubstr("hunter2")));
    }
}

}  // namespace
}  // namespace tollgate::transport::testing
