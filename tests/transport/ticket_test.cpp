#include "transport/ticket.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace tollgate::transport {
namespace {

class RecordingOffice final : public TicketOffice {
public:
    void complete(std::uint64_t ticket, ServerResponse response) override {
        answers.emplace_back(ticket, response.status);
    }
    std::vector<std::pair<std::uint64_t, int>> answers;
};

using Answers = std::vector<std::pair<std::uint64_t, int>>;

TEST(Ticket, HandsItsAnswerInOnce) {
    const auto office = std::make_shared<RecordingOffice>();
    {
        Ticket ticket(office, 7);
        ticket.complete({.status = 201});
    }
    EXPECT_EQ(office->answers, (Answers{{7, 201}}));
}

TEST(Ticket, Answers503WhenItIsDropped) {
    const auto office = std::make_shared<RecordingOffice>();
    { const Ticket ticket(office, 7); }
    EXPECT_EQ(office->answers, (Answers{{7, 503}}));
}

TEST(Ticket, MovesItsDutyAlong) {
    const auto office = std::make_shared<RecordingOffice>();
    Ticket first(office, 7);
    Ticket second(std::move(first));
    Ticket third;
    third = std::move(second);
    EXPECT_TRUE(office->answers.empty());
    third.complete({.status = 200});
    EXPECT_EQ(office->answers, (Answers{{7, 200}}));
}

TEST(Ticket, Answers503WhenItIsOverwritten) {
    const auto office = std::make_shared<RecordingOffice>();
    Ticket ticket(office, 7);
    ticket = Ticket(office, 8);
    EXPECT_EQ(office->answers, (Answers{{7, 503}}));
    ticket.complete({.status = 200});
    EXPECT_EQ(office->answers, (Answers{{7, 503}, {8, 200}}));
}

TEST(Ticket, OutlivesItsOffice) {
    auto office = std::make_shared<RecordingOffice>();
    Ticket answered(office, 7);
    const Ticket dropped(office, 8);
    office.reset();
    answered.complete({.status = 200});
}

TEST(TicketDeathTest, StopsTheProcessWhenUsedTwice) {
    const auto office = std::make_shared<RecordingOffice>();
    Ticket ticket(office, 7);
    ticket.complete({.status = 200});
    EXPECT_DEATH(ticket.complete({.status = 200}), "number_");
}

}  // namespace
}  // namespace tollgate::transport
