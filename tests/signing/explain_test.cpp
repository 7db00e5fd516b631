#include <ctime>
#include <string>

#include <gtest/gtest.h>

#include "base/charset.h"
#include "signing/form.h"
#include "signing/notification.h"
#include "tests/signing/notifications.h"

namespace tollgate::signing {
namespace {

std::string code_of(std::string_view body, const NotificationKeys& keys = rsa2_keys()) {
    const PublicKey app = app_key().public_half();
    const auto fields = decode_form(body);
    EXPECT_FALSE(fields && verify_notification(*fields, keys)) << "nothing to explain";
    const Hint hint = explain_notification(body, keys, &app);
    EXPECT_FALSE(hint.text.empty());
    EXPECT_EQ(hint.text.find("12.30"), std::string::npos) << "a hint repeats no value";
    return hint.code;
}

std::string code_of(const Fields& fields, const NotificationKeys& keys = rsa2_keys()) {
    return code_of(encode_form(fields), keys);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
        text.replace(at, from.size(), to);
    }
    return text;
}

Fields each_value(Fields fields, auto change) {
    for (auto& [name, value] : fields) value = change(value);
    return fields;
}

// Signs `original`, then lets the field arrive as `arrived`.
Fields mangled(const std::string& name, const std::string& original, const std::string& arrived) {
    return with(signed_fields(with(paid_fields(), name, original)), name, arrived);
}

const Fields& good() {
    static const Fields fields = signed_fields(paid_fields());
    return fields;
}

TEST(Hint, WrongKeys) {
    EXPECT_EQ(code_of(good(), {{app_key().public_half()}, SignType::rsa2}), "app_key_configured");
    EXPECT_EQ(code_of(good(), {{}, SignType::rsa2}), "no_alipay_key");
    EXPECT_EQ(code_of(signed_fields(paid_fields(), app_key())), "signed_by_app");
    EXPECT_EQ(code_of(signed_fields(paid_fields(), other_key())), "unknown");
}

TEST(Hint, OtherRulesOfSigning) {
    const Fields plain = paid_fields();
    EXPECT_EQ(code_of(signed_with_content(plain, notification_content_v2(plain))), "rule_v2");
    Fields untyped = plain;
    std::erase_if(untyped, [](const auto& field) { return field.first == "sign_type"; });
    EXPECT_EQ(code_of(signed_with_content(plain, notification_content_v2(untyped))),
              "empty_values_kept");
    const Fields blank = with(plain, "body", "  ");
    EXPECT_EQ(code_of(signed_with_content(blank, notification_content(with(plain, "body", "")))),
              "blank_values_dropped");
    EXPECT_EQ(code_of(signed_with_content(plain, notification_content(plain) + "\n")),
              "content_line_end");
    const Fields two{{"b", "1"}, {"a", "2"}, {"sign_type", "RSA2"}};
    EXPECT_EQ(code_of(signed_with_content(two, "b=1&a=2")), "not_sorted");
    const Fields spaced{{"subject", "a b"}, {"sign_type", "RSA2"}};
    EXPECT_EQ(code_of(signed_with_content(spaced, "subject=a%20b")), "signed_before_decoding");
}

TEST(Hint, OtherSignTypes) {
    const Fields sha1 = signed_fields(paid_fields(), alipay_key(), SignType::rsa);
    EXPECT_EQ(code_of(sha1), "sign_type_not_allowed");
    EXPECT_EQ(code_of(with(sha1, "sign_type", "RSA2")), "other_hash");
    EXPECT_EQ(code_of(with(good(), "sign_type", "RSA")), "other_hash");
    EXPECT_EQ(code_of(with(good(), "sign_type", "")), "sign_type_missing");
}

TEST(Hint, DamagedSignatures) {
    const std::string sign(*find(good(), "sign"));
    EXPECT_EQ(code_of(with(good(), "sign", sign + "\n")), "sign_changed");
    EXPECT_EQ(code_of(with(good(), "sign", sign.substr(0, 76) + "\r\n" + sign.substr(76))),
              "sign_changed");
    EXPECT_EQ(code_of(with(good(), "sign", percent_encode(sign))), "sign_changed");
    EXPECT_EQ(code_of(with(good(), "sign", replaced(sign, "=", ""))), "sign_changed");
    EXPECT_EQ(code_of(with(good(), "sign", replaced(replaced(sign, "+", "-"), "/", "_"))),
              "sign_changed");
    if (sign.find('+') != std::string::npos) {
        EXPECT_EQ(code_of(with(good(), "sign", replaced(sign, "+", " "))), "sign_changed");
    }
    EXPECT_EQ(code_of(with(good(), "sign", "")), "not_signed");
}

TEST(Hint, EncodedOrDecodedOnceTooOften) {
    EXPECT_EQ(code_of(each_value(good(), [](const std::string& v) { return percent_encode(v); })),
              "encoded_twice");
    EXPECT_EQ(
        code_of(each_value(
            good(), [](const std::string& v) { return replaced(percent_encode(v), "%20", "+"); })),
        "encoded_twice");
    EXPECT_EQ(code_of(mangled("subject", "a b/c", "a%20b%2Fc")), "encoded_twice");
    EXPECT_EQ(code_of(mangled("passback_params", "a%3D1%26b", "a=1&b")), "decoded_twice");
    EXPECT_EQ(code_of(mangled("passback_params", "a+b%3D1", "a b=1")), "decoded_twice");
    EXPECT_EQ(code_of(mangled("subject", "a+b c", "a b c")), "plus_lost");
    EXPECT_EQ(code_of(mangled("subject", "a+b+c", "a b c")), "plus_lost");
    EXPECT_EQ(code_of(percent_encode(encode_form(good()))), "body_encoded_twice");
}

TEST(Hint, CharsetsChangedOnTheWay) {
    const auto gbk = [](const std::string& v) { return *from_utf8(v, "gbk"); };
    const Fields in_gbk = signed_fields(with(each_value(paid_fields(), gbk), "charset", "gbk"));
    EXPECT_EQ(code_of(each_value(in_gbk, [](const std::string& v) { return *to_utf8(v, "gbk"); })),
              "transcoded_to_utf8");
    EXPECT_EQ(code_of(each_value(good(), gbk)), "transcoded_to_gbk");
    EXPECT_EQ(code_of(mangled("subject", "\xE6\xB5\x8B", "\xC3\xA6\xC2\xB5\xC2\x8B")),
              "read_as_latin1");
}

TEST(Hint, FiltersOfFrameworks) {
    EXPECT_EQ(code_of(each_value(good(),
                                 [](const std::string& v) {
                                     return replaced(replaced(v, "&", "&amp;"), "\"", "&quot;");
                                 })),
              "html_escaped");
    EXPECT_EQ(
        code_of(each_value(good(), [](const std::string& v) { return replaced(v, "\"", "\\\""); })),
        "backslash_escaped");
    EXPECT_EQ(code_of(mangled("body", "http://x/y", "http:\\/\\/x\\/y")), "json_slashes");
    EXPECT_EQ(code_of(mangled("body", "http:\\/\\/x\\/y", "http://x/y")), "json_slashes");
    EXPECT_EQ(code_of(with(good(), "_url", "/notify")), "extra_parameter");
    EXPECT_EQ(code_of(with(with(good(), "s", "/notify"), "_config", "default")), "extra_parameter");
    const Fields unknown = signed_fields(with(paid_fields(), "a_field_of_tomorrow", "1"));
    EXPECT_EQ(code_of(with(unknown, "q", "notify")), "extra_parameter");
    EXPECT_EQ(explain_notification(encode_form(with(good(), "q", "x")), rsa2_keys(), nullptr).code,
              "extra_parameter");
}

TEST(Hint, ShowsOnlyHarmlessNames) {
    const auto text_for = [](const std::string& name) {
        return explain_notification(
                   encode_form(
                       with(signed_fields(with(paid_fields(), "tomorrow", "1")), name, "x")),
                   rsa2_keys(), nullptr)
            .text;
    };
    EXPECT_NE(text_for("_url").find("_url"), std::string::npos);
    for (const std::string& name : {std::string("<b>\n"), std::string(41, 'n')}) {
        EXPECT_EQ(text_for(name).find(name), std::string::npos);
        EXPECT_NE(text_for(name).find("odd name"), std::string::npos);
    }
}

TEST(Hint, LineEnds) {
    EXPECT_EQ(code_of(mangled("body", "a\nb", "a\r\nb")), "line_ends");
    EXPECT_EQ(code_of(mangled("body", "a\r\nb", "a\nb")), "line_ends");
    EXPECT_EQ(code_of(mangled("body", "ab", "a\nb\n")), "line_ends");
    EXPECT_EQ(code_of(encode_form(good()) + "\r\n"), "body_line_end");
    EXPECT_EQ(code_of("\xEF\xBB\xBF" + encode_form(good())), "byte_order_mark");
    EXPECT_EQ(code_of(replaced(encode_form(good()), "&", "&amp;")), "body_html_escaped");
}

TEST(Hint, BodiesThatAreNoForm) {
    EXPECT_EQ(code_of(""), "not_signed");
    EXPECT_EQ(code_of(R"({"trade_no":"1"})"), "not_signed");
    EXPECT_EQ(code_of("sign=%GG"), "form_malformed");
    EXPECT_EQ(code_of("sign=1&sign=2"), "form_duplicate_name");
}

TEST(Hint, AForgeryStaysUnknown) {
    EXPECT_EQ(code_of(with(good(), "total_amount", "0.01")), "unknown");
    EXPECT_EQ(code_of(with(good(), "trade_status", "TRADE_FINISHED")), "unknown");
}

TEST(Hint, SaysSoWhenNothingIsWrong) {
    EXPECT_EQ(explain_notification(encode_form(good()), rsa2_keys(), nullptr).code, "verifies");
}

TEST(Hint, StopsLookingAfterItsShareOfChecks) {
    const auto plus_lost_behind = [](int others) {
        Fields sent{{"sign_type", "RSA2"}};
        for (int i = 0; i < others; ++i) sent.emplace_back("n" + std::to_string(i), "a b c d e");
        sent.emplace_back("subject", "a+b c");
        return code_of(with(signed_fields(sent), "subject", "a b c"));
    };
    EXPECT_EQ(plus_lost_behind(2), "plus_lost");
    EXPECT_EQ(plus_lost_behind(100), "unknown");
}

// Made to be expensive: everything is foreign, affected by many mistakes, and never verifies.
TEST(Hint, IsBoundedWhateverIsSent) {
    Fields hostile = with(good(), "total_amount", "0.01");
    for (int i = 0; i < 150; ++i) {
        hostile.emplace_back("x" + std::to_string(i), "a b c%20d\\/e&quot;\r\n\xC3\xA6 测");
    }
    const std::clock_t before = std::clock();
    EXPECT_EQ(code_of(hostile), "unknown");
    EXPECT_LT((std::clock() - before) / CLOCKS_PER_SEC, 2) << "seconds of processor time";
}

}  // namespace
}  // namespace tollgate::signing
