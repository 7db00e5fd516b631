// What an inspector says about a callback, without a socket.
#include "tunnel/verdict.h"

#include <fstream>

#include <gtest/gtest.h>

#include "base/charset.h"
#include "signing/form.h"
#include "tests/signing/notifications.h"
#include "tests/support/fakes.h"
#include "tunnel/card_mask.h"
#include "tunnel/inspector_json.h"

namespace tollgate::tunnel {
namespace {

using signing::alipay_key;
using signing::encode_form;
using signing::paid_fields;
using signing::signed_fields;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Callback posted(std::string body) {
    return {.id = 7,
            .received_at = {1'767'319'200'000},  // 2026-01-02 10:00:00 in Beijing
            .method = "POST",
            .target = "/alipay/shop/notify",
            .headers = {{"Host", "h"}, {"Content-Type", "application/x-www-form-urlencoded"}},
            .body = std::move(body)};
}

Verdict judged(const std::string& body) {
    return judge(posted(body), {{.name = "alipay.pem", .key = alipay_key().public_half()}});
}

TEST(Verdict, IsGoodForWhatAlipaySignedAndNamesTheKey) {
    const std::vector<NamedKey> keys = {
        {.name = "other.pem", .key = signing::other_key().public_half()},
        {.name = "alipay.pem", .key = alipay_key().public_half()}};
    const Verdict verdict = judge(posted(encode_form(signed_fields(paid_fields()))), keys);
    EXPECT_EQ(verdict.kind, CallbackKind::notification);
    EXPECT_EQ(verdict.signature, SignatureState::good);
    EXPECT_EQ(verdict.key, "alipay.pem");
}

TEST(Verdict, NamesTheMistake) {
    const auto fields = signed_fields(paid_fields());
    const std::string body = encode_form(fields);
    const auto code_of = [](const std::string& spoilt) {
        const Verdict verdict = judged(spoilt);
        EXPECT_EQ(verdict.signature, SignatureState::bad);
        EXPECT_FALSE(verdict.reason.empty());
        return verdict.code;
    };
    EXPECT_EQ(code_of(encode_form(signed_fields(paid_fields(), signing::other_key()))), "unknown");
    const auto typed = signing::with(paid_fields(), "sign_type", "RSA2");
    EXPECT_EQ(code_of(encode_form(
                  signing::signed_with_content(typed, signing::notification_content_v2(typed)))),
              "rule_v2");
    const auto gbk =
        signing::with(fields, "subject", *from_utf8(*signing::find(fields, "subject"), "gbk"));
    EXPECT_EQ(code_of(encode_form(gbk)), "transcoded_to_gbk");
    auto twice = fields;
    for (auto& [name, value] : twice) {
        if (name == "passback_params") value = *signing::percent_decode(value);
    }
    EXPECT_EQ(code_of(encode_form(twice)), "decoded_twice");
    EXPECT_EQ(code_of(encode_form(signing::with(fields, "total_amount", "0.01"))), "unknown");
    EXPECT_EQ(code_of(body + "\n"), "body_line_end");
}

TEST(Verdict, SaysPlainlyThatThereIsNoKey) {
    const Verdict verdict = judge(posted(encode_form(signed_fields(paid_fields()))), {});
    EXPECT_EQ(verdict.kind, CallbackKind::notification);
    EXPECT_EQ(verdict.signature, SignatureState::not_checked);
}

TEST(Verdict, LeavesOthersAlone) {
    for (const char* body : {"{\"id\":1}", "<xml/>", "a=1&b=2", ""}) {
        EXPECT_EQ(judged(body).kind, CallbackKind::other) << body;
        EXPECT_EQ(judged(body).signature, SignatureState::not_checked);
    }
}

TEST(Verdict, ChecksABrowsersReturnByItsQuery) {
    Callback callback = posted("");
    callback.method = "GET";
    const signing::Fields fields = {{"charset", "utf-8"},     {"out_trade_no", "T1"},
                                    {"total_amount", "1.00"}, {"trade_no", "2026"},
                                    {"app_id", "2021"},       {"timestamp", "2026-01-02 10:00:00"}};
    callback.target = "/return?" + encode_form(signed_fields(fields));
    const std::vector<NamedKey> keys = {{.name = "k", .key = alipay_key().public_half()}};
    EXPECT_EQ(judge(callback, keys).kind, CallbackKind::page_return);
    EXPECT_EQ(judge(callback, keys).signature, SignatureState::good);
    callback.target.replace(callback.target.find("1.00"), 4, "2.00");
    EXPECT_EQ(judge(callback, keys).signature, SignatureState::bad);
    EXPECT_EQ(judge(callback, keys).code, "sign_mismatch");
}

TEST(Verdict, ReadsGbkForPeople) {
    auto fields = signing::with(paid_fields(), "charset", "GBK");
    fields = signing::with(fields, "subject", *from_utf8("茶叶", "gbk"));
    const Callback callback = posted(encode_form(signed_fields(fields)));
    const auto readable = readable_fields(callback, CallbackKind::notification);
    EXPECT_EQ(signing::find(*readable, "subject"), "茶叶");
    EXPECT_EQ(judged(callback.body).signature, SignatureState::good);
}

TEST(Keys, AreReadFromFilesOrRefusedByName) {
    const testing::TempFolder folder;
    std::ofstream(folder.file("good.pem")) << alipay_key().public_half().to_spki_pem();
    std::ofstream(folder.file("bad.pem")) << "nothing";
    EXPECT_EQ(read_alipay_keys({folder.file("good.pem")})->at(0).name, "good.pem");
    const auto bad = read_alipay_keys({folder.file("good.pem"), folder.file("bad.pem")});
    ASSERT_FALSE(bad);
    EXPECT_NE(bad.error().message().find("bad.pem"), std::string::npos);
    EXPECT_FALSE(read_alipay_keys({folder.file("none.pem")}));
}

TEST(ResendStep, FollowsTheLadder) {
    EXPECT_EQ(resend_step(seconds(1), 1).number, 0);
    EXPECT_FALSE(resend_step(seconds(1), 1).at_once);
    EXPECT_TRUE(resend_step(seconds(2), 3).at_once);
    const std::vector<minutes> due = {minutes(4),   minutes(14),  minutes(24),  minutes(84),
                                      minutes(204), minutes(564), minutes(1464)};
    for (std::size_t i = 0; i < due.size(); ++i) {
        const int number = static_cast<int>(i) + 1;
        EXPECT_EQ(resend_step(due[i], number + 1).number, number);
        EXPECT_EQ(resend_step(due[i] - minutes(2), number).number, number - 1);
        EXPECT_EQ(resend_step(due[i] - minutes(2), number).next_after, due[i]);
    }
    EXPECT_EQ(resend_step(minutes(1464), 8).next_after, std::nullopt);
    EXPECT_FALSE(resend_step(hours(25), 8).overdue);
    EXPECT_TRUE(resend_step(hours(72), 9).overdue);
}

TEST(ResendStep, BelievesNotifyTimeOverWhatWeSawFirst) {
    Exchange exchange{.callback = posted("")};
    exchange.first_received_at = exchange.callback.received_at;
    const auto step = resend_step_of(exchange, {{"notify_time", "2026-01-02 09:46:00"}});
    EXPECT_EQ(step.number, 2) << "the laptop saw the third one first";
    EXPECT_EQ(resend_step_of(exchange, {{"notify_time", "no time"}}).number, 0);
}

TEST(CardMask, HidesCardsAndNothingElse) {
    EXPECT_EQ(with_cards_masked("card=4111111111111111&x"), "card=411111******1111&x");
    EXPECT_EQ(with_cards_masked("6222 0212 3456 7894"), "6222 02** **** 7894");
    EXPECT_EQ(with_cards_masked("a%204111111111111111"), "a%20411111******1111");
    EXPECT_EQ(with_cards_masked("5555-5555-5555-4444."), "5555-55**-****-4444.");
    for (const char* other : {"4111111111111112",              // Its check digit is wrong.
                              "2026010222001400000000000001",  // trade_no
                              "2088102146225135",              // A merchant.
                              "20.00", "notify_id=ac05099524730693a8b330c5ecf72da9786", ""}) {
        EXPECT_EQ(with_cards_masked(other), other);
    }
}

TEST(InspectorJson, TellsAmountOrderAndStep) {
    Exchange exchange{.callback = posted(encode_form(signed_fields(paid_fields())))};
    exchange.first_received_at = exchange.callback.received_at;
    exchange.callback.received_at.ms += 250'000;
    exchange.sendings = 2;
    const Json json = summary_of(exchange, judged(exchange.callback.body));
    EXPECT_EQ(json["total_amount"], "12.30");
    EXPECT_EQ(json["out_trade_no"], "T1");
    EXPECT_EQ(json["verdict"]["signature"], "good");
    EXPECT_EQ(json["step"]["number"], 1);
    EXPECT_EQ(json["step"]["next_at"], "2026-01-02T02:14:00.000Z");
}

TEST(InspectorJson, MasksCardsUnlessAskedAndShowsBinaryAsHex) {
    Exchange exchange{.callback = posted("card=4111111111111111")};
    EXPECT_EQ(page_of(exchange, {}, "", false)["body"]["text"], "card=411111******1111");
    EXPECT_EQ(page_of(exchange, {}, "", false)["masked"], true);
    EXPECT_EQ(page_of(exchange, {}, "", true)["body"]["text"], "card=4111111111111111");
    exchange.callback.body = std::string("\0\xFF<x>", 5);
    const std::string hex = page_of(exchange, {}, "", false)["body"]["hex"];
    EXPECT_NE(hex.find("00 ff 3c 78 3e"), std::string::npos) << hex;
    EXPECT_NO_THROW(to_text(page_of(exchange, {}, "\xFF", false)));
}

TEST(InspectorJson, CutsLongBodies) {
    Exchange exchange{.callback = posted(std::string(kShownBytesMax + 5, 'x'))};
    const Json body = page_of(exchange, {}, "", false)["body"];
    EXPECT_EQ(body["text"].get<std::string>().size(), kShownBytesMax);
    EXPECT_EQ(body["bytes"], kShownBytesMax + 5);
    EXPECT_EQ(body["cut"], true);
}

}  // namespace
}  // namespace tollgate::tunnel
