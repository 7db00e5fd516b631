// Answers known later: before and after the handler returns, too late, for nobody.

#include <gtest/gtest.h>

#include <thread>

#include "held_requests.h"
#include "running_front.h"
#include "tests/support/fakes.h"

namespace tollgate::transport::testing {
namespace {

Router shelf_router(Shelf& shelf) {
    Router router = echo_router();
    router.add("POST", "/later", shelf.handler());
    router.add("GET", "/later", shelf.handler());
    return router;
}

// A ticket is counted down a moment after its answer has begun to travel.
bool has_no_ticket(RunningFront& front) {
    return becomes_true([&] { return front->counters().tickets == 0; });
}

TEST(FrontTickets, GatheredAnswersAllLeave) {
    constexpr std::size_t kPeers = 70;  // More than one loop sends in a turn.
    Shelf shelf;
    RunningFront front({.router = shelf_router(shelf)});
    std::vector<Peer> peers;
    for (std::size_t i = 0; i < kPeers; ++i) {
        peers.push_back(front.peer());
        ASSERT_TRUE(peers.back().send(request_text("POST", "/later", "", "x")));
    }
    ASSERT_TRUE(shelf.holds(kPeers));
    front->gather_answers([&] {
        for (std::size_t i = 0; i < kPeers; ++i) shelf.take().complete(text_answer("done"));
    });
    for (Peer& peer : peers) {
        const auto answer = peer.answer();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->body, "done");
    }
    // Who gathers nothing wakes somebody for each.
    ASSERT_TRUE(peers.front().send(request_text("POST", "/later", "", "x")));
    ASSERT_TRUE(shelf.holds(1));
    shelf.take().complete(text_answer("again"));
    EXPECT_EQ(peers.front().answer()->body, "again");
}

Router gate_router(Gate& gate) {
    Router router;
    router.add("GET", "/slow", at_once([&gate](const ServerRequest&) {
                   gate.pass();
                   return text_answer("slow");
               }));
    return router;
}

// Busy is who has no loop left that waits for something to do.
TEST(FrontTickets, IsBusyWhileEveryLoopIsAtWork) {
    Gate gate;
    RunningFront front({.router = gate_router(gate), .threads = 2});
    ASSERT_TRUE(becomes_true([&] { return !front->is_busy(); }));
    Peer first = front.peer();
    Peer second = front.peer();
    ASSERT_TRUE(first.send(request_text("GET", "/slow")));
    ASSERT_TRUE(gate.holds(1));
    EXPECT_TRUE(becomes_true([&] { return !front->is_busy(); }));
    ASSERT_TRUE(second.send(request_text("GET", "/slow")));
    ASSERT_TRUE(gate.holds(2));
    EXPECT_TRUE(front->is_busy());
    gate.open();
    EXPECT_EQ(first.answer()->body, "slow");
    EXPECT_EQ(second.answer()->body, "slow");
    EXPECT_TRUE(becomes_true([&] { return !front->is_busy(); }));
}

// Else whoever is alone there would be made to wait for others.
TEST(FrontTickets, IsNeverBusyWithASingleLoop) {
    Gate gate;
    RunningFront front({.router = gate_router(gate), .threads = 1});
    Peer peer = front.peer();
    ASSERT_TRUE(peer.send(request_text("GET", "/slow")));
    ASSERT_TRUE(gate.holds(1));
    EXPECT_FALSE(front->is_busy());
    gate.open();
    EXPECT_EQ(peer.answer()->body, "slow");
}

TEST(FrontTickets, AnswersAfterTheHandlerHasReturned) {
    Shelf shelf;
    RunningFront front({.router = shelf_router(shelf)});
    Peer peer = front.peer();
    ASSERT_TRUE(peer.send(request_text("POST", "/later", "", "x")));
    ASSERT_TRUE(shelf.holds(1));
    EXPECT_EQ(front->counters().tickets, 1U);
    shelf.take().complete(text_answer("done", 202));
    const auto answer = peer.answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 202);
    EXPECT_EQ(answer->body, "done");
    EXPECT_TRUE(has_no_ticket(front));
    // The connection lives on.
    EXPECT_EQ(peer.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
}

TEST(FrontTickets, AnswersAHeadAndAClosingRequestLater) {
    Shelf shelf;
    RunningFront front({.router = shelf_router(shelf)});
    Peer peer = front.peer();
    ASSERT_TRUE(
        peer.send(request_text("HEAD", "/later", "Connection: close\r\nX-Request-Id: h1\r\n")));
    ASSERT_TRUE(shelf.holds(1));
    shelf.take().complete(text_answer("body"));
    const auto answer = peer.answer(true);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->header("Content-Length"), "4");
    EXPECT_EQ(answer->header("Connection"), "close");
    EXPECT_EQ(answer->header("X-Request-Id"), "h1");
    EXPECT_TRUE(peer.is_ended());
}

