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
    const std::string brackets(1'000, '[');
    const auto json = parse_object(R"({"a":"\")" + brackets + R"(\\","b":)" + nested(30) + "}");
    ASSERT_TRUE(json);
    EXPECT_EQ(text_member(*json, "a"), '"' + brackets + '\\');
}

// Many beside each other are no depth, and take no more time each than few.
TEST(ParseObject, TakesManyMembersOfOneLevel) {
    std::string many;
    for (int i = 0; i < 80'000; ++i) many += "{},";
    const auto json = parse_object(R"({"a":[)" + many + "{}]}");
    ASSERT_TRUE(json);
    EXPECT_EQ((*json)["a"].size(), 80'001U);
}

}  // namespace
}  // namespace tollgate::sandbox
