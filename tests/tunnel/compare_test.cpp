#include "tunnel/compare.h"

#include <gtest/gtest.h>

namespace tollgate::tunnel {
namespace {

using Side = DiffLine::Side;
using Lines = std::vector<std::string>;

TEST(Compare, FindsTheShortestWay) {
    const std::vector<DiffLine> expected = {{Side::both, "a"}, {Side::left, "b"},
                                            {Side::both, "c"}, {Side::right, "x"},
                                            {Side::both, "d"}, {Side::right, "e"}};
    EXPECT_EQ(compare({"a", "b", "c", "d"}, {"a", "c", "x", "d", "e"}), expected);
    EXPECT_TRUE(compare({}, {}).empty());
    EXPECT_EQ(compare({"a"}, {}), (std::vector<DiffLine>{{Side::left, "a"}}));
    EXPECT_EQ(compare({"a", "a"}, {"a"}).size(), 2U) << "what is the same at both ends counts once";
}

TEST(Compare, RebuildsBothSidesWhateverTheyAre) {
    std::uint32_t dice = 7;
    const auto next = [&](std::uint32_t below) {
        dice = dice * 1'664'525U + 1'013'904'223U;
        return (dice >> 16U) % below;
    };
    for (int round = 0; round < 300; ++round) {
        Lines left(next(12));
        Lines right(next(12));
        for (auto* lines : {&left, &right}) {
            for (std::string& line : *lines)
                line = std::string(1, static_cast<char>('a' + next(3)));
        }
        Lines left_again;
        Lines right_again;
        for (const DiffLine& line : compare(left, right)) {
            if (line.side != Side::right) left_again.push_back(line.text);
            if (line.side != Side::left) right_again.push_back(line.text);
        }
        EXPECT_EQ(left_again, left);
        EXPECT_EQ(right_again, right);
    }
}

TEST(Compare, IsBoundedInWork) {
    Lines left;
    Lines right;
    for (int i = 0; i < 50'000; ++i) {
        left.push_back("l" + std::to_string(i));
        right.push_back("r" + std::to_string(i));
    }
    EXPECT_EQ(compare(left, right).size(), 100'000U);
}

TEST(Lines, ShowAFormByItsParametersAndBinaryAsHex) {
    Callback callback{.method = "POST",
                      .target = "/n?x=1",
                      .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                      .body = "a=1%2B2&b=%E4%B8%AD%0A"};
    EXPECT_EQ(lines_of(callback),
              (Lines{"POST /n?x=1", "Content-Type: application/x-www-form-urlencoded", "",
                     "a = 1+2", "b = 中\\n"}));
    callback.headers.clear();
    callback.body = "one\r\ntwo";
    EXPECT_EQ(lines_of(callback), (Lines{"POST /n?x=1", "", "one\\r", "two"}));
    callback.body = std::string("\xFF\0", 2);
    EXPECT_EQ(lines_of(callback).back(),
              "00000000  ff 00                                             |..|");
}

TEST(Lines, ShowAnAnswerByItsStatusOrItsFailure) {
    const Attempt good{
        .status = 200, .headers = {{"A", "b"}}, .body_start = "success", .body_bytes = 9};
    EXPECT_EQ(lines_of(good), (Lines{"status 200", "A: b", "", "success", "… 2 bytes more"}));
    EXPECT_EQ(lines_of(Attempt{.error = "app_down: refused"}).front(), "app_down: refused");
}

}  // namespace
}  // namespace tollgate::tunnel
