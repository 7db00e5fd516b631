#include <array>
#include <set>
#include <string>

#include <unistd.h>

#include <gtest/gtest.h>

#include "base/charset.h"
#include "base/id.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/time_text.h"
#include "base/utf8.h"

namespace tollgate {
namespace {

constexpr Timestamp kSingles{1'794'326'400'123};  // 2026-11-11T00:00:00.123+08:00

class CountingEntropy final : public Entropy {
public:
    void fill(std::span<std::uint8_t> bytes) override {
        for (auto& byte : bytes) byte = next_++;
    }

private:
    std::uint8_t next_ = 0;
};

class FixedClock final : public Clock {
public:
    Timestamp now() override { return {0}; }
    std::chrono::nanoseconds monotonic() override { return {}; }
};

TEST(TimeText, WritesUtcAndBeijing) {
    EXPECT_EQ(to_rfc3339({0}), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(to_beijing({0}), "1970-01-01 08:00:00");
    EXPECT_EQ(to_rfc3339(kSingles), "2026-11-10T16:00:00.123Z");
    EXPECT_EQ(to_beijing(kSingles), "2026-11-11 00:00:00");
}

TEST(TimeText, ReadsBeijingBack) {
    EXPECT_EQ(parse_beijing("2026-11-11 00:00:00")->ms, kSingles.ms - 123);
    EXPECT_EQ(parse_beijing("2026-11-11 00:00:00.123")->ms, kSingles.ms);
    EXPECT_EQ(parse_beijing("2026-11-11 00:00:00.1")->ms, kSingles.ms - 23);
}

TEST(TimeText, RefusesImpossibleDays) {
    for (const char* text :
         {"", "2015-14-27 15:45:58", "2026-02-29 00:00:00", "2026-11-11T00:00:00",
          "2026-11-11 24:00:00", "2026-11-11 00:00", "2026-11-11 00:00:00.", "+026-11-11 00:00:00",
          "2026-11-11 00:00:00.1234"}) {
        EXPECT_FALSE(parse_beijing(text)) << text;
    }
}

TEST(TimeText, ReadsRfc3339InAnyOffset) {
    EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z")->ms, 0);
    EXPECT_EQ(parse_rfc3339(to_rfc3339(kSingles))->ms, kSingles.ms);
    EXPECT_EQ(parse_rfc3339("2026-11-11T00:00:00.123+08:00")->ms, kSingles.ms);
    EXPECT_EQ(parse_rfc3339("2026-11-10T10:30:00.1-05:30")->ms, kSingles.ms - 23);
    EXPECT_EQ(parse_rfc3339("2026-11-10T16:00:00.123999999Z")->ms, kSingles.ms);
}

TEST(TimeText, RefusesWhatIsNotRfc3339) {
    for (const char* text :
         {"", "2026-11-11", "2026-11-11T00:00:00", "2026-11-11 00:00:00Z", "2026-02-29T00:00:00Z",
          "2026-11-11T24:00:00Z", "2026-11-11T00:00:00.Z", "2026-11-11T00:00:00.1234567890Z",
          "2026-11-11T00:00:00.1", "2026-11-11T00:00:00+8:00", "2026-11-11T00:00:00+0800",
          "2026-11-11T00:00:00+24:00", "2026-11-11T00:00:00 08:00", "2026-11-11T00:00:00Zx",
          "+026-11-11T00:00:00Z", "2026-11-11T00:00:00.-1Z"}) {
        EXPECT_FALSE(parse_rfc3339(text)) << text;
    }
}

TEST(Utf8, RefusesWhatIsNotWellFormed) {
    EXPECT_TRUE(is_utf8("ascii, 中文, 🧧"));
    for (const char* bytes : {"\x80", "\xC0\xAF", "\xE4\xB8", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                              "\xB2\xE2\xCA\xD4", "\xF8\x88\x80\x80\x80"}) {
        EXPECT_FALSE(is_utf8(bytes));
    }
    EXPECT_EQ(utf8_characters("中文🧧a"), 4U);
}

TEST(Charset, ReadsGbk) {
    EXPECT_EQ(*to_utf8("\xB2\xE2\xCA\xD4", "GBK"), "测试");
    EXPECT_EQ(*to_utf8("测试", "utf-8"), "测试");
    EXPECT_FALSE(to_utf8("\xB2\xE2\xCA\xD4", "utf-8"));
    EXPECT_FALSE(to_utf8("\xFF\xFF", "gbk"));
    EXPECT_FALSE(to_utf8("x", "latin1"));
}

TEST(Id, GrowsWithTimeAndHasNoDot) {
    CountingEntropy entropy;
    const std::string first = make_id("pay", kSingles, entropy);
    const std::string second = make_id("pay", kSingles + std::chrono::milliseconds(1), entropy);
    EXPECT_EQ(first.size(), 4U + 26U);
    EXPECT_LT(first, second);
    EXPECT_EQ(first.find('.'), std::string::npos);
}

TEST(Log, WritesOneJsonObjectALine) {
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    FixedClock clock;
    Log log(ends[1], clock, LogLevel::info);
    log.debug("not.written");
    log.info("notification.accepted", {{"id", "a\"b\n\xFF"}, {"amount", 1000}, {"late", false}});
    std::array<char, 512> text{};
    const auto size = read(ends[0], text.data(), text.size());
    EXPECT_EQ(std::string(text.data(), static_cast<std::size_t>(size)),
              "{\"ts\":\"1970-01-01T00:00:00.000Z\",\"level\":\"info\",\"event\":\"notification."
              "accepted\",\"id\":\"a\\\"b\\u000a\xEF\xBF\xBD\",\"amount\":1000,\"late\":false}\n");
    close(ends[0]);
    close(ends[1]);
}

TEST(Log, MasksAllButTheEnds) {
    EXPECT_EQ(mask("2088123456789012"), "20****12");
    EXPECT_EQ(mask("abcd"), "****");
}

TEST(Secret, IsGoneAfterMoving) {
    Secret first("whsec_something-long-enough-to-live-on-the-heap");
    const Secret second = std::move(first);
    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): being empty is the promise.
    EXPECT_EQ(second.reveal(), "whsec_something-long-enough-to-live-on-the-heap");
}

}  // namespace
}  // namespace tollgate
