#include <gtest/gtest.h>

#include "sandbox/base64.h"
#include "sandbox/content.h"
#include "sandbox/form.h"

namespace tollgate::sandbox {
namespace {

TEST(Form, DecodesExactlyOnce) {
    const auto fields = parse_form("a=1+2%2B&b=%2541&c=&&d&%E4%B8%AD=x");
    ASSERT_TRUE(fields);
    EXPECT_EQ(*fields, (Fields{{"a", "1 2+"}, {"b", "%41"}, {"c", ""}, {"d", ""}, {"中", "x"}}));
}

TEST(Form, RefusesBrokenPercents) {
    for (const char* text : {"a=%", "a=%4", "a=%G1", "a=%1G", "%=1"}) {
        EXPECT_FALSE(parse_form(text)) << text;
    }
}

TEST(Form, RefusesTooManyParameters) {
    std::string text;
    for (std::size_t i = 0; i < kFieldsMax; ++i) text += "a=1&";
    EXPECT_TRUE(parse_form(text));
    EXPECT_FALSE(parse_form(text + "a=1"));
}

TEST(Form, EncodesEverythingThatIsReserved) {
    EXPECT_EQ(encode_component("a-._~Z9 +/=&中"), "a-._~Z9%20%2B%2F%3D%26%E4%B8%AD");
    EXPECT_EQ(*parse_form(to_form({{"a b", "c&d"}})), (Fields{{"a b", "c&d"}}));
}

TEST(Content, SortsByBytesAndLeavesBlankValuesOut) {
    const Fields fields = {{"b", "2"},  {"sign", "x"},         {"B", "1"},   {"c", ""},
                           {"d", "  "}, {"sign_type", "RSA2"}, {"a", "=&中"}};
    EXPECT_EQ(canonical_content(fields, ContentRule::request), "B=1&a==&中&b=2&sign_type=RSA2");
    EXPECT_EQ(canonical_content(fields, ContentRule::notification), "B=1&a==&中&b=2");
}

TEST(Base64, RoundTripsAndRefusesOtherSpellings) {
    for (const char* bytes : {"", "f", "fo", "foo", "foob"}) {
        EXPECT_EQ(*from_base64(to_base64(bytes)), bytes);
    }
    EXPECT_EQ(to_base64("fo"), "Zm8=");
    EXPECT_EQ(*from_base64("Zm8"), "fo");  // Unpadded secrets are in the wild.
    for (const char* text : {"Zm9=", "Z", "Zm8==", "Zm 8=", "Zm8=\n", "Zm-_", "===="}) {
        EXPECT_FALSE(from_base64(text)) << text;
    }
}

}  // namespace
}  // namespace tollgate::sandbox
