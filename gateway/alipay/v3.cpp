#include "gateway/alipay/v3.h"

#include <array>

#include "signing/fields.h"
#include "signing/form.h"
#include "signing/v3.h"

namespace tollgate::gateway {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kDoor = "/gateway.do";

Error no_answer(const std::string& why) {
    return Error(ErrorCode::outcome_unknown, "Alipay's answer cannot be used: " + why);
}

// 32 characters, as alipay-request-id allows at most.
std::string fresh_name(Entropy& entropy) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::array<std::uint8_t, 16> bytes{};
    entropy.fill(bytes);
    std::string name;
    for (const std::uint8_t byte : bytes) {
        name += kHex[byte >> 4U];
        name += kHex[byte & 0xFU];
    }
    return name;
}

std::string text_of(const Json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string query_of(const Json& fields) {
    signing::Fields pairs;
    for (const auto& [name, value] : fields.items()) pairs.emplace_back(name, text_of(value));
    return pairs.empty() ? "" : "?" + signing::encode_form(pairs);
}

std::string body_of(const V3Call& call) {
    Json body = call.fields;
    if (!call.notify_url.empty()) body["notify_url"] = call.notify_url;
    return body.dump();
}

// The gateway's code that says the same.
std::string code_of_status(int status) {
    if (status == 202) return "10003";
    if (status >= 200 && status < 300) return "10000";
    if (status == 429) return "40005";
    return status >= 500 ? "20000" : "40004";
}

Result<Json> content_of(const transport::ClientReply& reply, const callbacks::App& app) {
    if (reply.body.empty() && reply.status == 204) return Json::object();
    std::string text = reply.body;
    const bool encrypted = text.find_first_of("{") == std::string::npos;
    if (encrypted && app.content_key) {
        auto plain = app.content_key->decrypt(text);
        if (!plain) return no_answer(plain.error().message());
        text = *std::move(plain);
    }
    constexpr bool kThrow = false;
    Json content = Json::parse(text, nullptr, kThrow);
    if (!content.is_object()) {
        return no_answer("HTTP " + std::to_string(reply.status) + " without a JSON object");
    }
    return content;
}

}  // namespace

bool goes_over_v3(const callbacks::App& app, const Method& method) {
    return app.api == callbacks::AlipayApi::v3 && method.v3 != Way3::none;
}

Result<transport::ClientRequest> v3_request(const V3Call& call, Entropy& entropy) {
    const bool get = call.method.v3 == Way3::get;
    transport::ClientRequest request;
    request.method = get ? "GET" : "POST";
    std::string target = v3_path(call.method);
    if (get) {
        target += query_of(call.fields);
    } else {
        request.body = body_of(call);
    }
    const bool encrypted = !get && call.app.content_key && call.method.encryptable;
    if (encrypted) request.body = call.app.content_key->encrypt(request.body, entropy);
    const std::string nonce = fresh_name(entropy);
    const auto& certificates = call.app.certificates;
    const std::string_view token =
        call.app.app_auth_token == nullptr ? "" : call.app.app_auth_token->reveal();
    TOLLGATE_TRY(
        auto authorization,
        signing::v3_authorization(
            {.app_id = call.app.app_id,
             .app_cert_sn = certificates ? std::string_view(certificates->app_cert_sn) : "",
             .nonce = nonce,
             .now = call.now,
             .http_method = request.method,
             .target = target,
             .body = request.body,
             .app_auth_token = token},
            call.app.private_key));
    const std::string& door = call.app.gateway_url;
    request.url = door.substr(0, door.size() - kDoor.size()) + target;
    request.headers = {{"Authorization", std::move(authorization)},
                       {"Accept", "application/json"},
                       {"alipay-request-id", fresh_name(entropy)}};
    if (!token.empty()) request.headers.emplace_back("alipay-app-auth-token", token);
    if (certificates) {
        request.headers.emplace_back("alipay-root-cert-sn", certificates->alipay_root_cert_sn);
    }
    if (!get) {
        request.headers.emplace_back("Content-Type", encrypted ? "text/plain" : "application/json");
    }
    if (encrypted) {
        request.headers.emplace_back("alipay-encrypt-type",
                                     std::string(name_of(call.app.content_key->type())));
    }
    return request;
}

Result<AlipayAnswer> read_v3_answer(const transport::ClientReply& reply, const Method& method,
                                    const Json& asked, const callbacks::App& app) {
    const auto header = [&](std::string_view name) {
        return transport::find_header(reply.headers, name).value_or("");
    };
    const auto verified = signing::verify_v3_answer({.timestamp = header("alipay-timestamp"),
                                                     .nonce = header("alipay-nonce"),
                                                     .signature = header("alipay-signature"),
                                                     .body = reply.body},
                                                    app.answer_keys(header("alipay-sn")));
    const bool unsigned_answer = !verified && verified.error().reason() == "answer_sign_missing";
    if (!verified && !unsigned_answer) return no_answer(verified.error().message());
    AlipayAnswer answer;
    answer.is_signed = verified.has_value();
    answer.code = code_of_status(reply.status);
    // Nothing unsigned is worth decrypting, and no success is without a signature.
    if (!answer.is_signed && reply.status < 300) return no_answer("a success without a signature");
    TOLLGATE_TRY(answer.node, content_of(reply, app));
    if (reply.status >= 300) {
        answer.sub_code = answer.text("code");
        answer.message = answer.text("message");
    }
    return sorted_answer(std::move(answer), method, asked);
}

}  // namespace tollgate::gateway
