#include <string>

#include <gtest/gtest.h>

#include "signing/content.h"
#include "signing/form.h"

namespace tollgate::signing {
namespace {

std::string reason_of(std::string_view body) {
    const auto fields = decode_form(body);
    return fields ? "accepted" : fields.error().reason();
}

TEST(Form, DecodesExactlyOnce) {
    const Fields fields =
        *decode_form("subject=a%2Bb+50%25&passback_params=a%253D1%2526b&empty=&x");
    const Fields expected{
        {"subject", "a+b 50%"}, {"passback_params", "a%3D1%26b"}, {"empty", ""}, {"x", ""}};
    EXPECT_EQ(fields, expected);
}

TEST(Form, KeepsTheBytesOfAnyCharset) {
    const Fields fields = *decode_form("gbk=%B2%E2%ca%d4&raw=\xB2\xE2&nul=a%00b");
    EXPECT_EQ(*find(fields, "gbk"), "\xB2\xE2\xCA\xD4");
    EXPECT_EQ(*find(fields, "raw"), "\xB2\xE2");
    EXPECT_EQ(*find(fields, "nul"), std::string_view("a\0b", 3));
    EXPECT_FALSE(find(fields, "missing"));
}

TEST(Form, OnlyTheFirstEqualsSignSeparates) {
    EXPECT_EQ(*find(*decode_form("sign=YWI=&n=1"), "sign"), "YWI=");
}

TEST(Form, RefusesBrokenEscapes) {
    for (const char* body : {"a=%", "a=%2", "a=%2&b=1", "a=%GG", "a=%2G", "a=%G2", "a=% 2", "%=1",
                             "%4=1", "a=1&b=%", "a=%+2", "a=%-1", "a=%%41"}) {
        EXPECT_EQ(reason_of(body), "form_malformed") << body;
    }
}

TEST(Form, RefusesNamelessValues) {
    EXPECT_EQ(reason_of("=1"), "form_malformed");
    EXPECT_EQ(reason_of("a=1&=2"), "form_malformed");
}

TEST(Form, RefusesRepeatedNames) {
    EXPECT_EQ(reason_of("a=1&b=2&a=1"), "form_duplicate_name");
    EXPECT_EQ(reason_of("total_amount=1&total%5Famount=2"), "form_duplicate_name");
    EXPECT_EQ(reason_of("a&a"), "form_duplicate_name");
}

TEST(Form, RefusesMoreFieldsThanAnyNotificationHas) {
    std::string body;
    for (std::size_t i = 0; i < kFormFieldsMax; ++i) body += "n" + std::to_string(i) + "=1&";
    EXPECT_EQ(decode_form(body)->size(), kFormFieldsMax);
    EXPECT_EQ(reason_of(body + "more=1"), "form_too_many_fields");
}

TEST(Form, EmptyPiecesCarryNothing) {
    EXPECT_TRUE(decode_form("")->empty());
    EXPECT_EQ(*decode_form("&a=1&&b=2&"), (Fields{{"a", "1"}, {"b", "2"}}));
}

TEST(Form, EncodesByRfc3986) {
    EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
    EXPECT_EQ(percent_encode(" +/=&%*'()!\n"), "%20%2B%2F%3D%26%25%2A%27%28%29%21%0A");
    EXPECT_EQ(percent_encode("测"), "%E6%B5%8B");
    EXPECT_EQ(encode_form({{"b", "1 2"}, {"a", ""}, {"k&", "="}}), "b=1%202&a=&k%26=%3D");
}

TEST(Form, EveryByteComesBack) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(static_cast<unsigned char>(i));
    EXPECT_EQ(*percent_decode(percent_encode(bytes)), bytes);
    EXPECT_EQ(*decode_form(encode_form({{bytes, bytes}})), (Fields{{bytes, bytes}}));
}

TEST(Form, PercentDecodingKeepsAPlus) {
    EXPECT_EQ(*percent_decode("a+b%20c"), "a+b c");
    EXPECT_FALSE(percent_decode("50%"));
}

TEST(Content, SortsByBytesAndJoinsRawValues) {
    const Fields fields{{"b", "2&=%20"}, {"a", "中"}, {"B", "1"}, {"a_b", "3"}, {"ab", "4"}};
    EXPECT_EQ(request_content(fields), "B=1&a=中&a_b=3&ab=4&b=2&=%20");
    EXPECT_EQ(request_content({{"\xC3\xA9", "1"}, {"z", "2"}}), "z=2&\xC3\xA9=1");
}

TEST(Content, RequestsKeepSignTypeAndDropBlankValues) {
    const Fields fields{{"sign", "x"}, {"sign_type", "RSA2"}, {"empty", ""}, {"blank", " \t\r\n"},
                        {"zero", "0"}, {"at", "@file"},       {"Sign", "y"}};
    EXPECT_EQ(request_content(fields), "Sign=y&at=@file&sign_type=RSA2&zero=0");
}

TEST(Content, NotificationsDropSignTypeAndKeepWhiteSpace) {
    const Fields fields{{"sign", "x"}, {"sign_type", "RSA2"}, {"empty", ""}, {"blank", " "}};
    EXPECT_EQ(notification_content(fields), "blank= ");
    EXPECT_EQ(notification_content_v2(fields), "blank= &empty=&sign_type=RSA2");
    EXPECT_EQ(notification_content({}), "");
}

}  // namespace
}  // namespace tollgate::signing
