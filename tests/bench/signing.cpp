// What a signature costs, part by part. `./run bench signing` runs it beside `openssl speed`.
#include <string>

#include <benchmark/benchmark.h>

#include "base/check.h"
#include "signing/answer.h"
#include "signing/content.h"
#include "signing/form.h"
#include "signing/key.h"

namespace {

using namespace tollgate::signing;  // NOLINT(google-build-using-namespace): a benchmark's main.

const PrivateKey& key() {
    static const PrivateKey made = [] {
        auto fresh = PrivateKey::generate(2048);
        TOLLGATE_CHECK(fresh.has_value());
        return *std::move(fresh);
    }();
    return made;
}

// A notification as Alipay sends it: twenty-six fields, 1.3 KB decoded.
Fields notification() {
    Fields fields{{"gmt_create", "2026-01-02 10:00:00"},
                  {"charset", "utf-8"},
                  {"gmt_payment", "2026-01-02 10:00:09"},
                  {"notify_time", "2026-01-02 10:00:10"},
                  {"subject", "测试商品 二号店 十月 大促 满减 套餐 (a+b)"},
                  {"buyer_id", "2088000000000002"},
                  {"body", "两件 装 / 红色"},
                  {"invoice_amount", "12.30"},
                  {"version", "1.0"},
                  {"notify_id", "2026010200222100010000000000000001"},
                  {"fund_bill_list", R"([{"amount":"12.30","fundChannel":"ALIPAYACCOUNT"}])"},
                  {"notify_type", "trade_status_sync"},
                  {"out_trade_no", "T20260102100000000001"},
                  {"total_amount", "12.30"},
                  {"trade_status", "TRADE_SUCCESS"},
                  {"trade_no", "2026010222001400020000000001"},
                  {"auth_app_id", "2021000000000001"},
                  {"receipt_amount", "12.30"},
                  {"point_amount", "0.00"},
                  {"buyer_pay_amount", "12.30"},
                  {"app_id", "2021000000000001"},
                  {"seller_id", "2088000000000001"},
                  {"seller_email", "shop@example.com"},
                  {"buyer_logon_id", "138****0000"},
                  {"passback_params", "order%3D1%26channel%3Dapp"},
                  {"sign_type", "RSA2"}};
    auto sign = key().sign(notification_content(fields), SignType::rsa2);
    TOLLGATE_CHECK(sign.has_value());
    fields.emplace_back("sign", *std::move(sign));
    return fields;
}

// Of 1.3 KB.
std::string text() {
    std::string made;
    while (made.size() < 1300) made += "out_trade_no=T20260102&subject=a&";
    made.resize(1300);
    return made;
}

void sign(benchmark::State& state) {
    const std::string content = text();
    const PrivateKey& own = key();  // Making it is no part of signing.
    for (auto _ : state) benchmark::DoNotOptimize(own.sign(content, SignType::rsa2));
}

void verify(benchmark::State& state) {
    const std::string content = text();
    const std::string signature = *key().sign(content, SignType::rsa2);
    const PublicKey half = key().public_half();
    for (auto _ : state) {
        const auto done = half.verify(content, signature, SignType::rsa2);
        TOLLGATE_CHECK(done.has_value());
    }
}

void decode(benchmark::State& state) {
    const std::string body = encode_form(notification());
    state.SetLabel(std::to_string(body.size()) + "_bytes");
    for (auto _ : state) benchmark::DoNotOptimize(decode_form(body));
}

void canonicalise(benchmark::State& state) {
    const Fields fields = notification();
    for (auto _ : state) benchmark::DoNotOptimize(notification_content(fields));
}

void decode_and_canonicalise(benchmark::State& state) {
    const std::string body = encode_form(notification());
    for (auto _ : state) {
        const auto fields = decode_form(body);
        benchmark::DoNotOptimize(notification_content(*fields));
    }
}

void extract(benchmark::State& state) {
    const std::string body =
        R"({"alipay_trade_query_response":{"code":"10000","msg":"Success","buyer_logon_id":"138****0000",)"
        R"("buyer_pay_amount":"12.30","buyer_user_id":"2088000000000002","fund_bill_list":[{"amount":)"
        R"("12.30","fund_channel":"ALIPAYACCOUNT"}],"invoice_amount":"12.30","out_trade_no":"T1",)"
        R"("point_amount":"0.00","receipt_amount":"12.30","send_pay_date":"2026-01-02 10:00:00",)"
        R"("total_amount":"12.30","trade_no":"2026010222001400020000000001","trade_status":)"
        R"("TRADE_SUCCESS"},"sign":")" +
        *key().sign("a", SignType::rsa2) + R"("})";
    for (auto _ : state) benchmark::DoNotOptimize(split_answer(body, "alipay.trade.query"));
}

BENCHMARK(sign);
BENCHMARK(verify);
BENCHMARK(decode);
BENCHMARK(canonicalise);
BENCHMARK(decode_and_canonicalise);
BENCHMARK(extract);

}  // namespace

BENCHMARK_MAIN();
