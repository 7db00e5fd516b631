#include <deque>

#include <gtest/gtest.h>

#include "sandbox/notifier.h"
#include "tests/sandbox/request_maker.h"
#include "tests/sandbox/test_keys.h"

namespace tollgate::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

// Keeps every request until the test answers it.
class ScriptedHttp final : public transport::HttpClient {
public:
    void start(transport::ClientRequest request, Completion done) override {
        sent.push_back({std::move(request), std::move(done)});
    }
    void answer(Result<transport::ClientReply> reply) {
        ASSERT_FALSE(sent.empty());
        auto done = std::move(sent.front().done);
        sent.pop_front();
        done(std::move(reply));
    }
    void answer(int status, std::string body) {
        answer(transport::ClientReply{.status = status, .body = std::move(body)});
    }

    struct Sent {
        transport::ClientRequest request;
        Completion done;
    };
    std::deque<Sent> sent;
};

class Notifying : public testing::Test {
protected:
    static Notice notice() {
        return {.url = "http://127.0.0.1:9/notify", .out_trade_no = "T_1", .trade_no = "1"};
    }
    Notifier notifier(ResendSchedule schedule) {
        return {schedule, key_, {.clock = clock_, .entropy = entropy_, .log = log_, .http = http_}};
    }

    HandClock clock_;
    CountingEntropy entropy_;
    Log log_{-1, clock_, LogLevel::error};
    ScriptedHttp http_;
    const PrivateKey key_ = *PrivateKey::parse(alipay_keys().private_pem);
};

TEST(ResendSchedule, IsAlipays) {
    const ResendSchedule plain{.immediate_resends = false};
    const std::vector<int> waits = {4, 10, 10, 60, 120, 360, 900};
    for (std::size_t i = 0; i < waits.size(); ++i) {
        EXPECT_EQ(plain.wait_after(static_cast<int>(i) + 1), minutes(waits[i]));
    }
    EXPECT_EQ(plain.wait_after(8), std::nullopt);
    const ResendSchedule eager{.time_scale = 60};
    EXPECT_EQ(eager.wait_after(1), milliseconds(0));
    EXPECT_EQ(eager.wait_after(3), milliseconds(0));
    EXPECT_EQ(eager.wait_after(4), std::chrono::seconds(4));
    EXPECT_EQ(eager.wait_after(11), std::nullopt);
}

TEST_F(Notifying, StopsAtExactlySuccess) {
    Notifier it = notifier({.immediate_resends = false});
    it.queue(notice());
    EXPECT_EQ(it.run_once(10), 1U);
    EXPECT_EQ(it.run_once(10), 0U);  // One attempt at a time.
    http_.answer(200, "success");
    EXPECT_EQ(it.newest(1).front().state, NotifyState::acknowledged);
    clock_.pass(std::chrono::hours(30));
    EXPECT_EQ(it.run_once(10), 0U);
}

TEST_F(Notifying, EverythingElseIsSentAgain) {
    for (const char* body : {"fail", "", "SUCCESS", "success\n", "\"success\"", "successful"}) {
        Notifier it = notifier({.immediate_resends = false});
        it.queue(notice());
        it.run_once(1);
        http_.answer(200, body);
        EXPECT_EQ(it.newest(1).front().due_at, clock_.now() + minutes(4)) << body;
    }
    for (const int status : {204, 302, 404, 500}) {
        Notifier it = notifier({.immediate_resends = false});
        it.queue(notice());
        it.run_once(1);
        http_.answer(status, "success");
        EXPECT_EQ(it.newest(1).front().state, NotifyState::waiting) << status;
    }
}

