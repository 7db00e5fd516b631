#include "signing/v3.h"

#include <utility>

#include "signing/verify_any.h"

namespace tollgate::signing {
namespace {

constexpr std::string_view kScheme = "ALIPAY-SHA256withRSA ";

Error malformed_v3(const char* what, Here here = Here::current()) {
    return Error(ErrorCode::invalid_argument, what, here).because("v3_request_malformed");
}

bool is_one_line(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

bool is_credential(std::string_view text) {
    return is_one_line(text) && text.find_first_of(",= ") == std::string_view::npos;
}

Result<Done> check(const V3Request& request) {
    if (request.app_id.empty() || request.nonce.empty()) {
        return malformed_v3("a v3 request needs an app_id and a nonce");
    }
    if (!is_credential(request.app_id) || !is_credential(request.app_cert_sn) ||
        !is_credential(request.nonce)) {
        return malformed_v3("a credential holds a ',', '=', space or line end");
    }
    if (request.http_method.empty() || !request.target.starts_with('/') ||
        !is_one_line(request.http_method) || !is_one_line(request.target)) {
        return malformed_v3("a v3 request needs a method and a path in one line");
    }
    if (!is_one_line(request.app_auth_token))
        return malformed_v3("the app auth token has two lines");
    return Done{};
}

std::string credentials(const V3Request& request) {
    std::string text = "app_id=";
    text.append(request.app_id);
    if (!request.app_cert_sn.empty()) text.append(",app_cert_sn=").append(request.app_cert_sn);
    text.append(",nonce=").append(request.nonce);
    text.append(",timestamp=").append(std::to_string(request.now.ms));
    if (request.expires_in) {
        text.append(",expired_seconds=").append(std::to_string(request.expires_in->count()));
    }
    return text;
}

std::string content_of(const V3Request& request, std::string_view credentials) {
    std::string text;
    text.reserve(credentials.size() + request.target.size() + request.body.size() + 128);
    text.append(credentials).append("\n");
    text.append(request.http_method).append("\n");
    text.append(request.target).append("\n");
    text.append(request.body).append("\n");
    if (!request.app_auth_token.empty()) text.append(request.app_auth_token).append("\n");
    return text;
}

}  // namespace

Result<std::string> v3_request_content(const V3Request& request) {
    TOLLGATE_DO(check(request));
    return content_of(request, credentials(request));
}

Result<std::string> v3_authorization(const V3Request& request, const PrivateKey& key) {
    TOLLGATE_DO(check(request));
    std::string text = credentials(request);
    TOLLGATE_TRY(const std::string sign, key.sign(content_of(request, text), SignType::rsa2));
    return std::string(kScheme) + text + ",sign=" + sign;
}

Result<Done> verify_v3_answer(const V3Answer& answer, std::span<const PublicKey> keys) {
    if (answer.signature.empty() || answer.signature == "null") {
        return Error(ErrorCode::unauthenticated, "the answer is not signed")
            .because("answer_sign_missing");
    }
    // A line end inside would let one signature stand for two different answers.
    if (answer.timestamp.empty() || answer.nonce.empty() || !is_one_line(answer.timestamp) ||
        !is_one_line(answer.nonce)) {
        return Error(ErrorCode::unauthenticated, "the answer's headers are incomplete")
            .because("answer_header_malformed");
    }
    std::string text;
    text.reserve(answer.timestamp.size() + answer.nonce.size() + answer.body.size() + 3);
    text.append(answer.timestamp).append("\n");
    text.append(answer.nonce).append("\n");
    text.append(answer.body).append("\n");
    return verify_with_any(keys, text, answer.signature, SignType::rsa2);
}

}  // namespace tollgate::signing
