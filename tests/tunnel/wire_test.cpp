#include "tunnel/wire.h"

#include <gtest/gtest.h>

namespace tollgate::tunnel {
namespace {

ExchangeRequest request() {
    ExchangeRequest request{.mark = {.session = 0xFEDCBA9876543210U,
                                     .counter = 7,
                                     .wishes = {.drain_per_second = 50,
                                                .hold = true,
                                                .only_latest = true,
                                                .since = std::chrono::minutes(10),
                                                .running = std::chrono::seconds(3)}},
                            .frames_max = 4};
    request.answers.push_back({.id = 12,
                               .attempt = 2,
                               .round = 3,
                               .status = 201,
                               .headers = {{"Set-Cookie", "a=1"}, {"Set-Cookie", ""}},
                               .body = std::string("\0\xFF\r\n", 4),
                               .began_at = {1'794'326'400'123},
                               .duration = std::chrono::milliseconds(17)});
    request.answers.push_back(
        {.id = 13, .failure = AppFailure::down, .error = "connection refused"});
    return request;
}

ExchangeReply reply() {
    return {.handed_out = {{.callback = {.id = 9,
                                         .received_at = {1'794'326'400'000},
                                         .method = "POST",
                                         .target = "/a%20b?x=1+2",
                                         .headers = {{"Host", "h"}, {"X", ""}, {"x", "2"}},
                                         .body = std::string("a\0b", 3),
                                         .remote_address = "203.0.113.7",
                                         .scheme = "https",
                                         .prefix = "/t/alice"},
                            .attempt = 1,
                            .round = 2,
                            .age = std::chrono::seconds(4)}}};
}

TEST(Wire, CarriesAnswersWhole) {
    const auto read = read_exchange_request(to_wire(request()));
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->mark.session, request().mark.session);
    EXPECT_EQ(read->mark.wishes, request().mark.wishes);
    EXPECT_EQ(read->frames_max, 4U);
    ASSERT_EQ(read->answers.size(), 2U);
    const AppAnswer& answer = read->answers[0];
    EXPECT_EQ(answer.headers, request().answers[0].headers);
    EXPECT_EQ(answer.body, request().answers[0].body);
    EXPECT_EQ(answer.round, 3);
    EXPECT_EQ(answer.began_at, Timestamp{1'794'326'400'123});
    EXPECT_EQ(read->answers[1].failure, AppFailure::down);
    EXPECT_EQ(read->answers[1].error, "connection refused");
}

TEST(Wire, CarriesCallbacksWhole) {
    const auto read = read_exchange_reply(to_wire(reply()));
    ASSERT_TRUE(read) << read.error().message();
    ASSERT_EQ(read->handed_out.size(), 1U);
    const HandOut& out = read->handed_out[0];
    const HandOut expected = reply().handed_out[0];
    EXPECT_EQ(out.callback.headers, expected.callback.headers);
    EXPECT_EQ(out.callback.body, expected.callback.body);
    EXPECT_EQ(out.callback.target, expected.callback.target);
    EXPECT_EQ(out.callback.prefix, "/t/alice");
    EXPECT_EQ(out.age, expected.age);
}

TEST(Wire, CarriesHolds) {
    const HoldRequest sent{.mark = {.session = 1}, .in_hand = {3, 1ULL << 52U}};
    const auto read = read_hold_request(to_wire(sent));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->in_hand, sent.in_hand);
    const auto held = read_hold_reply(to_wire(HoldReply{.tunnel = "alice", .kept = 3}));
    ASSERT_TRUE(held);
    EXPECT_EQ(held->tunnel, "alice");
    EXPECT_EQ(held->kept, 3U);
}

// A message that is cut off is never taken for a shorter one, except where a whole frame is gone.
TEST(Wire, RefusesAMessageThatIsCutInAFrame) {
    const std::string whole = to_wire(reply());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto read = read_exchange_reply(whole.substr(0, size));
        if (size == 1) continue;  // No frame at all.
        EXPECT_FALSE(read) << size;
    }
    const std::string hold = to_wire(HoldRequest{.mark = {.session = 1}, .in_hand = {3}});
    for (std::size_t size = 0; size < hold.size(); ++size) {
        EXPECT_FALSE(read_hold_request(hold.substr(0, size))) << size;
    }
}

TEST(Wire, SurvivesEveryChangedByte) {
    const std::string whole = to_wire(request());
    for (std::size_t i = 0; i < whole.size(); ++i) {
        for (const int flip : {0x01, 0x80, 0xFF}) {
            std::string changed = whole;
            changed[i] = static_cast<char>(changed[i] ^ flip);
            static_cast<void>(read_exchange_request(changed));  // The sanitizers watch.
        }
    }
}

TEST(Wire, RefusesWhatStandsBehindAMessage) {
    EXPECT_FALSE(read_hold_reply(to_wire(HoldReply{.tunnel = "a"}) + "x"));
    EXPECT_FALSE(read_hold_request(to_wire(HoldRequest{}) + "x"));
}

TEST(Wire, NamesAnotherVersion) {
    std::string other = to_wire(HoldRequest{});
    other[0] = 2;
    EXPECT_EQ(read_hold_request(other).error().reason(), "wire_version");
}

TEST(Wire, RefusesAFrameThatClaimsTooMuch) {
    std::string message = to_wire(ExchangeReply{});
    message += std::string("\xFF\xFF\xFF\xFF", 4) + std::string(100, 'x');
    EXPECT_EQ(read_exchange_reply(message).error().reason(), "wire_malformed");
}

}  // namespace
}  // namespace tollgate::tunnel