TEST_F(Notifying, GoesThroughTheWholeScheduleWithOneNotifyId) {
    Notifier it = notifier({.time_scale = 60});
    it.queue(notice());
    std::set<std::string> ids;
    std::int64_t last_ms = 0;
    int attempts = 0;
    while (const auto due = it.next_due()) {
        clock_.pass(*due - clock_.now());
        ASSERT_EQ(it.run_once(10), 1U);
        const auto form = parse_form(http_.sent.front().request.body);
        ids.insert(value_of(*form, "notify_id"));
        http_.answer(Error(ErrorCode::unavailable, "refused"));
        last_ms = clock_.now().ms - kNow.ms;
        ++attempts;
    }
    EXPECT_EQ(attempts, 11);  // The first, three at once, seven later.
    EXPECT_EQ(ids.size(), 1U);
    EXPECT_EQ(last_ms, 1464 * 1000);  // 24 h 24 min, sixty times faster.
    EXPECT_EQ(it.newest(1).front().state, NotifyState::given_up);
    EXPECT_EQ(it.newest(1).front().attempts.size(), 11U);
    EXPECT_EQ(it.newest(1).front().attempts.back().answer, "refused");
}

TEST_F(Notifying, SendsAgainOnDemand) {
    Notifier it = notifier({});
    it.queue(notice());
    const std::string id = it.newest(1).front().notify_id;
    it.run_once(1);
    EXPECT_FALSE(it.send_again(id));  // Under way.
    http_.answer(200, "success");
    EXPECT_FALSE(it.send_again("other"));
    ASSERT_TRUE(it.send_again(id));
    ASSERT_TRUE(it.send_again(id));  // Twice is once.
    EXPECT_EQ(it.run_once(10), 1U);
    http_.answer(200, "success");
    EXPECT_EQ(it.newest(1).front().attempts_made, 2);
}

TEST_F(Notifying, NothingGoesOutWithoutNotifyUrl) {
    Notifier it = notifier({});
    Notice silent = notice();
    silent.url.clear();
    it.queue(silent);
    EXPECT_EQ(it.run_once(10), 0U);
    EXPECT_TRUE(it.newest(10).empty());
}

// Held back for the next one of its own order, and until that has been taken or lost.
TEST_F(Notifying, OneThatIsHeldBackWaitsForTheNextOfItsOrderToBeSent) {
    FaultBox faults(
        {.rules = {{.on = "notification.paid", .action = config::FaultAction::reorder}}});
    Notifier it{
        {},
        key_,
        {.clock = clock_, .entropy = entropy_, .log = log_, .http = http_, .faults = &faults}};
    const auto queue = [&it](const char* kind, const char* number) {
        Notice made = notice();
        made.kind = kind;
        made.out_trade_no = number;
        it.queue(made);
    };
    queue("paid", "T_1");
    queue("refund", "T_2");
    EXPECT_EQ(it.run_once(10), 1U);
    http_.answer(200, "success");
    clock_.pass(milliseconds(10));
    EXPECT_EQ(it.run_once(10), 0U);  // T_2 is another order.

    queue("refund", "T_1");
    EXPECT_EQ(it.run_once(10), 1U);
    clock_.pass(std::chrono::seconds(9));
    EXPECT_EQ(it.run_once(10), 0U);  // On its way; nobody has it yet.
    http_.answer(200, "success");
    EXPECT_EQ(it.run_once(10), 1U);
    http_.answer(200, "success");
    EXPECT_EQ(it.next_due(), std::nullopt);
}

TEST_F(Notifying, OneThatIsHeldBackGoesByItselfInTheEnd) {
    FaultBox faults(
        {.rules = {{.on = "notification.paid", .action = config::FaultAction::reorder, .nth = 1}}});
    Notifier it{
        {},
        key_,
        {.clock = clock_, .entropy = entropy_, .log = log_, .http = http_, .faults = &faults}};
    Notice paid = notice();
    paid.kind = "paid";
    it.queue(paid);
    clock_.pass(std::chrono::seconds(30));
    EXPECT_EQ(it.run_once(10), 1U);
    http_.answer(200, "success");
    it.queue(notice());
    EXPECT_EQ(it.run_once(10), 1U);
    http_.answer(200, "success");
    EXPECT_EQ(it.run_once(10), 0U);  // Not a second time.
}

TEST_F(Notifying, RespectsTheLimit) {
    Notifier it = notifier({});
    for (int i = 0; i < 5; ++i) it.queue(notice());
    EXPECT_EQ(it.run_once(2), 2U);
    EXPECT_EQ(it.run_once(10), 3U);
    while (!http_.sent.empty()) http_.answer(200, "success");
}

}  // namespace
}  // namespace tollgate::sandbox
