#include "transport/frame.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "transport/library_parser.h"

namespace tollgate::transport {
namespace {

constexpr Frame::Limits kSmall{.head_bytes_max = 400, .body_bytes_max = 64};

struct Verdict {
    std::vector<std::string> bodies;
    int refused = 0;
    bool pending = false;

    friend bool operator==(const Verdict&, const Verdict&) = default;
};

// Feeds the stream in pieces of the given size, as a network might.
Verdict frame_in_pieces(std::string_view stream, std::size_t piece) {
    Frame frame(kSmall);
    Verdict verdict;
    std::string waiting;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        waiting += stream.substr(at, piece);
        std::string_view input = waiting;
        Frame::Step step = Frame::Step::whole;
        while ((step = frame.advance(input)) == Frame::Step::whole) {
            verdict.bodies.push_back(frame.take().body);
        }
        if (step == Frame::Step::refused) {
            verdict.refused = frame.refusal().status;
            return verdict;
        }
        waiting = std::string(input);
    }
    verdict.pending = frame.begun();
    return verdict;
}

const std::vector<std::string>& streams() {
    static const std::vector<std::string> all = {
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n",
        "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\n"
        "Host: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 64\r\n\r\n" + std::string(64, 'b'),
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 65\r\n\r\n" + std::string(65, 'b'),
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nhello\r\n3\r\n my\r\n0\r\nA: b\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3c\r\n" +
            std::string(60, 'c') + "\r\n5\r\nhello\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n",
        "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(400, 'a') + "\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel",
    };
    return all;
}

TEST(Frame, DecidesTheSameHoweverTheBytesAreCut) {
    for (const std::string& stream : streams()) {
        const Verdict at_once = frame_in_pieces(stream, stream.size());
        for (std::size_t piece = 1; piece < stream.size(); ++piece) {
            EXPECT_EQ(frame_in_pieces(stream, piece), at_once)
                << stream << " in pieces of " << piece;
        }
    }
}

TEST(Frame, KnowsWhatEachStreamHolds) {
    const auto verdict = [](std::size_t i) { return frame_in_pieces(streams()[i], 7); };
    EXPECT_EQ(verdict(0), (Verdict{{""}, 0, false}));
    EXPECT_EQ(verdict(1), (Verdict{{"", ""}, 0, false}));
    EXPECT_EQ(verdict(2), (Verdict{{}, 400, false}));
    EXPECT_EQ(verdict(3), (Verdict{{"hello", ""}, 0, false}));
    EXPECT_EQ(verdict(4), (Verdict{{std::string(64, 'b')}, 0, false}));
    EXPECT_EQ(verdict(5), (Verdict{{}, 413, false}));
    EXPECT_EQ(verdict(6), (Verdict{{"hello my", ""}, 0, false}));
    EXPECT_EQ(verdict(7), (Verdict{{}, 413, false}));
    EXPECT_EQ(verdict(8), (Verdict{{}, 400, false}));
    EXPECT_EQ(verdict(9), (Verdict{{}, 400, false}));
    EXPECT_EQ(verdict(10), (Verdict{{}, 431, false}));
    EXPECT_EQ(verdict(11), (Verdict{{}, 0, true}));
}

TEST(Frame, RefusesAtTheFirstByteThatCannotBeRight) {
    Frame frame(kSmall);
    std::string_view input = "GET / HTTP/1.1\n";
    EXPECT_EQ(frame.advance(input), Frame::Step::refused);
    Frame tls(kSmall);
    std::string_view greeting = "\x16";
    EXPECT_EQ(tls.advance(greeting), Frame::Step::refused);
}

TEST(Frame, CountsTheHeadToTheByte) {
    const auto head_of = [](std::size_t bytes) {
        const std::string frame = "GET / HTTP/1.1\r\nHost: x\r\nA: \r\n\r\n";
        return "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(bytes - frame.size(), 'a') +
               "\r\n\r\n";
    };
    EXPECT_EQ(frame_in_pieces(head_of(400), 1000).bodies.size(), 1U);
    EXPECT_EQ(frame_in_pieces(head_of(401), 1000).refused, 431);
}

TEST(Frame, TakesTheBodyThatItsHeadMayHave) {
    const Frame::BodyLimit limit = [](const RequestHead& head) {
        return std::size_t{head.target == "/large" ? 1'000U : 4U};
    };
    const auto refused = [&](const std::string& target, const std::string& rest) {
        Frame frame({.head_bytes_max = 400, .body_bytes_max = 64, .body_limit = &limit});
        const std::string stream = "POST " + target + " HTTP/1.1\r\nHost: x\r\n" + rest;
        std::string_view input = stream;
        return frame.advance(input) == Frame::Step::refused ? frame.refusal().status : 0;
    };
    EXPECT_EQ(refused("/small", "Content-Length: 4\r\n\r\n"), 0);
    EXPECT_EQ(refused("/small", "Content-Length: 5\r\n\r\n"), 413);
    EXPECT_EQ(refused("/small", "Transfer-Encoding: chunked\r\n\r\n5\r\n"), 413);
    EXPECT_EQ(refused("/large", "Content-Length: 64\r\n\r\n"), 0);
    EXPECT_EQ(refused("/large", "Content-Length: 65\r\n\r\n"), 413) << "the listener's limit stays";
}

TEST(Frame, AsksForTheBodyOnceAndOnlyWhenItIsMissing) {
    Frame frame(kSmall);
    std::string_view input =
        "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    EXPECT_EQ(frame.advance(input), Frame::Step::need_more);
    EXPECT_TRUE(frame.take_continue());
    EXPECT_FALSE(frame.take_continue());
    std::string_view body = "ab";
    EXPECT_EQ(frame.advance(body), Frame::Step::whole);
    EXPECT_EQ(frame.take().body, "ab");
    std::string_view together =
        "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\na";
    EXPECT_EQ(frame.advance(together), Frame::Step::need_more);
    EXPECT_FALSE(frame.take_continue());
}

// Mutated requests: whatever comes in, the frame never grows past its limits, never takes bytes
// that are not there, and what it accepts the library's parser accepts as well.
TEST(Frame, SurvivesNonsense) {
    SeededRandom random(20);
    LibraryParser parser;
    std::size_t accepted = 0;
    for (int round = 0; round < 30'000; ++round) {
        std::string stream = streams()[random.below(streams().size())];
        for (std::uint64_t i = random.below(4); i > 0; --i) {
            const std::size_t at = random.below(stream.size());
            static constexpr std::string_view kNasty =
                " \t\r\n:;0%/\x00\x7f\xff"
                "Aa,";
            switch (random.below(3)) {
                case 0: stream[at] = kNasty[random.below(kNasty.size())]; break;
                case 1: stream.erase(at, 1); break;
                default: stream.insert(at, 1, kNasty[random.below(kNasty.size())]); break;
            }
        }
        Frame frame(kSmall);
        std::string_view input = stream;
        while (frame.advance(input) == Frame::Step::whole) {
            const Frame::Request request = frame.take();
            ASSERT_LE(request.body.size(), kSmall.body_bytes_max);
            const auto line = parser.parse(request.head.method, request.head.target);
            ASSERT_TRUE(line) << request.head.target;
            ASSERT_EQ(line->method, request.head.method);
            ASSERT_EQ(line->target, request.head.target);
            ++accepted;
        }
    }
    EXPECT_GT(accepted, 1000U);
}

TEST(LibraryParser, DecodesThePathAndKeepsTheTarget) {
    LibraryParser parser;
    const auto line = parser.parse("GET", "/a%20b+c?x=%41&y=1");
    ASSERT_TRUE(line);
    EXPECT_EQ(line->path, "/a b+c");
    EXPECT_EQ(line->target, "/a%20b+c?x=%41&y=1");
    EXPECT_FALSE(parser.parse("BREW", "/"));
    const auto back =
        parser.parse("GET", "/back?next=/orders?id=1&why?");  // RFC 3986, section 3.4.
    ASSERT_TRUE(back);
    EXPECT_EQ(back->path, "/back");
    EXPECT_EQ(back->target, "/back?next=/orders?id=1&why?");
}

}  // namespace
}  // namespace tollgate::transport