TEST(FrontTickets, AnswersFromAnotherThreadBeforeTheHandlerHasReturned) {
    Router router;
    router.add("POST", "/race", [](ServerRequest&, Ticket ticket) {
        std::thread other([&ticket] { ticket.complete(text_answer("early")); });
        other.join();
    });
    RunningFront front({.router = std::move(router)});
    Peer peer = front.peer();
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(peer.ask(request_text("POST", "/race", "", "x")).value_or(Answer{}).body,
                  "early");
    }
}

TEST(FrontTickets, AnswersInTheMidstOfTheHandlersReturn) {
    // A second thread completes as fast as it can: over many rounds both orders happen.
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Ticket> queue;
    bool over = false;
    std::thread completer([&] {
        std::unique_lock lock(mutex);
        while (!over) {
            changed.wait(lock, [&] { return over || !queue.empty(); });
            std::vector<Ticket> batch;
            batch.swap(queue);
            lock.unlock();
            for (Ticket& ticket : batch) ticket.complete(text_answer("ok"));
            lock.lock();
        }
    });
    Router router;
    router.add("POST", "/race", [&](ServerRequest&, Ticket ticket) {
        const std::lock_guard lock(mutex);
        queue.push_back(std::move(ticket));
        changed.notify_one();
    });
    {
        RunningFront front({.router = std::move(router)});
        std::vector<std::thread> clients(4);
        for (std::thread& client : clients) {
            client = std::thread([&front] {
                Peer peer = front.peer();
                for (int round = 0; round < 300; ++round) {
                    ASSERT_EQ(
                        peer.ask(request_text("POST", "/race", "", "x")).value_or(Answer{}).body,
                        "ok");
                }
            });
        }
        for (std::thread& client : clients) client.join();
        EXPECT_EQ(front->counters().requests, 1200U);
        EXPECT_TRUE(has_no_ticket(front));
    }
    {
        const std::lock_guard lock(mutex);
        over = true;
    }
    changed.notify_one();
    completer.join();
}

TEST(FrontTickets, Answers503WhenATicketIsDropped) {
    Shelf shelf;
    RunningFront front({.router = shelf_router(shelf)});
    Peer peer = front.peer();
    ASSERT_TRUE(peer.send(request_text("POST", "/later", "", "x")));
    ASSERT_TRUE(shelf.holds(1));
    shelf.drop_all();
    const auto answer = peer.answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 503);
    EXPECT_FALSE(answer->body.empty());
}

TEST(FrontTickets, Answers503WhenTheDeadlineHasPassedAndDropsTheLateAnswer) {
    Shelf shelf;
    tollgate::testing::HandClock clock;
    RunningFront front({.router = shelf_router(shelf), .clock = &clock});
    Peer peer = front.peer();
    ASSERT_TRUE(peer.send(request_text("POST", "/later", "", "x")));
    ASSERT_TRUE(shelf.holds(1));
    EXPECT_EQ(front->counters().tickets, 1U);
    clock.pass(FrontLimits{}.ticket_time);
    const auto answer = peer.answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 503);
    EXPECT_TRUE(has_no_ticket(front));
    Ticket late = shelf.take();
    // The next request waits on the same connection: it must not get the old one's answer.
    ASSERT_TRUE(peer.send(request_text("POST", "/later", "", "y")));
    ASSERT_TRUE(shelf.holds(1));
    late.complete(text_answer("for the first"));
    shelf.take().complete(text_answer("for the second"));
    EXPECT_EQ(peer.answer().value_or(Answer{}).body, "for the second");
}

