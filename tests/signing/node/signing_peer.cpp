// Test only: signing's functions behind JSON lines, so that programs in other languages can play
// the other side. One request a line on stdin, one answer a line on stdout; an "op" names the
// function, a refusal is {"ok":false,"reason":…}. Reads no file and opens no connection.
#include <cstdint>
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

#include "signing/answer.h"
#include "signing/base64.h"
#include "signing/certificate.h"
#include "signing/content.h"
#include "signing/content_cipher.h"
#include "signing/entropy.h"
#include "signing/form.h"
#include "signing/key.h"
#include "signing/notification.h"
#include "signing/v3.h"
#include "signing/webhook.h"

namespace tollgate::signing {
namespace {

using nlohmann::json;

Result<SignType> sign_type_of(const json& request) {
    const auto type = sign_type_from(request.at("sign_type").get<std::string>());
    if (!type) return Error(ErrorCode::invalid_argument, "sign_type").because("bad_sign_type");
    return *type;
}

Fields fields_of(const json& pairs) {
    Fields fields;
    for (const json& pair : pairs) fields.emplace_back(pair.at(0), pair.at(1));
    return fields;
}

json pairs_of(const Fields& fields) {
    json pairs = json::array();
    for (const auto& [name, value] : fields) pairs.push_back({name, value});
    return pairs;
}

Result<json> sign_request(const json& request) {
    TOLLGATE_TRY(const PrivateKey key,
                 PrivateKey::parse(request.at("private_key").get<std::string>()));
    TOLLGATE_TRY(const SignType type, sign_type_of(request));
    Fields fields = fields_of(request.at("fields"));
    TOLLGATE_TRY(std::string sign, key.sign(request_content(fields), type));
    fields.emplace_back("sign", sign);
    return json{{"sign", sign}, {"form", encode_form(fields)}};
}

Result<json> verify_request(const json& request) {
    TOLLGATE_TRY(const PublicKey key,
                 PublicKey::parse(request.at("public_key").get<std::string>()));
    TOLLGATE_TRY(const SignType type, sign_type_of(request));
    TOLLGATE_TRY(const Fields fields, decode_form(request.at("form").get<std::string>()));
    TOLLGATE_DO(key.verify(request_content(fields), find(fields, "sign").value_or(""), type));
    return json{{"fields", pairs_of(fields)}};
}

Result<json> verify_posted(const json& request) {
    TOLLGATE_TRY(const PublicKey key,
                 PublicKey::parse(request.at("public_key").get<std::string>()));
    TOLLGATE_TRY(const SignType type, sign_type_of(request));
    TOLLGATE_TRY(const std::string body, from_base64(request.at("body_base64").get<std::string>()));
    const NotificationKeys keys{{key}, type};
    TOLLGATE_TRY(const Fields fields, decode_form(body));
    const auto verified = verify_notification(fields, keys);
    if (verified) return json::object();
    return json{{"ok", false},
                {"reason", verified.error().reason()},
                {"hint", explain_notification(body, keys, nullptr).code}};
}

Result<json> verify_answered(const json& request) {
    TOLLGATE_TRY(const PublicKey key,
                 PublicKey::parse(request.at("public_key").get<std::string>()));
    TOLLGATE_TRY(const SignType type, sign_type_of(request));
    const std::string body = request.at("body");
    TOLLGATE_TRY(const AnswerParts answer,
                 split_answer(body, request.at("method").get<std::string>()));
    const std::vector<PublicKey> keys{key};
    TOLLGATE_DO(verify_answer(answer, keys, type));
    return json{{"node_text", std::string(answer.node_text)}};
}

Result<json> sign_hook(const json& request) {
    TOLLGATE_TRY(const WebhookKey key, WebhookKey::parse(request.at("secret").get<std::string>()));
    return json{{"signature", key.signature(request.at("id").get<std::string>(),
                                            request.at("timestamp").get<std::int64_t>(),
                                            request.at("body").get<std::string>())}};
}

Result<json> verify_hook(const json& request) {
    TOLLGATE_TRY(WebhookKey key, WebhookKey::parse(request.at("secret").get<std::string>()));
    const std::vector<WebhookKey> keys{std::move(key)};
    const std::string id = request.at("id");
    const auto seconds = request.at("timestamp").get<std::int64_t>();
    const std::string timestamp = std::to_string(seconds);
    const std::string signature = request.at("signature");
    const std::string body = request.at("body");
    TOLLGATE_DO(verify_webhook(
        keys, {.id = id, .timestamp = timestamp, .signatures = signature, .body = body}, seconds));
    return json::object();
}

Result<json> sign_text(const json& request) {
    TOLLGATE_TRY(const PrivateKey key,
                 PrivateKey::parse(request.at("private_key").get<std::string>()));
    TOLLGATE_TRY(std::string sign, key.sign(request.at("text").get<std::string>(), SignType::rsa2));
    return json{{"sign", std::move(sign)}};
}

Result<json> serial_names(const json& request) {
    TOLLGATE_TRY(const auto certificates,
                 Certificate::parse_all(request.at("pem").get<std::string>()));
    TOLLGATE_TRY(const PublicKey key, certificates.front().public_key());
    return json{{"sn", certificates.front().sn()},
                {"root_sn", root_cert_sn(certificates)},
                {"public_key", key.to_bare()}};
}

Result<ContentKey> content_key_of(const json& request) {
    const auto type = encrypt_type_from(request.at("encrypt_type").get<std::string>());
    if (!type) return Error(ErrorCode::invalid_argument, "type").because("bad_encrypt_type");
    return ContentKey::parse(request.at("key").get<std::string>(), *type);
}

Result<json> encrypt_content(const json& request) {
    TOLLGATE_TRY(const ContentKey key, content_key_of(request));
    return json{
        {"content", key.encrypt(request.at("content").get<std::string>(), openssl_entropy())}};
}

Result<json> decrypt_content(const json& request) {
    TOLLGATE_TRY(const ContentKey key, content_key_of(request));
    TOLLGATE_TRY(std::string text, key.decrypt(request.at("content").get<std::string>()));
    return json{{"content", std::move(text)}};
}

Result<json> authorize_v3(const json& request) {
    TOLLGATE_TRY(const PrivateKey key,
                 PrivateKey::parse(request.at("private_key").get<std::string>()));
    const auto text = [&](const char* name) { return request.value(name, std::string()); };
    const std::string app_id = text("app_id");
    const std::string app_cert_sn = text("app_cert_sn");
    const std::string nonce = text("nonce");
    const std::string method = text("http_method");
    const std::string target = text("target");
    const std::string body = text("body");
    const std::string token = text("app_auth_token");
    TOLLGATE_TRY(std::string header,
                 v3_authorization({.app_id = app_id,
                                   .app_cert_sn = app_cert_sn,
                                   .nonce = nonce,
                                   .now = {request.at("timestamp").get<std::int64_t>()},
                                   .http_method = method,
                                   .target = target,
                                   .body = body,
                                   .app_auth_token = token},
                                  key));
    return json{{"authorization", std::move(header)}};
}

Result<json> answer_to(const json& request) {
    const std::string op = request.at("op");
    if (op == "sign_text") return sign_text(request);
    if (op == "serial_names") return serial_names(request);
    if (op == "encrypt") return encrypt_content(request);
    if (op == "decrypt") return decrypt_content(request);
    if (op == "authorize_v3") return authorize_v3(request);
    if (op == "sign_request") return sign_request(request);
    if (op == "verify_request") return verify_request(request);
    if (op == "verify_notification") return verify_posted(request);
    if (op == "verify_answer") return verify_answered(request);
    if (op == "sign_webhook") return sign_hook(request);
    if (op == "verify_webhook") return verify_hook(request);
    return Error(ErrorCode::invalid_argument, "no such op").because("unknown_op");
}

// A request that is not what its op needs is a bug of the test beside us: it gets a reason too.
std::string reply_to(const std::string& line) {
    json reply;
    try {
        auto answer = answer_to(json::parse(line));
        reply =
            answer ? *std::move(answer) : json{{"ok", false}, {"reason", answer.error().reason()}};
    } catch (const json::exception& problem) {
        reply = json{{"ok", false}, {"reason", problem.what()}};
    }
    if (!reply.contains("ok")) reply["ok"] = true;
    return reply.dump(-1, ' ', false, json::error_handler_t::replace);
}

void answer_all() {
    std::string line;
    // Flushed each time: the other side waits for the answer.
    while (std::getline(std::cin, line)) std::cout << reply_to(line) << std::endl;
}

}  // namespace
}  // namespace tollgate::signing

int main() {
    try {
        tollgate::signing::answer_all();
    } catch (const std::exception& problem) {
        std::cerr << problem.what() << '\n';
        return 1;
    }
    return 0;
}
