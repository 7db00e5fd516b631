#include "tests/sandbox/request_maker.h"

#include "base/time_text.h"
#include "sandbox/content.h"
#include "tests/sandbox/test_keys.h"

namespace tollgate::sandbox {

Apps two_apps() {
    Apps apps;
    apps.push_back({.app_id = kAppId,
                    .seller_id = kSellerId,
                    .name = "Green Bamboo",
                    .key = *PublicKey::parse(app_keys().public_pem)});
    apps.push_back({.app_id = "9021000000000002",
                    .seller_id = "2088000000000002",
                    .name = "Other",
                    .key = *PublicKey::parse(other_keys().public_pem)});
    return apps;
}

Json biz_of_page_pay() {
    return {{"out_trade_no", "T_1"},
            {"total_amount", "88.80"},
            {"subject", "龙井 tea"},
            {"product_code", "FAST_INSTANT_TRADE_PAY"},
            {"time_expire", to_beijing(kNow + std::chrono::minutes(30))}};
}

Fields unsigned_request(const std::string& method, const Json& biz) {
    return {{"app_id", kAppId},
            {"method", method},
            {"format", "JSON"},
            {"charset", "utf-8"},
            {"sign_type", "RSA2"},
            {"timestamp", to_beijing(kNow)},
            {"version", "1.0"},
            {"notify_url", "http://127.0.0.1:9/notify"},
            {"return_url", "http://127.0.0.1:9/back?x=1"},
            {"biz_content", to_text(biz)}};
}

Fields signed_with(Fields fields, const std::string& private_pem, SignType type) {
    const auto key = *PrivateKey::parse(private_pem);
    const std::string content = canonical_content(fields, ContentRule::request);
    fields.push_back({.name = "sign", .value = *key.sign(content, type)});
    return fields;
}

Fields signed_request(const std::string& method, const Json& biz) {
    return signed_with(unsigned_request(method, biz), app_keys().private_pem);
}

Fields without(Fields fields, const std::string& name) {
    std::erase_if(fields, [&name](const Field& field) { return field.name == name; });
    return fields;
}

Fields with(Fields fields, const std::string& name, const std::string& value) {
    for (Field& field : fields) {
        if (field.name == name) {
            field.value = value;
            return fields;
        }
    }
    fields.push_back({.name = name, .value = value});
    return fields;
}

}  // namespace tollgate::sandbox