TEST(FrontTickets, UsesTheListenersWordsForItsOwn503) {
    Shelf shelf;
    tollgate::testing::HandClock clock;
    RunningFront front({.router = shelf_router(shelf),
                        .refusal = [](int, std::string_view) { return text_answer("fail", 503); },
                        .clock = &clock});
    Peer peer = front.peer();
    ASSERT_TRUE(peer.send(request_text("POST", "/later", "", "x")));
    ASSERT_TRUE(shelf.holds(1));
    clock.pass(FrontLimits{}.ticket_time);
    EXPECT_EQ(peer.answer().value_or(Answer{}).body, "fail");
}

TEST(FrontTickets, SendsAHandlersOwn503AsItIs) {
    Shelf shelf;
    RunningFront front({.router = shelf_router(shelf)});
    Peer peer = front.peer();
    ASSERT_TRUE(peer.send(request_text("POST", "/later", "", "x")));
    ASSERT_TRUE(shelf.holds(1));
    shelf.take().complete(text_answer("disk full", 503));
    EXPECT_EQ(peer.answer().value_or(Answer{}).body, "disk full");
}

TEST(FrontTickets, DropsTheAnswerOfAPeerThatHasLeft) {
    Shelf shelf;
    RunningFront front({.router = shelf_router(shelf)});
    for (int i = 0; i < 20; ++i) {
        Peer peer = front.peer();
        ASSERT_TRUE(peer.send(request_text("POST", "/later", "", "x")));
        ASSERT_TRUE(shelf.holds(1));
        if (i % 2 == 0) peer.leave();
        if (i % 2 == 1) peer.leave_rudely();
        shelf.take().complete(text_answer(std::string(100'000, 'x')));
    }
    EXPECT_TRUE(becomes_true([&] { return front->counters().connections == 0; }));
    Peer next = front.peer();
    EXPECT_EQ(next.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
}

TEST(FrontTickets, KeepsTheOrderOfAPipelineBehindATicket) {
    Shelf shelf;
    RunningFront front({.router = shelf_router(shelf)});
    Peer peer = front.peer();
    ASSERT_TRUE(peer.send(
        request_text("POST", "/later", "", "1") + request_text("POST", "/body", "", "2") +
        request_text("POST", "/later", "", "3") + request_text("POST", "/body", "", "4")));
    ASSERT_TRUE(shelf.holds(1));
    EXPECT_EQ(front->counters().requests, 1U);  // The peer is held back meanwhile.
    shelf.take().complete(text_answer("one"));
    EXPECT_EQ(peer.answer().value_or(Answer{}).body, "one");
    EXPECT_EQ(peer.answer().value_or(Answer{}).body, "2");
    ASSERT_TRUE(shelf.holds(1));
    shelf.take().complete(text_answer("three"));
    EXPECT_EQ(peer.answer().value_or(Answer{}).body, "three");
    EXPECT_EQ(peer.answer().value_or(Answer{}).body, "4");
}

TEST(FrontTickets, ServesOthersWhileManyTicketsAreOpen) {
    Shelf shelf;
    RunningFront front({.router = shelf_router(shelf)});
    std::vector<Peer> waiting;
    for (int i = 0; i < 100; ++i) {
        waiting.push_back(front.peer());
        ASSERT_TRUE(waiting.back().send(request_text("POST", "/later", "", "x")));
    }
    ASSERT_TRUE(shelf.holds(100));
    Peer other = front.peer();
    EXPECT_EQ(other.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
    for (int i = 0; i < 100; ++i) shelf.take().complete(text_answer("late"));
    for (Peer& peer : waiting) EXPECT_EQ(peer.answer().value_or(Answer{}).body, "late");
}

TEST(FrontTickets, OutliveTheFront) {
    Shelf shelf;
    auto front = std::make_unique<RunningFront>(RunningFront::Setup{.router = shelf_router(shelf)});
    Peer peer = front->peer();
    ASSERT_TRUE(peer.send(request_text("POST", "/later", "", "x")));
    ASSERT_TRUE(shelf.holds(1));
    front.reset();
    EXPECT_TRUE(peer.is_ended());
    shelf.take().complete(text_answer("for nobody"));
}

}  // namespace
}  // namespace tollgate::transport::testing
