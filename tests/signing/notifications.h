#pragma once

#include <algorithm>
#include <string>

#include "base/check.h"
#include "signing/content.h"
#include "signing/fields.h"
#include "signing/notification.h"
#include "tests/signing/keys.h"

// A notification of a payment, with every sort of text that was ever mangled on the way.
namespace tollgate::signing {

// What verifies them.
inline NotificationKeys rsa2_keys() {
    return {{alipay_key().public_half()}, SignType::rsa2};
}

inline Fields paid_fields() {
    return {{"notify_time", "2026-01-02 10:00:00"},
            {"notify_type", "trade_status_sync"},
            {"notify_id", "2026010200222100000000000000000001"},
            {"charset", "utf-8"},
            {"version", "1.0"},
            {"sign_type", "RSA2"},
            {"app_id", "2021000000000001"},
            {"trade_no", "2026010222001400000000000001"},
            {"out_trade_no", "T1"},
            {"trade_status", "TRADE_SUCCESS"},
            {"total_amount", "12.30"},
            {"subject", "测试商品 a+b & \"c\" 50%"},
            {"passback_params", "a%3D1%26b%3D%E4%B8%AD"},
            {"fund_bill_list", R"([{"amount":"12.30","fundChannel":"ALIPAYACCOUNT"}])"},
            {"body", ""}};
}

inline Fields with(Fields fields, std::string_view name, std::string value) {
    const auto found = std::ranges::find(fields, name, &Fields::value_type::first);
    if (found == fields.end()) {
        fields.emplace_back(name, std::move(value));
    } else {
        found->second = std::move(value);
    }
    return fields;
}

inline Fields signed_with_content(Fields fields, std::string_view content,
                                  const PrivateKey& key = alipay_key(),
                                  SignType type = SignType::rsa2) {
    auto sign = key.sign(content, type);
    TOLLGATE_CHECK(sign.has_value());
    return with(std::move(fields), "sign", *std::move(sign));
}

inline Fields signed_fields(const Fields& fields, const PrivateKey& key = alipay_key(),
                            SignType type = SignType::rsa2) {
    const Fields typed = with(fields, "sign_type", std::string(name_of(type)));
    return signed_with_content(typed, notification_content(typed), key, type);
}

}  // namespace tollgate::signing
