#include <gtest/gtest.h>

#include "sandbox/json.h"

namespace tollgate::sandbox {
namespace {

std::string nested(std::size_t levels) {
    return R"({"a":)" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
}

TEST(ParseObject, RefusesWhatNestsTooDeep) {
    EXPECT_TRUE(parse_object(nested(kJsonDepthMax)));
    EXPECT_FALSE(parse_object(nested(kJsonDepthMax + 1)));
    EXPECT_FALSE(parse_object(nested(120'000)));
    // What stands beside the depths is no way around.
    EXPECT_FALSE(parse_object(R"({"b":1,"a":)" + nested(120'000) + R"(,"c":2})"));
}

TEST(ParseObject, BracketsInsideATextAreNoDepth) {
    const auto json = parse_object(R"({"a":")" + std::string(1'000, '[') + R"("})");
    ASSERT_TRUE(json);
    EXPECT_EQ(text_member(*json, "a")->size(), 1'000U);
}

}  // namespace
}  // namespace tollgate::sandbox
