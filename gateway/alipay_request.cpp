#include "gateway/alipay_request.h"

#include <algorithm>
#include <array>

#include "base/time_text.h"
#include "gateway/alipay/check.h"
#include "gateway/alipay/method.h"
#include "signing/content.h"
#include "signing/form.h"

namespace tollgate::gateway {
namespace {

using signing::Fields;

// For a double-quoted attribute value. biz_content holds quotes, and may hold "&quot;" itself.
std::string escape_attribute(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '&': escaped += "&amp;"; break;
            case '<': escaped += "&lt;"; break;
            case '>': escaped += "&gt;"; break;
            case '"': escaped += "&quot;"; break;
            case '\'': escaped += "&#39;"; break;
            default: escaped += c;
        }
    }
    return escaped;
}

// The method's own fields, and app_auth_token, as addresses stand in logs; what every request has
// goes into the query.
bool goes_into_body(std::string_view name) {
    constexpr std::array<std::string_view, 13> kCommon = {"app_id",
                                                          "method",
                                                          "format",
                                                          "charset",
                                                          "sign_type",
                                                          "timestamp",
                                                          "version",
                                                          "notify_url",
                                                          "return_url",
                                                          "sign",
                                                          "encrypt_type",
                                                          "app_cert_sn",
                                                          "alipay_root_cert_sn"};
    return std::ranges::find(kCommon, name) == kCommon.end();
}

Fields part_of(const Fields& fields, bool body) {
    Fields part;
    for (const auto& field : fields) {
        if (goes_into_body(field.first) == body) part.push_back(field);
    }
    return part;
}

}  // namespace

Result<Fields> sign_request(const AlipayRequest& request, Entropy& entropy) {
    Fields fields{{"app_id", request.app->app_id},
                  {"method", std::string(request.method)},
                  {"format", "JSON"},
                  {"charset", "utf-8"},
                  {"sign_type", std::string(name_of(request.app->sign_type))},
                  {"timestamp", to_beijing(request.now)},
                  {"version", "1.0"}};
    if (request.app->certificates) {
        fields.emplace_back("app_cert_sn", request.app->certificates->app_cert_sn);
        fields.emplace_back("alipay_root_cert_sn", request.app->certificates->alipay_root_cert_sn);
    }
    if (request.app->app_auth_token != nullptr) {
        fields.emplace_back("app_auth_token", request.app->app_auth_token->reveal());
    }
    if (!request.notify_url.empty()) fields.emplace_back("notify_url", request.notify_url);
    if (!request.return_url.empty()) fields.emplace_back("return_url", request.return_url);
    const auto& key = request.app->content_key;
    if (key && request.encryptable && !request.biz_content.empty()) {
        fields.emplace_back("encrypt_type", std::string(name_of(key->type())));
        fields.emplace_back("biz_content", key->encrypt(request.biz_content, entropy));
    } else if (!request.biz_content.empty()) {
        fields.emplace_back("biz_content", request.biz_content);
    }
    for (const auto& parameter : request.parameters) fields.push_back(parameter);
    TOLLGATE_TRY(auto sign, request.app->private_key.sign(signing::request_content(fields),
                                                          request.app->sign_type));
    fields.emplace_back("sign", std::move(sign));
    return fields;
}

Result<Fields> sign_carried(const CarriedRequest& request, Entropy& entropy) {
    const Method* const method = find_method(request.method);
    if (method == nullptr || method->carrier == Carrier::server) {
        return Error(ErrorCode::internal, std::string(request.method) + " is carried by nobody");
    }
    TOLLGATE_DO(checked(*method, request.biz_content, {.now = request.now}));
    return sign_request({.app = request.app,
                         .method = method->name,
                         .encryptable = method->encryptable,
                         .biz_content = request.biz_content.dump(),
                         .parameters = {},
                         .notify_url = request.notify_url,
                         .return_url = request.return_url,
                         .now = request.now},
                        entropy);
}

std::string page_url(const callbacks::App& app, const Fields& signed_fields) {
    return app.gateway_url + "?" + signing::encode_form(signed_fields);
}

std::string page_form(const callbacks::App& app, const Fields& signed_fields) {
    std::string inputs;
    for (const auto& [name, value] : part_of(signed_fields, true)) {
        inputs += R"(<input type="hidden" name=")" + name + R"(" value=")" +
                  escape_attribute(value) + R"(">)";
    }
    // The submit button has no name: a named one would be posted, and break the signature.
    return R"(<form name="punchout_form" method="post" accept-charset="utf-8" action=")" +
           escape_attribute(app.gateway_url + "?" +
                            signing::encode_form(part_of(signed_fields, false))) +
           R"(">)" + inputs +
           R"(<input type="submit" value="立即支付" style="display:none"></form>)" +
           R"(<script>document.forms["punchout_form"].submit();</script>)";
}

std::string order_string(const Fields& signed_fields) {
    return signing::encode_form(signed_fields);
}

transport::ClientRequest server_call(const callbacks::App& app, const Fields& signed_fields) {
    transport::ClientRequest request;
    request.url = app.gateway_url + "?" + signing::encode_form(part_of(signed_fields, false));
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded;charset=utf-8"},
                       {"Accept", "application/json, text/html"}};
    request.body = signing::encode_form(part_of(signed_fields, true));
    return request;
}

nlohmann::json create_biz_content(const CreateRequest& request, const callbacks::App& app,
                                  std::string_view seller_id, Timestamp expires_at) {
    nlohmann::json biz = request.wire;
    biz["total_amount"] = request.amount.to_yuan();
    biz["product_code"] = std::string(request.product->product_code);
    biz["time_expire"] = to_beijing(expires_at);
    // page.pay's document lists no seller_id; there the contract's account receives.
    if (request.product->product != Product::page) biz["seller_id"] = std::string(seller_id);
    if (request.product->product == Product::jsapi && !biz.contains("op_app_id")) {
        biz["op_app_id"] = app.app_id;
    }
    if (request.product->product == Product::barcode && !biz.contains("scene")) {
        biz["scene"] = "bar_code";
    }
    if (request.passback_params) {
        const bool encoded = request.product->way != Way::call;
        biz["passback_params"] =
            encoded ? signing::percent_encode(*request.passback_params) : *request.passback_params;
    }
    return biz;
}

}  // namespace tollgate::gateway
