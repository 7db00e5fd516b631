// Bill files as archives: what they may cost, and damage.
#include <fstream>

#include <gtest/gtest.h>

#include "gateway/bill/archive.h"
#include "tests/reconcile/bill_maker.h"
#include "tests/support/fakes.h"

namespace tollgate::gateway::bill {
namespace {

using testing::TempFolder;
using testing::write_text;

class Swallow final : public TextConsumer {
public:
    Result<Done> begin(const std::string& /*name*/) override { return Done{}; }
    Result<Done> take(std::string_view piece) override {
        bytes += piece.size();
        return Done{};
    }
    Result<Done> end() override { return Done{}; }
    std::size_t bytes = 0;
};

TEST(Archive, StopsABombBeforeItUnpacks) {
    const TempFolder folder;
    testing::write_raw_zip(folder.file("bomb.zip"),
                           {{.name = "a.csv", .bytes = std::string(20'000'000, '\n')}});
    Swallow swallow;
    const auto read =
        read_bill_file(folder.file("bomb.zip"), {.unpacked_bytes_max = 1'000'000}, swallow);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code(), ErrorCode::invalid_argument);
    EXPECT_NE(read.error().message().find("unpacks to more than"), std::string::npos);
    EXPECT_LE(swallow.bytes, 1'000'000U);
}

TEST(Archive, RefusesTooManyTextsAndTooLargeFiles) {
    const TempFolder folder;
    testing::write_raw_zip(folder.file("a.zip"),
                           {{.name = "a", .bytes = "x"}, {.name = "b", .bytes = "y"}});
    Swallow swallow;
    EXPECT_FALSE(read_bill_file(folder.file("a.zip"), {.texts_max = 1}, swallow));
    EXPECT_FALSE(read_bill_file(folder.file("a.zip"), {.file_bytes_max = 10}, swallow));
    EXPECT_EQ(swallow.bytes, 0U);
    EXPECT_EQ(read_bill_file(folder.file("none.zip"), {}, swallow).error().code(),
              ErrorCode::not_found);
}

TEST(Archive, NoticesEveryDamagedByteOfItsTexts) {
    const TempFolder folder;
    const std::string text = "0123456789abcdefghijklmnopqrstuvwxyz";
    testing::write_raw_zip(folder.file("a.zip"), {{.name = "a", .bytes = text}});
    std::ifstream input(folder.file("a.zip"), std::ios::binary);
    const std::string good(std::istreambuf_iterator<char>(input), {});
    const std::size_t start = 30 + 1;  // Behind the local header and the name.
    for (std::size_t at = start; at < start + 20; ++at) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 0x20);
        write_text(folder.file("bad.zip"), bad);
        Swallow swallow;
        EXPECT_FALSE(read_bill_file(folder.file("bad.zip"), {}, swallow)) << at;
    }
}

}  // namespace
}  // namespace tollgate::gateway::bill
